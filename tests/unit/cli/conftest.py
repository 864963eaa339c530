"""The command line beside an API of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.server import running
from tests.unit.cli.terminal import Terminal


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """An empty API."""
    with running(FakeApi()) as api:
        yield api


@pytest.fixture
def cli(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal that is logged in, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    # A runner of tests may set it; a pipe has no width.
    monkeypatch.delenv("COLUMNS", raising=False)
    terminal = Terminal(tmp_path / "config")
    terminal.environ = {"STALLWATCH_URL": api.url, "STALLWATCH_KEY": api.key}
    return terminal
