"""What can go wrong with a body as a whole; a single bad row is rejected in the report instead.

ImportFailedError
├── ImportTooLargeError    more bytes or rows than one request takes: HTTP 413
└── ImportUnreadableError  neither a table nor a list, JSON or a mail: HTTP 422
"""

from collections.abc import Sequence

from stallwatch.domain.errors import StallwatchError


class ImportFailedError(StallwatchError):
    """Nothing was read; the message says why and holds no content of the body."""


class ImportTooLargeError(ImportFailedError):
    """The body has more bytes or rows than one request takes."""


class ImportUnreadableError(ImportFailedError):
    """The body could not be read as anything.

    Args:
        message: What is wrong with it, or what to do instead.
        tried: The kinds of content that it was tried as, in this order.
    """

    def __init__(self, message: str, tried: Sequence[str] = ()) -> None:
        text = f"{message} (tried: {', '.join(tried)})" if tried else message
        super().__init__(text)
        self.tried = tuple(tried)


class CellError(ValueError):
    """A cell of a known column cannot be read; the message says why without the cell's content."""
