"""Runs commands as a shell would, and keeps what came of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from stallwatch.cli.context import Surroundings
from stallwatch.cli.main import app
from tests.unit.cli.fake_api import KEY

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str
    data: bytes

    @property
    def json(self) -> Any:
        """What stands on stdout, which is JSON and nothing else."""
        return json.loads(self.stdout)


@dataclass
class FakeKeyring:
    """A keyring; a locked one refuses everything."""

    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    is_locked: bool = False

    def get_password(self, service: str, username: str) -> str | None:
        self._unlock()
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._unlock()
        self.secrets[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._unlock()
        del self.secrets[service, username]

    def _unlock(self) -> None:
        if self.is_locked:
            raise RuntimeError("locked")


@dataclass
class Terminal:
    """A terminal of one user."""

    folder: Path
    keyring: FakeKeyring | None = None
    environ: dict[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: NOW
    waited: list[float] = field(default_factory=list)
    """How many seconds each pause between two attempts would have taken."""

    def run(self, *arguments: str, stdin: str | bytes = "") -> Ended:
        """Run a command. Whatever it prints, the key is not in it."""
        surroundings = Surroundings(
            environ=self.environ,
            folder=self.folder,
            find_keyring=lambda: self.keyring,
            sleep=self.waited.append,
            now=self.now,
        )
        result = CliRunner().invoke(app, [*arguments], input=stdin, obj=surroundings)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert KEY not in result.stdout
        assert KEY not in result.stderr
        return Ended(result.exit_code, result.stdout, result.stderr, result.stdout_bytes)

    def ok(self, *arguments: str, stdin: str | bytes = "") -> Ended:
        """Run a command that succeeds without a word on standard error but notes."""
        ended = self.run(*arguments, stdin=stdin)
        assert 0 == ended.exit_code, ended.stdout + ended.stderr
        return ended
