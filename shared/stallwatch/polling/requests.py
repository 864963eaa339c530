"""polling.requests."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

LAST_REQUEST = timedelta(seconds=30)
"""How much time a run needs for its last request and for what follows it."""


WORKERS_LEAD = timedelta(milliseconds=250)
"""How long before its time a request is handed to a helper, who then waits for it."""


class _Inline:
    """Runs at once what a pool would run in a thread."""

    def submit(self, work: Any, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(work(*args, **kwargs))
        return future


@contextmanager
def _requesters(parallel: int) -> Iterator[Any]:
    if parallel == 1:
        yield _Inline()
    else:
        with ThreadPoolExecutor(parallel) as pool:
            yield pool
