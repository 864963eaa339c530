"""Trying a write again that met another one."""

from collections.abc import Callable

from stallwatch.domain.errors import ConflictError

_TRIES = 5


def retry_on_conflict(write: Callable[[], bool]) -> bool:
    """What a write gives, tried again while another one is in its way.

    Raises:
        ConflictError: there was one again and again.
    """
    for _ in range(_TRIES - 1):
        try:
            return write()
        except ConflictError:
            continue
    return write()
