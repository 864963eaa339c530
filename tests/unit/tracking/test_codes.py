"""The lists of codes and what is not in them."""

import csv
from pathlib import Path

import pytest

from stallwatch.domain.parcels import Flag, Stage
from stallwatch.tracking.codes import (
    code_of_status,
    is_destruction,
    is_listed,
    placed_by_list,
    stage_of,
    stage_of_status,
)

ROOT = Path(__file__).parents[3]
DATA = ROOT / "shared" / "stallwatch" / "tracking" / "data"
UPSTREAM = ROOT.parent / "shared" / "upstream"
LISTS = sorted(path.name for path in DATA.glob("*.csv"))
PUBLISHED = {"action_codes.csv", "node_codes.csv", "status_values.csv"}
"""The lists that were published; every other one was written for the product."""


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


ACTION_CODES = rows("action_codes.csv")


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="../shared is not there")
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_lists_are_the_published_ones(name: str) -> None:
    """A copy that differs from the facts it was taken from is a mistake."""
    published = UPSTREAM / name.replace("action_codes", "action_codes_2")
    assert published.read_bytes() == (DATA / name).read_bytes()


@pytest.mark.parametrize("name", sorted(set(LISTS) - PUBLISHED))
def test_a_list_of_our_own_can_be_read(name: str) -> None:
    """Each code once, with a stage that there is."""
    assert len(rows(name)) == len(placed_by_list(name)) > 0


def test_the_list_has_238_codes_each_once() -> None:
    """No code hides another, also after trimming and upper-casing."""
    assert len({row["code"].upper() for row in ACTION_CODES}) == len(ACTION_CODES) == 238


@pytest.mark.parametrize("row", ACTION_CODES, ids=lambda row: row["code"])
def test_a_listed_code_is_placed_as_the_list_says(row: dict[str, str]) -> None:
    """Stage and flag come from the list, however the code is written."""
    expected = (Stage(row["stage"]), Flag(row["flag"]) if row["flag"] else None)
    code = row["code"]
    spellings = (code.lower(), f" {code}\t", code.replace("_", "＿"), code.replace("_", " - "))
    for spelling in (code, *spellings, *([] if code.startswith("AE_") else [f"AE_{code}"])):
        assert expected == stage_of(spelling)
        assert is_listed(spelling)


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        # Failures come before every prefix.
        ("GTMS_NEW_FAILURE", Stage.EXCEPTION),
        ("RT_NEW_FAILED", Stage.EXCEPTION),
        ("CC_IM_NEW_FAIL", Stage.EXCEPTION),
        ("CC_EX_NEW_REJECT", Stage.EXCEPTION),
        ("LH_NEW_CANCEL", Stage.EXCEPTION),
        ("SC_NEW_EXCEPTION", Stage.EXCEPTION),
        ("ANYTHING_ABNORMAL", Stage.EXCEPTION),
        ("LH_NEW_CANCELED", Stage.EXCEPTION),
        ("LH_NEW_CANCELLED", Stage.EXCEPTION),
        ("RETURN_NEW_REJECTED", Stage.EXCEPTION),
        # Then returns.
        ("RT_NEW", Stage.RETURNED),
        ("RETURNED_TO_HUB", Stage.RETURNED),
        ("GTMS_NEW_RETURN", Stage.RETURNED),
        ("NEW_RETURNED", Stage.RETURNED),
        ("LH_RETURNING", Stage.RETURNED),
        ("GTMS_NEW", Stage.LAST_MILE_CARRIER),
        ("CC_IM_NEW", Stage.IMPORT_CUSTOMS),
        ("CC_HO_NEW", Stage.IMPORT_CUSTOMS),
        ("CUS_NEW", Stage.IMPORT_CUSTOMS),
        ("CIQ_NEW", Stage.IMPORT_CUSTOMS),
        ("CC_EX_NEW", Stage.EXPORT_CUSTOMS),
        ("LH_NEW", Stage.DEPARTED_ORIGIN),
        ("TD_NEW", Stage.DEPARTED_ORIGIN),
        ("CC_TRANS_NEW", Stage.DEPARTED_ORIGIN),
        ("PU_NEW", Stage.ORIGIN_SORTING),
        ("CW_NEW", Stage.ORIGIN_SORTING),
        ("SC_NEW", Stage.ORIGIN_SORTING),
        ("GWMS_NEW", Stage.ORIGIN_SORTING),
        ("WMS_NEW", Stage.ORIGIN_SORTING),
        ("NEW_GTMS_CODE", Stage.IN_TRANSIT_UNPLACED),
        ("", Stage.IN_TRANSIT_UNPLACED),
    ],
)
def test_a_code_that_is_not_listed_is_placed_by_its_prefix(code: str, stage: Stage) -> None:
    """`AE_` may stand in front, and neither case nor blanks matter."""
    for spelling in (code, f" {code.lower()} ", f"ae_{code}"):
        assert (stage, None) == stage_of(spelling)
        assert not is_listed(spelling)


