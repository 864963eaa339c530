"""A source that costs next to nothing: a process of its own that answers from a file.

    with simulated_source(lives, delay=0.2) as url:
        requests.get(url, params={"mailNos": "LP00000000000001,LP00000000000002"})

Each line of the file is a number, a tab, and its entry. It answers each request after the same
delay, however many come at once.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench.order_lives import NOW, Life
from tests.local.machine import HOST, LOCAL, ROOT, await_answer, free_port
from tests.local.supervised import Supervised

PATH = "/global/detail.json"


@contextlib.contextmanager
def simulated_source(
    lives: Iterable[Life], *, delay: float = 0.0, crowd: bool = False
) -> Iterator[str]:
    """Run one that knows some parcels; gives its address.

    Args:
        lives: The parcels' orders.
        delay: Seconds until it answers.
        crowd: Whether it knows every number, each as one of the parcels (see `stack.crowd`).
    """
    (LOCAL / "run").mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=LOCAL / "run", prefix="source-"))
    try:
        entries = folder / "entries"
        with entries.open("w", encoding="utf-8") as file:
            file.writelines(f"{life.number}\t{life.source.text(NOW)}\n" for life in lives)
        port = free_port()
        log = folder / "log"
        command = [
            *(sys.executable, "-m", "tests.bench.source"),
            *("--file", str(entries), "--port", str(port), "--delay", str(delay)),
            *(["--crowd"] if crowd else []),
        ]
        with (
            log.open("wb") as output,
            Supervised(
                command,
                output=output,
                environment={**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
                folder=ROOT,
                remove=[folder],
            ) as server,
        ):
            await_answer(server, port, log)
            yield f"http://{HOST}:{port}{PATH}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Server:
    def __init__(self, file: Path, delay: float, *, crowd: bool) -> None:
        self._delay = delay
        self._crowd = crowd
        with file.open("rb") as lines:
            pairs = (line.rstrip(b"\n").split(b"\t", 1) for line in lines)
            self._entries = {number.decode(): entry for number, entry in pairs}
        self._known = list(self._entries)

    def _entry(self, number: str) -> bytes | None:
        if not self._crowd or not number:
            return self._entries.get(number)
        alike = self._known[int(number[2:]) % len(self._known)]
        return self._entries[alike].replace(alike.encode(), number.encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                query = parse_qs(urlsplit(head.split(b" ", 2)[1].decode()).query)
                numbers = query.get("mailNos", [""])[0].split(",")
                if self._delay and numbers != [""]:
                    await asyncio.sleep(self._delay)
                entries = (self._entry(number) for number in numbers)
                body = b'{"module":[%s],"success":true}' % b",".join(e for e in entries if e)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                await writer.drain()
        writer.close()


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A source for the benchmarks.")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--crowd", action="store_true")
    arguments = parser.parse_args()
    server = _Server(arguments.file, arguments.delay, crowd=arguments.crowd)
    async with await asyncio.start_server(server.serve, HOST, arguments.port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
