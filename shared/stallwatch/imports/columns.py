"""Headers of tables and keys of JSON, looked up in one table of names in many languages.

`columns.json` maps each field to the names that its column goes by; `formats.json` lists the
exports that are known by their columns, with what they mean by a name that others use otherwise.
"""

import json
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from stallwatch.imports.records import DateOrder


@dataclass(frozen=True, slots=True)
class Format:
    """An export that is known by its columns."""

    name: str
    has: frozenset[str] = frozenset()
    """The normalized names of which all must be there."""
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """The fields of columns whose name means something else elsewhere; None: not read."""
    dates: DateOrder | None = None
    """Which of day and month its dates begin with, where that is certain."""
    currency: str | None = None
    """The currency of its amounts, where they name none."""
    filename_is_order_id: bool = False


OWN = "stallwatch"
"""The name of our own export."""

TEMPLATE = "template"
"""A table or JSON with the API's own names, written by hand or by a script."""

TABLE = Format("table")
"""A table that is no known export."""


@lru_cache(maxsize=4096)
def normalized(name: str) -> str:
    """A column's name without case, accents, blanks and marks: `Order-ID` as `orderid`."""
    plain = unicodedata.normalize("NFKD", name[:100].casefold())
    return "".join(c for c in plain if c.isalnum())


def field_of(name: str, known: Format) -> str | None:
    """The field of a column or key; None where it is not read."""
    key = normalized(name)
    if key in known.columns:
        return known.columns[key]
    return None if known.name == OWN else _fields().get(key)


def format_of(names: Collection[str], default: Format = TABLE) -> Format:
    """The known export that has these columns or keys."""
    keys = {normalized(name) for name in names}
    return next((known for known in formats() if known.has <= keys), default)


def names_of(field_name: str) -> frozenset[str]:
    """The normalized names of a field's columns."""
    return frozenset(key for key, to in _fields().items() if to == field_name)


SEVERAL = frozenset({"link"})
"""Fields that may have several columns."""

IDENTIFYING = frozenset({"order_id", "tracking_numbers", "link", "free_text"})
"""Fields of which a table needs one: without them a row names no order."""


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """The known exports; the first that fits holds."""
    return tuple(
        Format(
            name=entry["name"],
            has=frozenset(map(normalized, entry["has"])),
            columns={normalized(name): to for name, to in entry.get("columns", {}).items()},
            dates=entry.get("dates"),
            currency=entry.get("currency"),
            filename_is_order_id=entry.get("filename_is_order_id", False),
        )
        for entry in _loaded("formats.json")
    )


@lru_cache(maxsize=1)
def _fields() -> Mapping[str, str]:
    return {normalized(name): to for to, names in _loaded("columns.json").items() for name in names}


def _loaded(name: str) -> Any:
    return json.loads((files("stallwatch.imports") / name).read_text(encoding="utf-8"))
