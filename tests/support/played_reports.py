"""Reports played: each look's answer through parser, poll, trace and rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.parcels import Checkpoint, Stage
from stallwatch.domain.thresholds import Thresholds
from stallwatch.orders.service import OrderService
from stallwatch.polling.run import PollRun
from stallwatch.polling.state import Pace
from stallwatch.sources import cainiao, seventeen_track
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.source import SourceResponse
from tests.support.builders import an_order
from tests.support.fake_clock import FakeClock
from tests.support.memory_store import MemoryStore


@dataclass
class Outcome:
    """What came of a report."""

    seen: Any
    """The order as the API shows it."""
    alerts: list[tuple[AlertKind, str]]
    """Every alert that was raised, with its reason, oldest first."""
    responses: list[SourceResponse]
    """What the parser made of each answer of the first source."""
    store: MemoryStore
    """What is kept."""

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
    return Outcome(desk.get("parcel", now), alerts, source.responses, store)


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
