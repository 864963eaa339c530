"""What a run writes: news once, nothing where nothing is new, and one order's failure alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.errors import UnavailableError
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.source import Verdict
from tests.support.base_rig import DAY, MINUTE
from tests.support.builders import NOON
from tests.support.logs import logged
from tests.support.memory_store import MemoryStore
from tests.support.poll_rig import HOUSEKEEPING, Rig, neighbours, number_of

# What is written.


def test_a_run_with_nothing_due_writes_nothing(rig: Rig) -> None:
    """Not even its lease."""
    rig.add_settled("a")
    rig.live(DAY)
    rig.check()
    rig.store.journal.clear()
    rig.clock.advance(minutes=5)
    assert RunReport() == rig.check()
    assert [] == rig.store.journal


def test_a_check_without_news_writes_nothing_to_its_order(rig: Rig) -> None:
    """The run keeps its own record, and the order's last answer follows from it."""
    ids = neighbours(4)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])
    report = rig.check()
    assert (4, 4, 0) == (report.due, report.checked, report.changed)
    assert set(rig.store.journal) <= HOUSEKEEPING
    assert [] == rig.store.stream
    assert rig.clock.now() - rig.answered_at(ids[0]) <= MINUTE  # type: ignore[operator]


def test_news_are_written_once(rig: Rig) -> None:
    """Blindly where they only add, and not again while the evaluation has seen them."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.source.answers[number_of(order_id)] = rig.departed(number_of(order_id), "LH_ARRIVE")
    rig.to_turn_of(order_id)
    assert 1 == rig.check().changed
    assert 1 == rig.store.journal.count("add_answer")
    rig.pump()
    rig.forget_the_past()
    rig.to_turn_of(order_id)
    assert (1, 0) == (rig.check().checked, rig.store.journal.count("add_answer"))


def test_a_wake_up_that_got_lost_heals_by_itself(rig: Rig) -> None:
    """While the evaluation has not seen the news, each turn writes them again."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.source.answers[number_of(order_id)] = rig.departed(number_of(order_id), "GTMS_STA_SIGNED")
    rig.to_turn_of(order_id)
    rig.check()
    rig.store.stream.clear()
    rig.to_turn_of(order_id)
    rig.check()
    assert order_id in rig.store.stream
    assert [AlertKind.ACTION_NEEDED] == rig.pump()


def test_an_evaluation_that_asked_to_look_again_is_woken(rig: Rig) -> None:
    """Once its instant has passed: with an answer that says nothing new."""
    (order_id,) = neighbours(1)
    rig.add_settled(order_id)
    rig.live(12 * DAY)
    assert "24h" == (rig.slot(order_id) or "")[:3]
    assert [AlertKind.STALLED] == rig.live(25 * DAY)


def test_the_calendar_wakes_the_evaluation_while_the_circuit_is_open(rig: Rig) -> None:
    """The deadline never waits for the source."""
    ends_on = NOON.date() + timedelta(days=8)
    (order_id,) = neighbours(1)
    rig.add_settled(order_id, protection_ends_on=ends_on)
    rig.store.healths["cainiao"] = CircuitBreaker(Verdict.BLOCKED, open_until=NOON + 100 * DAY)
    kinds = rig.live(9 * DAY)
    assert [] == rig.source.asked
    assert 2 == kinds.count(AlertKind.PROTECTION_ENDING)
    assert 1 == kinds.count(AlertKind.SOURCE_DOWN)


@dataclass
class Choosy(MemoryStore):
    """A store that takes no writes about some orders."""

    refused: set[str] = field(default_factory=set)

    def refuse(self, order_id: str) -> None:
        if order_id in self.refused:
            raise UnavailableError("the item is too large")

    def add_answer(self, row: Any, *rest: Any) -> bool:
        self.refuse(row.order_id)
        return super().add_answer(row, *rest)

    def merge_answer(self, row: Any, *rest: Any) -> bool:
        self.refuse(row.order_id)
        return super().merge_answer(row, *rest)

    def touch_unanswered(self, row: Any, *rest: Any, **more: Any) -> None:
        self.refuse(row.order_id)
        super().touch_unanswered(row, *rest, **more)


def test_one_order_s_failed_write_costs_that_order_s_turn_alone(
    rig: Rig,
) -> None:
    """It is logged and counted, the run goes on, and its next turn tries again."""
    store = rig.store = Choosy(refused={"b"})
    rig.add("a", "b", "c")
    with logged("stallwatch.polling.answers") as records:
        report = rig.check()
    # Its answer and the note that there is none on record.
    assert (3, 2, 2, 1, 2) == (
        report.due,
        report.checked,
        report.changed,
        report.unanswered,
        report.unsaved,
    )
    assert "unsaved" not in report.as_dict()
    assert {"b"} == {r.order_id for r in records if r.msg == "not saved"}  # type: ignore[attr-defined]
    rig.pump()
    assert rig.answered_at("a") is not None
    assert rig.answered_at("c") is not None
    assert rig.answered_at("b") is None
    store.refused.clear()
    rig.check()
    rig.pump()
    assert rig.answered_at("b") is not None


def test_an_order_whose_writes_fail_for_long_is_told_as_unanswered(rig: Rig) -> None:
    """Nothing is known of it, whatever the source says."""
    ids = neighbours(3)
    store = rig.store = Choosy()
    rig.add_settled(*ids)
    number = number_of(ids[0])
    rig.source.answers[number] = rig.departed(number, "LH_ARRIVE")

    def refuse(row: Any, *_: Any) -> bool:
        raise UnavailableError(row.order_id)

    store.merge_answer = store.add_answer = refuse  # type: ignore[method-assign]
    assert AlertKind.UNANSWERED not in rig.live(9 * DAY)
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)
