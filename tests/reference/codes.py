"""How an action code is placed: the vocabulary, then endings and prefixes."""

import csv
import re
from functools import lru_cache
from pathlib import Path

CODES = Path(__file__).parent / "action_codes.csv"

CANCELS = ("_CANCEL", "_CANCELED", "_CANCELLED")
FAILURES = (
    *("_FAILURE", "_FAILED", "_FAIL", "_REJECT", "_REJECTED"),
    *CANCELS,
    *("_EXCEPTION", "_ABNORMAL"),
)
PREFIXES = (
    (("GTMS_",), "last_mile_carrier"),
    (("CC_IM_", "CC_HO_", "CUS_", "CIQ_"), "import_customs"),
    (("CC_EX_",), "export_customs"),
    (("LH_", "TD_", "CC_TRANS_"), "departed_origin"),
    (("PU_", "CW_", "SC_", "GWMS_", "WMS_"), "origin_sorting"),
)


@lru_cache(maxsize=1)
def listed() -> dict[str, tuple[str, str | None]]:
    """The vocabulary: stage and flag of every listed code."""
    with CODES.open(encoding="utf-8", newline="") as file:
        return {
            row["code"].upper(): (row["stage"], row["flag"] or None) for row in csv.DictReader(file)
        }


def spelled(code: str) -> str:
    """ "Upper-case and trim first, a run of blanks and hyphens inside counts as one `_`"."""
    return re.sub(r"[\s-]+", "_", code.strip().upper())


def bare(code: str) -> str:
    """ "`AE_` may stand in front"."""
    return spelled(code).removeprefix("AE_")


@lru_cache(maxsize=4096)
def stage_of(code: str) -> tuple[str, str | None]:
    """Stage and flag of a code.

    "Look the whole code up, then the rest, then the rest's ending and prefix." Of a code that is
    not listed "failure endings first", then a return, then the prefixes; "anything else
    `in_transit_unplaced`".
    """
    rest = bare(code)
    for spelling in (spelled(code), rest):
        if spelling in listed():
            return listed()[spelling]
    if rest.endswith(FAILURES):
        # "a cancel ending after `GWMS_ WMS_ OM_` is flagged `cancelled`"
        cancelled = rest.endswith(CANCELS) and rest.startswith(("GWMS_", "WMS_", "OM_"))
        return "exception", "cancelled" if cancelled else None
    # "then `RT_` or `RETURN` in front or `_RETURN _RETURNED _RETURNING` at the end"
    if rest.startswith(("RT_", "RETURN")) or rest.endswith(("_RETURN", "_RETURNED", "_RETURNING")):
        return "returned", None
    for prefixes, stage in PREFIXES:
        if rest.startswith(prefixes):
            return stage, None
    return "in_transit_unplaced", None
