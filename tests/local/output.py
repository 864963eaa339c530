"""How the demonstration speaks."""

import textwrap


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def quote(text: str) -> None:
    """Print what was sent, or is to be sent."""
    say(textwrap.indent(text.strip(), "  | ", lambda _: True))
