"""What stands on the terminal: JSON for scripts, tables for people, notes on standard error.

Text from outside is cleaned of what cannot be seen, and never read as markup.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stallwatch.domain.text import clean

Cell = str | Text
"""A cell of a table: text, perhaps with a style."""


_LIMIT = 400


_PIPED_WIDTH = 160
"""Columns of a table that goes into a pipe or a file; `COLUMNS` names another number."""


SEVERITY_STYLE: Mapping[str, str] = {
    "claim": "bold red",
    "action": "bold yellow",
    "attention": "magenta",
    "info": "dim",
}


KEY_DATES: Mapping[str, str] = {
    "promised_on": "promised by",
    "late_on": "late from",
    "claim_opens_on": "claim opens",
    "protection_ends_on": "protection ends",
    "refund_until": "refund until",
    "dispute_until": "dispute until",
    "reminder_on": "reminder",
    "bank_until": "bank until",
}
"""The key dates of an order, as the API names them and as they are shown."""


def print_json(value: object) -> None:
    """Print a value as JSON, and nothing else."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201


def console() -> Console:
    """Standard output; colours only on a terminal, and not where `NO_COLOR` is set."""
    return _console(sys.stdout)


def note(message: str) -> None:
    """Say something that is no result: it goes to standard error."""
    _console(sys.stderr).print(Text(message), soft_wrap=True)


def say(message: str, style: str = "") -> None:
    """Say a result in a sentence."""
    console().print(Text(message, style=style), soft_wrap=True)


def _console(file: Any) -> Console:
    piped = not file.isatty() and not os.environ.get("COLUMNS")
    return Console(file=file, width=_PIPED_WIDTH if piped else None, highlight=False)


def shown(value: object, limit: int = _LIMIT) -> str:
    """A value from outside as one line; nothing where there is none."""
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else str(value), limit)


def table(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """A table whose cells are text and nothing but text."""
    made = Table(
        box=None,
        pad_edge=False,
        show_header=any(headings),
        header_style="bold",
        padding=(0, 2, 0, 0),
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and values, those without a value left out."""
    made = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in pairs:
        if text := shown(value):
            made.add_row(Text(name), Text(text))
    return made


def styled(text: str, severity: object) -> Text:
    """A text in the colour of a severity."""
    return Text(text, style=SEVERITY_STYLE.get(str(severity), ""))


def next_date(order: Mapping[str, Any], today: str) -> str:
    """The nearest key date that is still to come, with its name; none of a closed order."""
    if order.get("state") == "closed":
        return ""
    coming = sorted(
        (str(order[name]), label)
        for name, label in KEY_DATES.items()
        if order.get(name) and str(order[name]) >= today
    )
    return f"{coming[0][0]} {coming[0][1]}" if coming else ""
