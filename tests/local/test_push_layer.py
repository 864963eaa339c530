"""The layer of the push: it lies over the other one, and is built for the same machine."""

import os
import re
import struct
import subprocess
from pathlib import Path

from tests.local.parts import need
from tests.support.template import ROOT

AARCH64 = 183


def locked(folder: str) -> dict[str, str]:
    """The versions that a lock pins."""
    text = (ROOT / folder / "requirements.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", text, re.MULTILINE))


def test_what_both_layers_hold_is_the_same() -> None:
    """Lambda unpacks one over the other: two versions of a package would be mixed."""
    both = locked("shared").keys() & locked("push").keys()
    assert {"requests", "urllib3"} <= both
    assert {n: locked("shared")[n] for n in both} == {n: locked("push")[n] for n in both}


def test_the_other_layer_is_spared_what_only_the_push_needs() -> None:
    """Apprise among it."""
    assert "apprise" in locked("push")
    assert "apprise" not in locked("shared")


def test_it_can_be_built_for_the_functions_machine(tmp_path: Path) -> None:
    """Every package of the lock comes as a wheel for Lambda's Python on Arm, with its bytecode."""
    need("emulator")
    python = ROOT / ".local" / "bootstrap" / "bin"
    subprocess.run(
        ["make", "--silent", "build-PushLayer", f"ARTIFACTS_DIR={tmp_path}"],
        cwd=ROOT / "push",
        check=True,
        env={
            **{n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "MFLAGS"))},
            "PATH": f"{python}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        },
    )
    assert (tmp_path / "python" / "apprise" / "__init__.py").is_file()
    compiled = [path for path in tmp_path.rglob("*") if ".so" in path.suffixes]
    for path in compiled:
        assert AARCH64 == struct.unpack_from("<H", path.read_bytes(), 18)[0], path
        assert "cpython-313" in path.name or "abi3" in path.name, path
