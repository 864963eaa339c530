"""What the local tools need of this machine: folders, locks, ports, clients without settings."""

import contextlib
import errno
import fcntl
import functools
import os
import secrets
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import create_server
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config

from tests.local.supervised import Supervised

ROOT: Final = Path(__file__).resolve().parents[2]
LOCAL: Final = ROOT / ".local"
"""Where everything goes that is made; git does not see it."""

HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"

QUICK_START: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""With these Java compiles once and plainly: more does not pay within some minutes."""

_FIRST_PORT: Final = 12_000
"""Below it are ports that browsers refuse to open."""

_GIVEN_PORTS: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")

_USUAL_FIRST: Final = 32_768
"""Where Linux begins to give ports, unless it is told otherwise."""

_TRIES: Final = 100

_START: Final = 60.0
"""Seconds within which a server answers."""


class LocalError(Exception):
    """Something is missing or in the way here; the message is for the developer's eyes."""


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
"""What the system says where nothing can be written."""


def told(error: LocalError | OSError) -> str:
    """An error as one sentence for whoever gave the command."""
    if isinstance(error, LocalError):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in _NO_ROOM:
        return f"Nothing can be written here: {error.strerror}{where}. Everything goes into .local."
    return f"This machine refuses it: {error.strerror or error}{where}."


@contextlib.contextmanager
def locked(path: Path, patience: float, *, shared: bool = False) -> Iterator[int]:
    """Hold the lock on a file, alone or with all who share it; gives its descriptor.

    Raises `LocalError` where another holds it for `patience` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience
        while not lock_now(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise LocalError(f"Another one runs already: it holds {path.relative_to(ROOT)}")
            time.sleep(0.1)
        yield file
    finally:
        os.close(file)


def lock_now(file: int, how: int) -> bool:
    """Lock an open file or folder; answers whether nobody was in the way."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    """Give a port that nobody has, nor is given by chance before it is used.

    The system gives whoever names no port one of a range of its own (`ip_local_port_range` in
    ip(7)); this one lies below that range, where there is room. Raises `LocalError` where none can
    be had.
    """
    end = first_given_port() or _USUAL_FIRST
    for _ in range(_TRIES):
        port = _FIRST_PORT + secrets.randbelow(end - _FIRST_PORT)
        with contextlib.suppress(LocalError):
            check_free(port)
            return port
    raise LocalError(f"No port of {HOST} can be had")


def first_given_port() -> int | None:
    """The first port that the system gives to whoever names none; None: it may be any."""
    try:
        first = int(_GIVEN_PORTS.read_text().split()[0])
    except OSError:
        # Where that file is not: macOS begins higher.
        return _USUAL_FIRST
    return first if first > _FIRST_PORT else None


def check_free(port: int) -> None:
    """Raise `LocalError` where a port cannot be had."""
    try:
        create_server((HOST, port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise LocalError(f"Port {port} of {HOST} cannot be had: {reason}") from error


def get(port: int, path: str = "/") -> bytes | None:
    """Ask a server of this machine for a page; no answer is ``None``."""
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def await_answer(server: Supervised, port: int, log: Path) -> None:
    """Wait until a server answers, be it an error.

    Raises `LocalError` where it ends before, or takes too long.
    """
    deadline = time.monotonic() + _START
    while get(port) is None:
        if server.returncode is not None or time.monotonic() > deadline:
            raise LocalError(f"It does not start:\n{end_of(log)}")
        time.sleep(0.05)


def need(program: Path) -> None:
    """Raise `LocalError` where a program of an environment is missing."""
    if not program.exists():
        raise LocalError(f"{program.relative_to(ROOT)} is missing: `make environments` installs it")


def end_of(log: Path, lines: int = 30) -> str:
    """Give a log's last lines, and its name."""
    text = log.read_text("utf-8", "replace")
    return "\n".join([*text.splitlines()[-lines:], f"(from {log.relative_to(ROOT)})"])


def client(service: Any, endpoint: str) -> Any:
    """Give a client of a server of this machine, whatever AWS settings the developer has."""
    # A function runs for up to 14 minutes, and once.
    config = Config(proxies={}, read_timeout=900, retries={"total_max_attempts": 1})
    return _session().client(service, endpoint_url=endpoint, config=config)


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        region_name=REGION,
        botocore_session=botocore.session.Session(
            {
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        ),
    )
