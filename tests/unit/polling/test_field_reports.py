"""Answers that once went wrong, from public reports: each through parser, poll, trace and rules."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Checkpoint, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.service import OrderService
from stallwatch.polling.run import PollRun
from stallwatch.polling.state import Pace
from stallwatch.sources import cainiao, seventeen_track
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.source import SourceResponse, Verdict
from tests.support.builders import an_order
from tests.support.fake_clock import FakeClock
from tests.support.memory_store import MemoryStore

REPORTS = Path(__file__).parents[2] / "data" / "field_reports"
SHARED = Path(__file__).parents[4] / "shared" / "field_reports"


@dataclass
class Outcome:
    """What came of a report."""

    seen: Any
    """The order as the API shows it."""
    alerts: list[tuple[AlertKind, str]]
    """Every alert that was raised, with its reason, oldest first."""
    responses: list[SourceResponse]
    """What the parser made of each answer of the first source."""

    @property
    def kinds(self) -> list[AlertKind]:
        return [kind for kind, _ in self.alerts]

    @property
    def stage(self) -> Stage:
        stage: Stage = self.seen.decision.stage
        return stage

    def checkpoint(self, code: str) -> Checkpoint:
        (found,) = (c for c in self.seen.trace.checkpoints if c.code == code)
        checkpoint: Checkpoint = found
        return checkpoint


@dataclass
class Played:
    """A source that answers with the bodies of a report."""

    name: str = "cainiao"
    body: bytes = b""
    responses: list[SourceResponse] = field(default_factory=list)

    def ask(self, numbers: Any) -> SourceResponse:
        self.responses.append(cainiao.parse(self.body, numbers))
        return self.responses[-1]


def play(report: Mapping[str, Any]) -> Outcome:
    """Live through a report: a check and an evaluation at each of its looks."""
    source, store = Played(), MemoryStore()
    alerts: list[tuple[AlertKind, str]] = []
    thresholds, schedule = Thresholds(), PollSchedule()
    given = {**report["order"], "ordered_on": date.fromisoformat(report["order"]["ordered_on"])}
    first = instant(report["looks"][0]["now"])
    store.create(replace(an_order("parcel", **given), created_at=first - timedelta(minutes=5)))
    now = first
    for look in report["looks"]:
        now = instant(look["now"])
        source.body = look.get("cainiao_raw", "").encode() or json.dumps(look["cainiao"]).encode()
        clock = FakeClock(now)
        PollRun(
            watch=store,
            source=source,
            clock=clock,
            schedule=schedule,
            pace=Pace(batch=10, per_minute=60),
            thresholds=thresholds,
            owner=f"run at {now}",
            catch_up=timedelta(hours=1),
        ).check_orders(["parcel"])
        if "seventeen_track" in look:
            keep_second(store, json.dumps(look["seventeen_track"]).encode(), now)
        evaluation = Evaluation(store, schedule, thresholds, report["second_source"])
        evaluation.evaluate("parcel", now)
        for kept in store.kept.values():
            if kept.pending:
                alerts.append((kept.alert.kind, kept.alert.reason))
            kept.pending, kept.alert = False, replace(kept.alert, sent_at=now)
    desk = OrderService(store, lambda _=(): None, schedule, thresholds)
    return Outcome(desk.get("parcel", now), alerts, source.responses)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keep_second(store: MemoryStore, body: bytes, now: datetime) -> None:
    row = store.row("parcel")
    assert row is not None
    assert row.number is not None
    record = store.second(row)
    assert record is not None
    answer = seventeen_track.parse(body, [row.number]).answers[row.number]
    store.keep_second(row, record.absorb(answer, "17track", now))


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
