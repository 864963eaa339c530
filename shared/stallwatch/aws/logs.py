"""The log: JSON lines, of which any order's can be found by its id."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def configure(logger: "Logger") -> "Logger":
    """Have the package's own loggers write through a function's.

    Args:
        logger: The function's logger.
    """
    package = logging.getLogger("stallwatch")
    package.handlers = logger.handlers
    package.setLevel(logger.log_level)
    package.propagate = False
    return logger
