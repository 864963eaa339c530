"""Days as files write them; an instant with a zone becomes its UTC day."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from stallwatch.domain.text import clean
from stallwatch.imports.cells import values
from stallwatch.imports.errors import CellError
from stallwatch.imports.records import DateOrder

AMBIGUOUS = (
    "the date can be read as day/month and as month/day: choose dates=dmy or dates=mdy, "
    "or write it like 2026-05-31"
)
UNREADABLE = "{field} is not a date that can be read: write it like 2026-05-31"

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?\s*"
    r"(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?(?:\s+[A-Z][A-Za-z_]+(?:/[A-Za-z_]+)*)?)?"
)
"""A zone's name at the end is passed over: the day is that of its clock."""
_YEAR_FIRST = re.compile(
    r"([0-9]{4})\s?[/.\u5e74\ub144]\s?([0-9]{1,2})\s?[/.\u6708\uc6d4]\s?([0-9]{1,2})(?![0-9])"
)
_COMPACT = re.compile(r"(20[0-9]{2})(0[1-9]|1[0-2])([0-2][0-9]|3[01])")
_EPOCH = re.compile(r"([0-9]{10})(?:\.[0-9]+)?|([0-9]{13})(?:\.[0-9]+)?")
_SERIAL = re.compile(r"([3-6][0-9]{4})(?:[.,][0-9]+)?")
"""Days since the end of 1899, as spreadsheets count: from 1982 to 2091."""
_DOTTED = re.compile(r"(?<![0-9.])([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4}|[0-9]{2})(?![0-9])")
_SLASHED = re.compile(
    r"(?<![0-9/-])([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4}|(?<=/)[0-9]{2})(?![0-9/-])"
)
_SPREADSHEET = re.compile(r"([0-9]{1,2})-([^\W\d_]{3,9})\.?-([0-9]{2})")
"""`05-Sep-26`, as spreadsheets show a date."""
_WORDED = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<![0-9:])(20[0-9]{2})(?![0-9:])")
_DAY_OF_MONTH = re.compile(r"(?<![0-9:])([0-9]{1,2})(?![0-9:])")

_BESIDE = re.compile(
    r"(?<![0-9:])([0-9]{1,2})(?:\.|er|\u00ba|st|nd|rd|th)?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?"
    r"20[0-9]{2}(?![0-9:])"
)
"""Day, month and year side by side: `mar. 5 sept. 2026` begins with a Tuesday, no March."""

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_SERIAL_START = date(1899, 12, 30)
_LONGEST = 60


def day_of(cell: str, date_order: DateOrder | None, field: str = "date") -> date:
    """The UTC day of a cell.

    Args:
        cell: The cell.
        date_order: What to take dates like 5/9/2026 for; None: not known.
        field: The name of the cell's column, for the error.

    Raises:
        CellError: it holds no day, or one of two.
    """
    text = clean(cell, _LONGEST)
    for reader in (_iso, _epoch, _year_first, _dotted):
        found = reader(text)
        if found is not None:
            return found
    slashed = _SLASHED.search(text)
    if slashed is not None:
        return _slashed(slashed, date_order, field)
    found = _worded(text)
    if found is None:
        raise CellError(UNREADABLE.format(field=field))
    return found


def settle(cells: Iterable[str]) -> DateOrder | None:
    """Which of day and month comes first in a file, where its own dates tell without doubt."""
    orders = set()
    for cell in cells:
        found = _SLASHED.search(cell[:_LONGEST])
        if found is not None:
            first, second = int(found[1]), int(found[3])
            if _is_month(second) and not _is_month(first):
                orders.add("dmy")
            elif _is_month(first) and not _is_month(second):
                orders.add("mdy")
    if orders == {"dmy"}:
        return "dmy"
    return "mdy" if orders == {"mdy"} else None


def _is_month(number: int) -> bool:
    return 1 <= number <= 12  # noqa: PLR2004


