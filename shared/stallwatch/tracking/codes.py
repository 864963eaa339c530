"""Cainiao's action codes, node codes and coarse statuses: which stage each of them means.

The lists in `data/` were read from published enumerations and recorded answers. New codes come all
the time, so a code that is not listed is placed by its ending or prefix, and never as a delivery.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from unicodedata import normalize

from stallwatch.domain.parcels import Flag, Stage

Placed = tuple[Stage, Flag | None]
"""The stage that a code means, and what else the code says."""

_CANCELLED_ENDINGS = ("_CANCEL", "_CANCELED", "_CANCELLED")

_FAILURE_ENDINGS = (
    "_FAILURE",
    "_FAILED",
    "_FAIL",
    "_REJECT",
    "_REJECTED",
    *_CANCELLED_ENDINGS,
    "_EXCEPTION",
    "_ABNORMAL",
)

_SHIPMENT_PREFIXES = ("GWMS_", "WMS_", "OM_")
"""What a seller's warehouse or shop writes: a cancellation of theirs cancels the shipment."""

_RETURN_PREFIXES = ("RT_", "RETURN")

_RETURN_ENDINGS = ("_RETURN", "_RETURNED", "_RETURNING")

_PREFIXES = (
    ("GTMS_", Stage.LAST_MILE_CARRIER),
    ("CC_IM_", Stage.IMPORT_CUSTOMS),
    ("CC_HO_", Stage.IMPORT_CUSTOMS),
    ("CUS_", Stage.IMPORT_CUSTOMS),
    ("CIQ_", Stage.IMPORT_CUSTOMS),
    ("CC_EX_", Stage.EXPORT_CUSTOMS),
    ("LH_", Stage.DEPARTED_ORIGIN),
    ("TD_", Stage.DEPARTED_ORIGIN),
    ("CC_TRANS_", Stage.DEPARTED_ORIGIN),
    ("PU_", Stage.ORIGIN_SORTING),
    ("CW_", Stage.ORIGIN_SORTING),
    ("SC_", Stage.ORIGIN_SORTING),
    ("GWMS_", Stage.ORIGIN_SORTING),
    ("WMS_", Stage.ORIGIN_SORTING),
)

_DESTROYED = frozenset({"RT_DESTROY", "RT_WH_DESTROY", "EXCEPTION_DESTROYED"})

_STATUS_MARK = "STATUS:"
"""Stands before an answer's coarse `status` where that takes the place of an action code. No action
code has a colon."""

_GAP = re.compile(r"[\s\-\u2010-\u2015\u2212_]+")
"""A run of what separates the words of a code."""


def read_list(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the lists in `data/`.

    Args:
        name: The file's name.
    """
    with files(__package__).joinpath("data", name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def placed_by_list(name: str) -> dict[str, Placed]:
    """A list's codes in canonical form, with their stages and flags.

    Args:
        name: The file's name; its columns are `code`, `stage` and `flag`.
    """
    return {
        canonical(row["code"]): (Stage(row["stage"]), Flag(row["flag"]) if row["flag"] else None)
        for row in read_list(name)
    }


@lru_cache(maxsize=1)
def _action_codes() -> dict[str, Placed]:
    return placed_by_list("action_codes.csv")


@lru_cache(maxsize=1)
def _node_codes() -> dict[str, Placed]:
    return {row["code"]: _node_place(row["stage"]) for row in read_list("node_codes.csv")}


def _node_place(stage: str) -> Placed:
    """The stage of a node, the coarse group that an event without an action code names.

    A node proves no delivery: only the answer's `status` does. Import customs stand on declarations
    before the departure too, as `CC_IM_START` does.
    """
    if stage in {"-", Stage.DELIVERED}:
        return Stage.IN_TRANSIT_UNPLACED, None
    return Stage(stage), Flag.EARLY if stage == Stage.IMPORT_CUSTOMS else None


@lru_cache(maxsize=1)
def _statuses() -> dict[str, Stage]:
    return {
        row["code"]: Stage(row["stage"])
        for row in read_list("status_values.csv")
        if row["code"].isupper() and row["code"].isascii() and " " not in row["code"]
    }


def canonical(code: str) -> str:
    """A code as the lists are keyed by: upper case, and one `_` between two words.

    "GTMS SIGNED", "gtms-signed" and wide underlines were seen.
    """
    if not code.isascii():
        code = normalize("NFKC", code)
    return _GAP.sub("_", code.upper()).strip("_")


def _listed(code: str) -> Placed | None:
    """The place of a canonical code that is listed, with or without `AE_` in front."""
    codes = _action_codes()
    return codes.get(code) or codes.get(code.removeprefix("AE_")) or _node_codes().get(code)


def is_listed(code: str) -> bool:
    """Whether a code is a listed action code, node code or status."""
    code = canonical(code)
    if code.startswith(_STATUS_MARK):
        return stage_of_status(code.removeprefix(_STATUS_MARK)) is not None
    return _listed(code) is not None


@lru_cache(maxsize=2048)
def stage_of(code: str) -> Placed:
    """The stage of an action code, a node code or a status (see `code_of_status`)."""
    code = canonical(code)
    if code.startswith(_STATUS_MARK):
        return (
            stage_of_status(code.removeprefix(_STATUS_MARK)) or Stage.IN_TRANSIT_UNPLACED,
            None,
        )
    return _listed(code) or _inferred(code.removeprefix("AE_"))


def _inferred(code: str) -> Placed:
    """The stage that the ending or the prefix of an unlisted code hints at."""
    if code.endswith(_FAILURE_ENDINGS):
        cancels = code.endswith(_CANCELLED_ENDINGS) and code.startswith(_SHIPMENT_PREFIXES)
        return Stage.EXCEPTION, Flag.CANCELLED if cancels else None
    if code.startswith(_RETURN_PREFIXES) or code.endswith(_RETURN_ENDINGS):
        return Stage.RETURNED, None
    for prefix, stage in _PREFIXES:
        if code.startswith(prefix):
            return stage, None
    return Stage.IN_TRANSIT_UNPLACED, None


def is_destruction(code: str) -> bool:
    """Whether a code says that the parcel was destroyed."""
    return canonical(code).removeprefix(_STATUS_MARK).removeprefix("AE_") in _DESTROYED


def stage_of_status(status: str) -> Stage | None:
    """The stage that an answer's coarse `status` names; None for an unlisted one."""
    return _statuses().get(canonical(status))


def is_of_status(code: str) -> bool:
    """Whether a code is that of a checkpoint which only an answer's status tells of."""
    return code.startswith(_STATUS_MARK.lower())


def code_of_status(status: str) -> str:
    """The code of a checkpoint that only an answer's coarse `status` tells of."""
    return f"{_STATUS_MARK.lower()}{canonical(status)}"
