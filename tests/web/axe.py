"""axe-core, which finds what keeps people from using a page. It is fetched once, with npm."""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from tests.local.machine import LOCAL, LocalError, locked

_VERSION: Final = "4.14.1"
_SHA512: Final = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
"""Of the package."""

_HOME: Final = LOCAL / f"axe-core-{_VERSION}.js"
_FETCH_TURN: Final = 300.0
"""Seconds within which another's download is done."""


def missing() -> str | None:
    """Say what is missing to have it here; ``None`` where nothing is."""
    return None if _HOME.exists() or shutil.which("npm") else "axe-core needs npm"


def script() -> str:
    """The script, to be run in a page. Raises `LocalError`."""
    with locked(LOCAL / "axe-core.lock", _FETCH_TURN):
        if not _HOME.exists():
            _fetch()
    return _HOME.read_text("utf-8")


def _fetch() -> None:
    with tempfile.TemporaryDirectory(dir=LOCAL) as folder:
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"axe-core@{_VERSION}"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise LocalError(f"npm failed:\n{ended.stdout}{ended.stderr}")
        package = Path(folder) / f"axe-core-{_VERSION}.tgz"
        if hashlib.sha512(package.read_bytes()).hexdigest() != _SHA512:
            raise LocalError(f"axe-core {_VERSION} is not the package that it was")
        with tarfile.open(package) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            file = Path(folder) / "axe.min.js"
            file.write_bytes(member.read())
        file.rename(_HOME)
