"""The AWS emulator, with what it lacks: letters, what runs, functions that end, and a clock.

It accepts e-mail and SMS subscribers and drops what they would get; here each such letter becomes
a line of a file. One more path answers how many functions run at this moment, since changing a
function's environment ends its runs. And a function that is busy when the emulator is killed would
go on for as long as its time lasts; here it ends too. Before each run a function takes over the
variables that a file holds: changing its environment would start its process anew, which takes
seconds. A layer is unpacked once for all functions, and for the emulators beside and after this
one.

Run by the emulator's own Python: `emulator.py LETTERS PATH VARIABLES LAYERS`.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, ClassVar

from ministack import app  # type: ignore[import-not-found] # in an environment of its own
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import sns  # type: ignore[import-not-found]


def keep_letters(file: Path) -> None:
    """Write down what the topics' e-mail and SMS subscribers get, a JSON object a line."""
    fan_out = sns._fanout  # noqa: SLF001

    def fan_out_and_keep(
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        structure: str = "",
        attributes: Mapping[str, Any] | None = None,
        *rest: str,
        **named: str,
    ) -> None:
        topic = sns._topic_by_arn_any_scope(topic_arn)  # noqa: SLF001
        for subscription in topic["subscriptions"] if topic else ():
            protocol = subscription["protocol"]
            text = sns._resolve_message_for_protocol(message, structure, protocol)  # noqa: SLF001
            if (
                protocol in {"email", "sms"}
                and subscription["confirmed"]
                and sns._matches_filter_policy(subscription, attributes or {}, text)  # noqa: SLF001
            ):
                notification = {
                    "protocol": protocol,
                    "endpoint": subscription["endpoint"],
                    "subject": subject,
                    "text": text,
                }
                with file.open("a", encoding="utf-8") as notifications:
                    notifications.write(json.dumps(notification) + "\n")
        fan_out(topic_arn, message_id, message, subject, structure, attributes, *rest, **named)

    sns._fanout = fan_out_and_keep  # noqa: SLF001


def answer_what_runs(path: str) -> None:
    """Answer `path` with the number of functions that run."""
    emulator = app.app

    async def answer(
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        if scope.get("path") != path:
            await emulator(scope, receive, send)
            return
        body = json.dumps(lambda_runtime.workers_in_use()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    app.app = answer


def end_functions_with_it() -> None:
    """Let each function's process watch for the emulator's end."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = _WATCH + lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001


_WATCH = """
def _end_with_the_emulator():
    import os, threading, time

    emulator = os.getppid()

    def watch():
        while os.getppid() == emulator:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

_end_with_the_emulator()
"""


def take_variables_before_runs(file: Path) -> None:
    """Let each function's process take over a file's variables, a JSON object, before a run."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    run = "result = handler_fn(event, context)"
    if script.count(run) != 1:
        raise RuntimeError("the emulator runs functions otherwise than it did")
    taking = script.replace(run, f"_take_variables(); {run}")
    lambda_runtime._PYTHON_WORKER_SCRIPT = _TAKE.format(file=str(file)) + taking  # noqa: SLF001


def unpack_layers_once(folder: Path) -> None:
    """Let the functions share what a layer unpacks to: each would unpack its own copy.

    Args:
        folder: Where it stays for the emulators beside and after this one.
    """
    folder.mkdir(exist_ok=True)
    _LayerOnce.home = folder
    shared = ModuleType("zipfile")
    shared.__dict__.update(zipfile.__dict__)
    shared.ZipFile = _LayerOnce  # type: ignore[attr-defined]
    lambda_runtime.zipfile = shared


class _LayerOnce(zipfile.ZipFile):
    """An archive that is unpacked once if it is a layer; after that its folder is a link."""

    home: Path
    _turn = Lock()
    _held: ClassVar[dict[str, int]] = {}
    """The folders that this emulator uses, open and locked until it ends."""

    def namelist(self) -> list[str]:
        """Of a layer, which is our own, no names: the emulator only looks for dangerous ones."""
        return [] if self._is_layer else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Unpack it, or link to what was unpacked."""
        if not self._is_layer:
            super().extractall(path, members, pwd)
            return
        digest = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()[:16]
        unpacked = self.home / digest
        with self._turn:
            while digest not in self._held:
                if not unpacked.exists():
                    self._unpack(unpacked)
                self._hold(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)

    def _unpack(self, unpacked: Path) -> None:
        begun = Path(tempfile.mkdtemp()) / "layer"
        super().extractall(begun, [member.filename for member in self.infolist()])
        try:
            begun.rename(unpacked)
        except OSError as error:
            # Another emulator was quicker; what is left here goes with this one.
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise

    def _hold(self, unpacked: Path) -> None:
        """Keep a build from removing it, unless one just has."""
        with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as unless_held:
            descriptor = os.open(unpacked, os.O_RDONLY)
            unless_held.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.path.samestat(os.fstat(descriptor), unpacked.stat()):
                self._held[unpacked.name] = descriptor
                unless_held.pop_all()

    @property
    def _is_layer(self) -> bool:
        return Path(str(self.filename)).name.startswith("layer_")


_TAKE = """
def _take_variables():
    import json, os

    try:
        with open({file!r}, encoding="utf-8") as held:
            os.environ.update(json.load(held))
    except FileNotFoundError:
        pass
"""


if __name__ == "__main__":
    keep_letters(Path(sys.argv[1]))
    answer_what_runs(sys.argv[2])
    take_variables_before_runs(Path(sys.argv[3]))
    unpack_layers_once(Path(sys.argv[4]))
    end_functions_with_it()
    # The emulator reads the command line too.
    del sys.argv[1:]
    app.main()
