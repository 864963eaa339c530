"""What SAM CLI's builds leave behind."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.local import sam


def test_a_layer_in_use_outlives_a_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The others go; a file that somebody left there does no harm."""
    monkeypatch.setattr(sam, "LAYERS", tmp_path)
    for name in ("used", "unused", "gone-half"):
        (tmp_path / name / "python").mkdir(parents=True)
    (tmp_path / "notes").touch()
    descriptor = os.open(tmp_path / "used", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    sam.forget_layers()
    assert {"used", "notes"} == {path.name for path in tmp_path.iterdir()}
    os.close(descriptor)
    sam.forget_layers()
    assert {"notes"} == {path.name for path in tmp_path.iterdir()}
