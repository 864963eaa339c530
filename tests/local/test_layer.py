"""The layer as it is shipped: all that the functions import, for the machine they run on."""

import importlib.util
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.machine import ROOT
from tests.local.parts import need
from tests.local.runtime import fill_runtime
from tests.local.sam import built
from tests.support.transformed import functions

LARGEST = 250 * 1024 * 1024
"""Lambda takes no more, unpacked, of a function and its layers."""

AARCH64 = 183

STARTS = """
import importlib.util, json, sys
layer, runtime, handler = sys.argv[1:]
# In the order of Lambda: what the layer holds is found before what the runtime holds.
sys.path[:0] = [layer, runtime]
spec = importlib.util.spec_from_file_location("app", handler)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
found = {name: getattr(m, "__file__", None) for name, m in sys.modules.items() if m is not None}
json.dump({name: path for name, path in found.items() if path}, sys.stdout)
"""
"""Imports a handler and tells where each module came from."""


@pytest.fixture(scope="module")
def layer() -> Iterator[Path]:
    """What SAM CLI builds of `shared/` for this machine."""
    need("emulator")
    with built(print) as template:
        yield template.parent / "StallwatchLayer" / "python"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Lambda's Python brings along, and no more."""
    return fill_runtime(tmp_path_factory.mktemp("runtime"))


def start(folder: str, layer: Path, runtime: Path) -> "subprocess.CompletedProcess[str]":
    """Import a handler in a Python that sees nothing else."""
    handler = ROOT / "functions" / folder / "app.py"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", STARTS, layer, runtime, handler],
        capture_output=True,
        check=False,
        env={"PATH": os.defpath, "POWERTOOLS_SERVICE_NAME": "stallwatch"},
        text=True,
    )


@pytest.mark.parametrize("folder", sorted(functions()))
def test_a_function_finds_all_it_imports(folder: str, layer: Path, runtime: Path) -> None:
    """In the layer and the runtime alone, whatever the tests' own environment holds."""
    started = start(folder, layer, runtime)
    assert 0 == started.returncode, started.stderr
    origins = json.loads(started.stdout)
    assert str(layer / "stallwatch" / "__init__.py") == origins["stallwatch"]
    assert (
        str(layer / "aws_lambda_powertools" / "__init__.py") == (origins["aws_lambda_powertools"])
    )


@pytest.mark.parametrize(
    ("folder", "missing"),
    [
        ("pull_tracking", "aws_lambda_powertools"),
        ("evaluate_orders", "aws_lambda_powertools"),
        ("orders_api", "pydantic_core"),
    ],
)
def test_a_layer_that_lacks_a_module_is_found(
    folder: str, missing: str, layer: Path, runtime: Path, tmp_path: Path
) -> None:
    """By the check above: it is not the first user who finds it."""
    for entry in layer.iterdir():
        if entry.name != missing:
            (tmp_path / entry.name).symlink_to(entry)
    assert f"No module named '{missing}" in start(folder, tmp_path, runtime).stderr


def test_what_is_built_is_had_by_several_at_once(layer: Path) -> None:
    """Nobody who deploys it waits for another."""
    with built(pytest.fail) as template:
        assert layer == template.parent / "StallwatchLayer" / "python"


def test_every_language_is_in_the_layer(layer: Path, runtime: Path) -> None:
    """What is imported only when it is needed is there too, with its data."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from datetime import date; from babel.dates import format_date\n"
        "from babel import Locale; from stallwatch.messages import translations\n"
        "print(format_date(date(2026, 6, 1), locale='de'), Locale('de').territories['US'])"
    )
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, layer, runtime],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "01.06.2026 Vereinigte Staaten\n" == printed


def test_what_is_not_code_is_in_the_layer(layer: Path) -> None:
    """The lists, the words and the page: as they stand here, byte by byte."""
    here = ROOT / "shared" / "stallwatch"
    files = {
        path.relative_to(here)
        for path in here.rglob("*")
        if path.is_file() and not {"__pycache__", "cli"} & {*path.relative_to(here).parts}
    }
    assert any(path.suffix == ".html" for path in files)
    for path in files:
        assert (here / path).read_bytes() == (layer / "stallwatch" / path).read_bytes()


def test_the_command_line_is_not_in_the_layer(layer: Path) -> None:
    """It is installed elsewhere, with libraries that no function has."""
    assert not (layer / "stallwatch" / "cli").exists()


def test_the_layer_can_be_built_for_the_functions_machine(tmp_path: Path) -> None:
    """Every package of the lock comes as a wheel for Lambda's Python on Arm, and all fits."""
    need("emulator")
    python = ROOT / ".local" / "bootstrap" / "bin"
    subprocess.run(
        ["make", "--silent", "build-StallwatchLayer", f"ARTIFACTS_DIR={tmp_path}"],
        cwd=ROOT / "shared",
        check=True,
        env={
            **{n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "MFLAGS"))},
            "PATH": f"{python}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        },
    )
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    compiled = [path for path in files if ".so" in path.suffixes]
    assert any(path.name.startswith("_pydantic_core.cpython-313-aarch64") for path in compiled)
    for path in compiled:
        machine = struct.unpack_from("<H", path.read_bytes(), 18)[0]
        assert AARCH64 == machine, path
        assert "cpython-313" in path.name or "abi3" in path.name, path
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert not {"boto3", "botocore"} & {path.name for path in (tmp_path / "python").iterdir()}


def bytecode(layer: Path) -> dict[Path, bytes]:
    """The first bytes of every compiled module, by its source within the layer."""
    return {
        Path(cached.parent.parent, cached.name.partition(".")[0] + ".py"): cached.read_bytes()[:8]
        for cached in layer.rglob("*.pyc")
    }


def test_the_layer_carries_its_bytecode(layer: Path) -> None:
    """`/opt` is read-only, so a function would compile all it imports at every cold start."""
    compiled = bytecode(layer)
    assert set(layer.joinpath("stallwatch").rglob("*.py")) <= compiled.keys()
    for source, head in compiled.items():
        magic, flags = head[:4], int.from_bytes(head[4:8], "little")
        # Neither the source's age nor its contents are compared: SAM's archive keeps no times.
        assert (importlib.util.MAGIC_NUMBER, 0b01) == (magic, flags), source
