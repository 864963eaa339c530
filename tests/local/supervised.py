"""Processes that end with whoever started them, however that one ends.

    starter ──pipe──▶ leash ──▶ the command and whatever it starts

The leash leads a session of its own, so Ctrl-C reaches the starter alone. Nobody but the starter
holds the pipe's other end, and the kernel closes it even after a ``kill -9``: the leash then ends
the whole group and removes what must not stay behind. Where it is the leash that was killed, the
command gets a signal (on Linux), and `Supervised.end` ends the group.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

GRACE = 3.0
"""Seconds between the request to end and the end by force."""

_PR_SET_PDEATHSIG = 1


class Supervised:
    """A running command; `returncode` is ``None`` until it has ended."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        output: IO[bytes],
        environment: Mapping[str, str],
        folder: Path,
        remove: Sequence[Path] = (),
        keep_open: Sequence[int] = (),
    ) -> None:
        """Start the command in `folder`.

        `remove` names what goes when it is ended; the leash, but not the command, holds the files
        of `keep_open`, so that a lock on one of them lasts until all is gone.
        """
        doomed = [argument for path in remove for argument in ("--remove", path)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, *doomed, "--", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            pass_fds=keep_open,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The leash's own, which is its group's too."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended: its exit code, or 128 and the signal's number."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its own end. Raises `subprocess.TimeoutExpired` after `timeout` seconds."""
        return self._process.wait(timeout)

    def end(self) -> None:
        """End the command and all that it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2 * GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        """Keep it until the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, if it still runs."""
        self.end()


def end_with_parent() -> None:
    """Ask this process to end (SIGTERM) as soon as the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(0.3)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _end_with_the_leash() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _hold(command: Sequence[str], doomed: Sequence[str]) -> int:
    """Run the command to its end, or to the end of whoever holds the other end of stdin."""
    # Safe here, where no thread runs yet; a thread as parent would end the command with itself.
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_the_leash,  # noqa: PLW1509
    )
    # Only now, since a child inherits what is ignored.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    letting_go = threading.Event()

    def let_go() -> None:
        # Unbuffered, since a buffer that a thread waits on cannot be closed at the exit.
        os.read(0, 1)
        letting_go.set()
        os.killpg(0, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE)
        for path in doomed:
            shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(path).unlink()
        os.killpg(0, signal.SIGKILL)

    end = threading.Thread(target=let_go, daemon=True)
    end.start()
    code = child.wait()
    if letting_go.is_set():
        end.join()
    return code if code >= 0 else 128 - code


def _main(arguments: list[str]) -> int:
    split = arguments.index("--")
    return _hold(arguments[split + 1 :], arguments[1:split:2])


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
