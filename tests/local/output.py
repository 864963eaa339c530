"""How the demonstration speaks."""

import re
import textwrap

WIDTH = 100
"""Columns of a line, where no address makes it longer."""

_GIST = re.compile(r".* \(order .*\)|What happened: .*|What to do now: .*")
"""The lines of a mail that name an order, and what happened to it and is to be done."""


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def quote(text: str) -> None:
    """Print what was sent, or is to be sent."""
    for line in text.strip().splitlines():
        say(
            textwrap.fill(
                line,
                WIDTH,
                initial_indent="  | ",
                subsequent_indent="  |   ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            or "  |"
        )


def quote_gist(text: str) -> None:
    """Print what a mail says of each order, without its dates and links."""
    quote("\n".join(filter(_GIST.fullmatch, text.splitlines())))


def short(text: str, room: int) -> str:
    """A sentence in so many columns."""
    return textwrap.shorten(text, room, placeholder=" …")
