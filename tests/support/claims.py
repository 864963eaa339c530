"""Claim files for tests: of made-up journeys, and of recorded ones cut at their longest silence."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from stallwatch.claims.canonical import with_checksum
from stallwatch.claims.document import Claim, Evidence, claim_of
from stallwatch.claims.history import check_history, turns_checked_in
from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import Order
from stallwatch.domain.parcels import SecondOpinion
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.anomalies import anomalies
from stallwatch.rules.decision import InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.sources.cainiao import parse
from stallwatch.tracking.run_log import RunRecord
from stallwatch.tracking.schedule import PollSchedule, SlotStay
from stallwatch.tracking.source import Event, TrackingResult
from stallwatch.tracking.trace_record import TraceRecord, absorb
from tests.support.builders import NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)
WHEEL = PollSchedule(30)
LENGTHS = (30,)


@dataclass
class Case:
    """An order, what was answered about it, and how it was watched."""

    order: Order
    answers: Sequence[tuple[datetime, TrackingResult]]
    now: datetime
    runs: Sequence[RunRecord] = ()
    """Of its slot, which has one turn a day."""
    alerts: Sequence[Alert] = ()
    second_source: bool = False
    second_answers: Sequence[tuple[datetime, TrackingResult]] = ()
    second: SecondOpinion | None = None
    """What became of asking the second source."""
    sharing: Sequence[str] = ()
    """The other orders with the same number."""
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def slot(self) -> str:
        return WHEEL.slot(self.order.order_id, 24)

    def claim(self) -> Claim:
        """Its claim file, with the checksum."""
        record = TraceRecord(number=self.order.tracking_number)
        for at, answer in self.answers:
            record = absorb(record, answer, "cainiao", at)
        for at, answer in self.second_answers:
            record = absorb(record, answer, "17track", at)
        answered = [r.at for r in self.runs if r.answered] + [at for at, _ in self.answers]
        trace = replace(record, answered_at=max(answered, default=None)).open()
        trace = replace(trace, second=self.second)
        decision = evaluate(
            self.order, trace, self.alerts, InitialFindings(), self.now, self.thresholds,
            second_source=self.second_source,
        )  # fmt: skip
        stays = [SlotStay(self.slot, self.order.created_at)]
        since = self.order.number_changed_at or self.order.created_at
        evidence = Evidence(
            order=self.order,
            trace=trace,
            decision=decision,
            state=decision.state,
            history=check_history(
                self.order.order_id,
                stays,
                dict.fromkeys(turns_checked_in(stays, LENGTHS), self.runs),
                [at for at, _ in self.answers],
                since,
                self.now,
                LENGTHS,
            ),
            checked_at=max([*answered, *(r.at for r in self.runs)], default=None),
            source="cainiao",
            second_source=self.second_source,
            observations=anomalies(self.order, decision, trace, self.sharing, self.thresholds),
        )
        loaded: Claim = json.loads(with_checksum(claim_of(evidence, self.thresholds, self.now)))
        return loaded


def daily(order: Order, until: datetime, **given: Any) -> list[RunRecord]:
    """A run each day in the order's slot; `blocked` are days after its start without an answer."""
    blocked = given.get("blocked", {})
    at = WHEEL.next_turn(WHEEL.slot(order.order_id, 24), order.created_at + timedelta(hours=1))
    runs = []
    while at is not None and at <= until:
        verdict = blocked.get((at - order.created_at).days)
        runs.append(
            RunRecord(at, answered=True)
            if verdict is None
            else RunRecord(at, answered=False, verdict=verdict)
        )
        at += DAY
    return runs


def stalled(now: datetime, silent: int = 61, **given: Any) -> Case:
    """A parcel that left its country and was not seen again; some of the order as given."""
    last = now - silent * DAY - timedelta(hours=3)
    events = (
        ("GWMS_ACCEPT", 9.6, "Order received by the warehouse"),
        ("PU_PICKUP_SUCCESS", 8.2, "Received by logistics company"),
        ("SC_INBOUND_SUCCESS", 7.1, "Arrived at departure transport hub"),
        ("SC_OUTBOUND_SUCCESS", 6.8, "Left from departure transport hub"),
        ("CC_EX_START", 5.2, "Export customs clearance started"),
        ("CC_EX_SUCCESS", 4.9, "Export customs clearance complete"),
        ("LH_HO_IN_SUCCESS", 3.0, "Handed over to the line-haul carrier"),
        ("LH_DEPART", 0.0, "Departed from departure country/region"),
    )
    told = [an_event(last - before * DAY, code, text) for code, before, text in events]
    values = {
        "order_id": "8123456789012345",
        "ordered_on": (last - 11 * DAY).date(),
        "created_at": last - 10 * DAY,
        "protection_ends_on": (now + 14 * DAY).date(),
        "title": "USB-C cable, braided, 2 m",
        "seller": "Shop No. 1",
        **given,
    }
    order = an_order(**values)
    seen = [
        (
            told[n].at + timedelta(hours=2),
            an_answer(order.tracking_number or NUMBER, *told[: n + 1]),
        )
        for n in range(len(told))
    ]
    return Case(order, seen, now, daily(order, now))


def recorded(path: Path) -> tuple[Case, dict[str, Any]]:
    """A recorded journey cut at its longest silence, and the entry that it was recorded as."""
    body = path.read_bytes()
    entry: dict[str, Any] = json.loads(body)["module"][0]
    number = entry["mailNo"]
    answer = parse(body, [number]).answers[number]
    events = sorted(e for e in answer.events if not e.code.startswith("status:"))
    cut = longest_silence(events)
    before, after = events[cut], events[cut + 1]
    told = replace(answer, events=tuple(events[: cut + 1]), delivered=None)
    order = an_order(
        order_id="8000000000000001",
        tracking_number=number,
        ordered_on=(events[0].at - 2 * DAY).date(),
        created_at=before.at,
        destination="BE",
    )
    now = after.at - timedelta(hours=1)
    return Case(order, [(before.at + timedelta(hours=1), told)], now, daily(order, now)), entry


def longest_silence(events: Sequence[Event]) -> int:
    """After which event it begins."""
    gaps = [after.at - before.at for before, after in pairwise(events)]
    return gaps.index(max(gaps))
