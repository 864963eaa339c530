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


def forget_loggers() -> None:
    """Leave no level, stream or handler that a function's logger was given in this process.

    A logger of Powertools is configured once a process, and `stallwatch.aws.logs` has the package's
    own write through it.
    """
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger) and getattr(logger, "init", False):
            logger.init = False  # type: ignore[attr-defined]
            logger.powertools_handler = None  # type: ignore[attr-defined]
            logger.handlers.clear()
            logger.setLevel(logging.NOTSET)
    package = logging.getLogger("stallwatch")
    package.handlers = []
    package.setLevel(logging.NOTSET)
    package.propagate = True
