"""What a module logs, whatever was configured before."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Kept(logging.Handler):
    """Keeps records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.records.append(record)


@contextmanager
def logged(name: str) -> Iterator[list[logging.LogRecord]]:
    """The records of a logger, at any level.

    A function that was loaded before has given the package's loggers a level and handlers of its
    own, which pytest's do not see.
    """
    logger, kept = logging.getLogger(name), _Kept()
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    try:
        yield kept.records
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)
