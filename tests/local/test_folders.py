"""A checkout may lie in a folder of any name."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.local.machine import ROOT

NAME = """a $HOME 'b' "c" d"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / NAME
    made.mkdir()
    return made


def made(folder: Path, *words: str, **variables: str) -> str:
    """What make prints in a folder; it has to succeed."""
    ended = subprocess.run(
        ["make", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables},
        check=False,
        capture_output=True,
        text=True,
    )
    assert 0 == ended.returncode, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    ("source", "target"), [("shared", "StallwatchLayer"), ("push", "PushLayer")]
)
def test_a_layer_is_built(folder: Path, source: str, target: str) -> None:
    """With its bytecode, which stands for the place in the function and not for this one."""
    (folder / "Makefile").write_text((ROOT / source / "Makefile").read_text("utf-8"), "utf-8")
    for package in ("stallwatch", "stallwatch/cli"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("", "utf-8")
    out = folder / "out"
    # Instead of the packages of others, which it would fetch.
    pip = 'mkdir -p "$$ARTIFACTS_DIR/python" && echo "" > "$$ARTIFACTS_DIR/python/other.py"'
    made(*(folder, f"build-{target}", f"PIP={pip}"), ARTIFACTS_DIR=str(out), STALLWATCH_LOCAL="1")
    compiled = {
        path.relative_to(out / "python").parts[0] for path in (out / "python").rglob("*.pyc")
    }
    assert {"__pycache__", *(["stallwatch"] if source == "shared" else [])} == compiled
    assert not (out / "python" / "stallwatch" / "cli").exists()
    assert not list(folder.parent.glob("[!a]*"))


def test_the_build_for_aws_finds_its_own_programs(folder: Path) -> None:
    """Those that were installed into the checkout."""
    (folder / "Makefile").write_text((ROOT / "Makefile").read_text("utf-8"), "utf-8")
    ready = ".local/sam/home/metadata.json"
    seen = made(folder, f"--old-file={ready}", "build", "SAM_QUIETLY=printenv PATH && :")
    assert f"{folder}/.local/bootstrap/bin" in seen.splitlines()[-1].split(":")
