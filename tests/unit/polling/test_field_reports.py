"""Answers that once went wrong, from public reports: each through parser, poll, trace and rules."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.tracking.source import Verdict
from tests.support.played_reports import Outcome, play

REPORTS = Path(__file__).parents[2] / "data" / "field_reports"
SHARED = Path(__file__).parents[4] / "shared" / "field_reports"


def is_at(*stages: Stage) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.stage in stages


def raises_only(*kinds: AlertKind) -> Callable[[Outcome], bool]:
    return lambda outcome: outcome.kinds == list(kinds)


def never_raises(*kinds: AlertKind) -> Callable[[Outcome], bool]:
    return lambda outcome: not set(kinds) & set(outcome.kinds)


RIGHT: dict[str, list[Callable[[Outcome], bool]]] = {
    "ae_lh_arrive_success": [is_at(Stage.ARRIVED_DESTINATION)],
    "attempt_redated": [raises_only(AlertKind.ACTION_NEEDED)],
    "bracket_is_no_place": [
        lambda outcome: outcome.checkpoint("GTMS_ACCEPT").place is None,
        lambda outcome: (
            outcome.checkpoint("GTMS_ACCEPT").text == "[GOFO] Received by local carrier"
        ),
    ],
    "code_with_blank": [is_at(Stage.DELIVERED), raises_only(AlertKind.DELIVERED)],
    "combined_delivery_other_number": [
        lambda outcome: outcome.seen.trace.other_number == "CNG00839790702074",
        lambda outcome: outcome.seen.trace.points_to is None,
        is_at(Stage.ORIGIN_SORTING),
    ],
    "consolidation_wait": [never_raises(AlertKind.STALLED)],
    "delivered_by_group_only": [
        is_at(Stage.LAST_MILE_CARRIER),
        never_raises(AlertKind.DELIVERED),
        lambda outcome: outcome.checkpoint("AE_GROUP_SIGNED").place == "Netherlands,Amsterdam",
    ],
    "delivered_known_late_by_status": [
        lambda outcome: outcome.kinds[-1] is AlertKind.DELIVERED,
        lambda outcome: outcome.seen.state is State.DELIVERED,
        is_at(Stage.DELIVERED),
    ],
    "economy_handed_over_then_preadvice": [
        is_at(Stage.LAST_MILE_CARRIER),
        never_raises(AlertKind.STALLED),
    ],
    "ecoscooting_codes_after_import": [is_at(Stage.IMPORT_CUSTOMS, Stage.LAST_MILE_CARRIER)],
    "gtms_return": [
        is_at(Stage.RETURNED),
        lambda outcome: outcome.alerts == [(AlertKind.REFUND_CLAIM, "returned")],
    ],
    "latest_number_dropped": [
        lambda outcome: outcome.seen.trace.carrier.number == "36YPH337263201000935107",
        lambda outcome: outcome.seen.trace.carrier.name is None,
    ],
    "latest_trace_only": [
        is_at(Stage.ARRIVED_DESTINATION),
        never_raises(AlertKind.NEVER_SCANNED),
    ],
    "pickup_scan_without_zone": [
        is_at(Stage.READY_FOR_PICKUP),
        raises_only(AlertKind.ACTION_NEEDED),
        lambda outcome: (
            outcome.checkpoint("GTMS_STA_SIGNED").at == datetime(2026, 1, 13, 10, 5, tzinfo=UTC)
        ),
    ],
    "place_with_postcode": [
        lambda outcome: outcome.checkpoint("GTMS_ACCEPT").place == "IL,Sometown,District",
        lambda outcome: "5339001" not in repr(outcome.seen.trace),
    ],
    "placeholder_number_with_dots": [
        lambda outcome: (
            outcome.responses[0].answers["AP00841686101438"].points_to == "RA123456785CH"
        ),
    ],
    "preshipment_common_intransit": [raises_only(AlertKind.NEVER_SCANNED)],
    "rgv587_error_without_url": [
        lambda outcome: [Verdict.BLOCKED] == [r.verdict for r in outcome.responses],
    ],
    "second_delivered_other_to_local_carrier": [
        never_raises(AlertKind.DELIVERED),
        is_at(Stage.DEPARTED_ORIGIN),
    ],
    "second_inforeceived_after_departure": [is_at(Stage.DEPARTED_ORIGIN)],
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
def test_the_reports_are_the_published_ones() -> None:
    """A copy that differs is a mistake; so is a missing one."""
    published = {path.name: path.read_bytes() for path in SHARED.glob("*.json")}
    assert published == {path.name: path.read_bytes() for path in REPORTS.glob("*.json")}


def test_every_report_has_its_right_value() -> None:
    """One that nobody judges shows nothing."""
    assert {path.stem for path in REPORTS.glob("*.json")} == set(RIGHT)


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_report_gives_its_right_value(name: str) -> None:
    """At its last look, and over all of them."""
    outcome = play(json.loads((REPORTS / f"{name}.json").read_text("utf-8")))
    shown = (outcome.stage, outcome.alerts, outcome.seen.trace)
    assert [] == [number for number, fits in enumerate(RIGHT[name]) if not fits(outcome)], shown
