"""Folders that tests fill with thousands of files."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def large_folder(
    tmp_path_factory: pytest.TempPathFactory, session: pytest.Session, name: str
) -> Iterator[Path]:
    """A folder that does not outlive its tests, unless one has failed and it may tell why.

    pytest would remove it at the very end of the run, when nothing else is left to do.

    Args:
        tmp_path_factory: What gives it its place.
        session: Whose failures count.
        name: How its name begins.
    """
    folder = tmp_path_factory.mktemp(name)
    yield folder
    if not session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)