@pytest.mark.parametrize(
    "code", ["GTMS_SIGNED_NEW", "NEW_SIGNED", "DELIVERED_NEW", "AE_GROUP_DELIVERED", "LM_SIGN_OK"]
)
def test_no_delivery_is_inferred_from_a_code_that_is_not_listed(code: str) -> None:
    """However much it looks like one."""
    assert stage_of(code)[0] is not Stage.DELIVERED


@pytest.mark.parametrize("code", ["GWMS_NEW_CANCEL", "WMS_CANCELED", "ae_om new cancelled"])
def test_a_cancelled_shipment_is_flagged(code: str) -> None:
    """A warehouse's or shop's cancellation cancels the shipment; a carrier's does not."""
    assert (Stage.EXCEPTION, Flag.CANCELLED) == stage_of(code)


@pytest.mark.parametrize(
    ("spelling", "stage"),
    [
        ("GTMS SIGNED", Stage.DELIVERED),
        ("gtms  -signed", Stage.DELIVERED),
        ("AE GTMS_SIGNED", Stage.DELIVERED),
        ("GTMS\u2013SIGNED", Stage.DELIVERED),
        ("ＧＴＭＳ＿ＳＩＧＮＥＤ", Stage.DELIVERED),
        ("_GTMS_SIGNED_", Stage.DELIVERED),
        ("GTMS\u00a0SIGNED", Stage.DELIVERED),
        ("GTMS_SIGNED-2", Stage.LAST_MILE_CARRIER),
        ("AE_GTMS_SIGNED_V2", Stage.LAST_MILE_CARRIER),
        ("AE_LH_ARRIVE_SUCCESS", Stage.ARRIVED_DESTINATION),
        ("GTMS_RETURN", Stage.RETURNED),
    ],
)
def test_spellings_that_were_seen(spelling: str, stage: Stage) -> None:
    """In recorded answers, in public reports, and others like them."""
    assert stage is stage_of(spelling)[0]


def test_a_lost_parcel_is_flagged() -> None:
    """The code says so itself."""
    assert (Stage.EXCEPTION, Flag.LOST) == stage_of("LOST")


@pytest.mark.parametrize("row", rows("node_codes.csv"), ids=lambda row: row["code"])
def test_a_node_is_placed_as_the_list_says_but_for_deliveries(row: dict[str, str]) -> None:
    """A node proves no delivery, and its import customs may be declared before a departure."""
    stage, flag = stage_of(row["code"].lower())
    if row["stage"] in {"-", "delivered"}:
        assert Stage.IN_TRANSIT_UNPLACED is stage
    else:
        assert Stage(row["stage"]) is stage
    assert (Flag.EARLY if stage is Stage.IMPORT_CUSTOMS else None) is flag
    assert is_listed(row["code"])


def test_destruction_has_two_codes() -> None:
    """They are returns that never arrive."""
    assert is_destruction("RT_DESTROY")
    assert is_destruction("ae_rt_wh_destroy ")
    assert not is_destruction("RT_INBOUND")


STATES = [
    (row["code"], Stage(row["stage"]))
    for row in rows("status_values.csv")
    if row["stage"] != Stage.NOT_FOUND
]


@pytest.mark.parametrize(("state", "stage"), STATES)
def test_a_state_is_placed_as_the_list_says(state: str, stage: Stage) -> None:
    """A checkpoint that only a `status` tells of has the stage of that state."""
    assert stage is stage_of_status(f" {state.lower()} ")
    assert stage is stage_of_status(state.replace("_", " "))
    assert (stage, None) == stage_of(code_of_status(state))
    assert is_listed(code_of_status(state))


def test_a_state_that_is_not_listed_says_nothing() -> None:
    """Nor do the list's rows that are no states."""
    for state in ("NEW", "", "(absent)", "ORDER_NOT_FOUND / RESULT_EMPTY"):
        assert stage_of_status(state) is None
        assert stage_of(code_of_status(state)) == (Stage.IN_TRANSIT_UNPLACED, None)
        assert not is_listed(code_of_status(state))
