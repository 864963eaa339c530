"""Why a command ends without success, each with its exit code.

CommandError
├── InvalidUseError   2: the command was given something that makes no sense; nothing was sent
├── UnreachableError  3: the API (or AWS) did not answer, or answered with an error of its own
└── RefusedError      4: the API understood the request and refused it
"""

from enum import IntEnum

from stallwatch.domain.errors import StallwatchError


class ExitCode(IntEnum):
    """What a script learns from the end of a command."""

    OK = 0
    FINDINGS = 1
    """It ran, and something needs a look: a finding, or a refused row."""
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4


class CommandError(StallwatchError):
    """A command ends without success; the message is one sentence for the terminal."""

    exit_code = ExitCode.FINDINGS


class InvalidUseError(CommandError):
    """The command was given something that makes no sense; nothing was sent."""

    exit_code = ExitCode.USAGE


class UnreachableError(CommandError):
    """The API (or AWS) did not answer, or answered with an error of its own."""

    exit_code = ExitCode.UNREACHABLE


class RefusedError(CommandError):
    """The API understood the request and refused it.

    Args:
        message: One sentence for the terminal.
        status: The HTTP status.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
