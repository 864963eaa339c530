"""What the sources' codes and states mean, from the lists in `data/`.

The lists were read from published enumerations and recorded answers; new codes come, so one of
Cainiao's that is not listed is placed by its prefix, and no delivery is ever inferred from it. A
sub-status of 17TRACK that is not listed means what its main status does, of which there are nine.
"""

import csv
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from stallwatch.domain.parcels import Flag, Stage

SEVENTEEN_TRACK = "17track"
"""The name of the source whose codes are statuses."""


_FAILURE_ENDINGS = (
    "_FAILURE",
    "_FAILED",
    "_FAIL",
    "_REJECT",
    "_CANCEL",
    "_EXCEPTION",
    "_ABNORMAL",
)


_PREFIXES = (
    ("RT_", Stage.RETURNED),
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


_OF_STATE = "STATUS:"
"""Stands before an answer's coarse `status` where it takes the place of an action code, none of
which has a colon."""


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files(__package__).joinpath("data", name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def _listed() -> dict[str, tuple[Stage, Flag | None]]:
    return {
        canonical(row["code"]): (Stage(row["stage"]), Flag(row["flag"]) if row["flag"] else None)
        for row in _rows("action_codes.csv")
    }


@lru_cache(maxsize=1)
def _states() -> dict[str, Stage]:
    return {
        row["code"]: Stage(row["stage"])
        for row in _rows("status_values.csv")
        if row["code"].isupper() and row["code"].isascii() and " " not in row["code"]
    }


@lru_cache(maxsize=1)
def _statuses() -> dict[str, tuple[Stage, Flag | None]]:
    return {
        canonical(row["code"]): (Stage(row["stage"]), Flag(row["flag"]) if row["flag"] else None)
        for row in _rows("seventeen_track.csv")
    }


def canonical(code: str) -> str:
    """A code as the list is keyed by: trimmed, in upper case, wide underlines made plain."""
    return code.strip().upper().replace("\uff3f", "_")


def is_listed(code: str) -> bool:
    """Whether a code stands in the list, with or without `AE_` before it, or is a listed state."""
    code = canonical(code)
    if code.startswith(_OF_STATE):
        return stage_of_state(code.removeprefix(_OF_STATE)) is not None
    return code in _listed() or code.removeprefix("AE_") in _listed()


@lru_cache(maxsize=2048)
def stage_of(code: str) -> tuple[Stage, Flag | None]:
    """The stage of an action code, or of a state's (see `code_of_state`), and what else it says."""
    code = canonical(code)
    if code.startswith(_OF_STATE):
        return stage_of_state(code.removeprefix(_OF_STATE)) or Stage.IN_TRANSIT_UNPLACED, None
    listed = _listed()
    if code not in listed:
        code = code.removeprefix("AE_")
    if code in listed:
        return listed[code]
    if code.endswith(_FAILURE_ENDINGS):
        return Stage.EXCEPTION, None
    for prefix, stage in _PREFIXES:
        if code.startswith(prefix):
            return stage, None
    return Stage.IN_TRANSIT_UNPLACED, None


def stage_of_entry(source: str, code: str) -> tuple[Stage, Flag | None]:
    """The stage of a source's code, and what else it says."""
    return place_status(code) if source == SEVENTEEN_TRACK else stage_of(code)


@lru_cache(maxsize=256)
def place_status(status: str) -> tuple[Stage, Flag | None]:
    """The stage of a status or sub-status of 17TRACK, and what else it says."""
    status = canonical(status)
    for known in (status, status.partition("_")[0]):
        if known in _statuses():
            return _statuses()[known]
    return Stage.IN_TRANSIT_UNPLACED, None


def is_destruction(code: str) -> bool:
    """Whether a code says that the parcel was destroyed."""
    return canonical(code).removeprefix("AE_") in _DESTROYED


def stage_of_state(state: str) -> Stage | None:
    """The stage that a tracking answer's coarse `status` names; None for an unlisted one."""
    return _states().get(state.strip().upper())


def code_of_state(state: str) -> str:
    """The code of a checkpoint that only a tracking answer's coarse `status` tells of."""
    return f"{_OF_STATE.lower()}{state.strip().upper()}"