def _whole_year(digits: str) -> int:
    """The year of four digits, or of the two with which many write one of this century."""
    return int(digits) if len(digits) > 2 else 2000 + int(digits)  # noqa: PLR2004


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day = _made(*(int(part) for part in match.groups()[:3]))
    zone = match[7]
    if day is None or zone is None or zone in {"Z", "UTC", "GMT"}:
        return day
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    clock = timedelta(hours=int(match[4]), minutes=int(match[5]))
    try:
        return (datetime(day.year, day.month, day.day, tzinfo=UTC) + clock - offset).date()
    except OverflowError:
        return None


def _epoch(text: str) -> date | None:
    match = _EPOCH.fullmatch(text)
    if match is not None:
        seconds = int(match[1]) if match[1] else int(match[2]) // 1000
        return (_EPOCH_START + timedelta(seconds=seconds)).date()
    match = _SERIAL.fullmatch(text)
    if match is not None:
        return _SERIAL_START + timedelta(days=int(match[1]))
    match = _COMPACT.fullmatch(text)
    return None if match is None else _made(*(int(part) for part in match.groups()))


def _year_first(text: str) -> date | None:
    match = _YEAR_FIRST.match(text)
    return None if match is None else _made(*(int(part) for part in match.groups()))


def _dotted(text: str) -> date | None:
    match = _DOTTED.search(text)
    if match is None:
        return None
    day, month = int(match[1]), int(match[2])
    return _made(_whole_year(match[3]), month, day)


def _slashed(match: re.Match[str], date_order: DateOrder | None, field: str) -> date:
    first, second, year = int(match[1]), int(match[3]), _whole_year(match[4])
    day_first, month_first = _made(year, second, first), _made(year, first, second)
    if day_first is not None and month_first is not None and day_first != month_first:
        if date_order is None:
            raise CellError(AMBIGUOUS)
        return day_first if date_order == "dmy" else month_first
    found = day_first or month_first
    if found is None:
        raise CellError(UNREADABLE.format(field=field))
    return found


def _worded(text: str) -> date | None:
    """A day whose month is a word: `Sep 5, 2026`, `09:14 Sep. 05 2026`, `5 сентября 2026`."""
    short = _SPREADSHEET.fullmatch(text)
    if short is not None:
        month = _month_of(short[2].casefold())
        return None if month is None else _made(_whole_year(short[3]), month, int(short[1]))
    years = set(_YEAR.findall(text))
    if len(years) != 1:
        return None
    year = years.pop()
    beside = _BESIDE.search(text)
    month = None if beside is None else _month_of(beside[2].casefold())
    if beside is not None and month is not None:
        return _made(int(year), month, int(beside[1]))
    days = set(_DAY_OF_MONTH.findall(text))
    months = {m for word in _WORDED.findall(text) if (m := _month_of(word.casefold()))}
    if len(days) != 1 or len(months) != 1:
        return None
    return _made(int(year), months.pop(), int(days.pop()))


_ENGLISH = {
    name: number
    for number, month in enumerate(
        "january february march april may june july august september october november "
        "december".split(),
        1,
    )
    for name in (month, month[:3])
} | {"sept": 9}


def _month_of(word: str) -> int | None:
    if word.isascii() and len(word) < 3:  # noqa: PLR2004
        return None
    # Hebrew writes "in" as a letter before the month.
    return _ENGLISH.get(word) or _months().get(word) or _months().get(word.removeprefix("\u05d1"))


@lru_cache(maxsize=1)
def _months() -> Mapping[str, int]:
    """Names of months that mean one month only in all languages that are known."""
    from babel import Locale  # noqa: PLC0415

    numbers: dict[str, set[int]] = {}
    for language in values()["languages"]:
        months = Locale.parse(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[form][width].items():
                    key = name.casefold().rstrip(".")
                    numbers.setdefault(key, set()).add(number)
    return {name: found.pop() for name, found in numbers.items() if len(found) == 1}
