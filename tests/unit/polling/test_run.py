"""The lease of a run, whoever calls meanwhile, and what a run wakes."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.clock import LEASE_MARGIN
from stallwatch.domain.errors import UnavailableError
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.run import CHECK_AGAIN_AFTER, STUCK_AFTER, WAIT_FOR_LEASE
from stallwatch.polling.state import Pace
from stallwatch.polling.tally import RunReport
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.source import SourceResponse, Verdict
from tests.support.base_rig import DAY, HOUR, MINUTE, SECOND
from tests.support.builders import NOON
from tests.support.fake_source import FakeSource
from tests.support.memory_store import MemoryStore
from tests.support.poll_rig import Rig, neighbours, number_of

# The lease.


def test_overlapping_runs_are_kept_apart(rig: Rig) -> None:
    """Whoever finds the lease held just ends."""
    rig.add("a")
    rig.store.take_lease("other", NOON + HOUR, NOON)
    assert RunReport() == rig.check()
    assert [] == rig.source.asked
    assert "other" == rig.store.pull_owner


def test_the_lease_outlives_its_holder(rig: Rig) -> None:
    """By half a minute, or two requests' time where they are slower."""
    for per_minute, margin in ((60, LEASE_MARGIN), (1, 2 * MINUTE)):
        rig.pace = Pace(batch=1, per_minute=per_minute)
        rig.seconds = 100
        rig.add(f"{per_minute}")
        began = rig.clock.now()
        rig.check()
        assert began + 100 * SECOND + LAST_REQUEST + margin == rig.store.pull_ends


def test_whoever_calls_meanwhile_is_served_before_the_lease_is_given_back(rig: Rig) -> None:
    """After two seconds, for the index lags."""
    rig.add("a")

    class Calling(FakeSource):
        def ask(self, numbers: Any) -> SourceResponse:
            if not self.asked:
                rig.add("b")
                assert not rig.store.call_for_check(rig.clock.now())
            return super().ask(numbers)

    answers = rig.source.answers
    rig.source = Calling(rig.clock, answers=answers)
    report = rig.check()
    assert [[number_of("a")], [number_of("b")]] == rig.source.asked
    assert CHECK_AGAIN_AFTER in rig.clock.slept
    assert 2 == report.changed
    assert rig.store.pull_owner is None
    assert rig.store.wanted == rig.store.served == 1


def test_a_check_of_some_orders_serves_whoever_had_called_before(rig: Rig) -> None:
    """Their own run found the lease held, and ended."""
    rig.add_settled("a")
    rig.add("b")
    rig.store.call_for_check(rig.clock.now())
    rig.check("a")
    assert [[number_of("a")], [number_of("b")]] == rig.source.asked
    assert rig.store.wanted == rig.store.served


def test_some_orders_are_checked_now_whatever_their_slots(rig: Rig) -> None:
    """And evaluated, though nothing is new; those that are not watched are left out."""
    rig.add_settled("a", "b", "c")
    rig.clock.advance(hours=1)
    report = rig.check("a", "b", "a", "no such order")
    assert RunReport(due=2, checked=2) == report
    assert ["a", "b"] == rig.store.stream
    assert rig.clock.now() == rig.answered_at("a")
    assert rig.clock.now() > rig.answered_at("c")  # type: ignore[operator]


def test_a_check_of_some_orders_waits_a_minute_for_another_run(rig: Rig) -> None:
    """Then it says that all of it is left over."""
    rig.add("a")
    rig.store.take_lease("other", NOON + HOUR, NOON)
    report = rig.check("a", "b")
    assert (2, 2, 0) == (report.due, report.left_over, report.checked)
    assert WAIT_FOR_LEASE <= rig.clock.now() - NOON <= WAIT_FOR_LEASE + CHECK_AGAIN_AFTER
    rig.store.take_lease("other", rig.clock.now() + 10 * SECOND, rig.clock.now())
    assert 1 == rig.check("a").checked


@dataclass
class Failing(MemoryStore):
    """A store that fails at a run's end."""

    def release_lease(self, *_: object) -> int | None:
        raise UnavailableError


def test_the_pace_is_kept_after_a_run_that_the_store_failed(rig: Rig) -> None:
    """The lease is free at once, and says when the last request was sent."""
    rig.store = Failing()
    rig.add("a")
    for _ in range(2):
        with pytest.raises(UnavailableError):
            rig.check()
    first, second = rig.source.asked_at
    assert second - first >= SECOND


def test_a_store_that_fails_gives_the_lease_back(rig: Rig) -> None:
    """The next run need not wait for its end."""
    rig.store = Failing()
    rig.add("a")
    for order_ids in ((), ("a",)):
        with pytest.raises(UnavailableError):
            rig.check(*order_ids)
        assert rig.store.pull_owner is None


def test_a_run_that_has_lost_its_lease_keeps_nothing(rig: Rig) -> None:
    """The progress is its successor's."""
    ids = neighbours(2)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])

    class Stolen(FakeSource):
        def ask(self, numbers: Any) -> SourceResponse:
            rig.store.pull_owner = "thief"
            return super().ask(numbers)

    rig.source = Stolen(rig.clock, answers=rig.source.answers)
    rig.check()
    done_until = rig.store.progress_kept.done_until
    assert done_until is None or done_until <= rig.schedule.turn_at(rig.clock.now()).start
    assert "thief" == rig.store.pull_owner


# What sleeps.


@pytest.mark.parametrize(("pending_for", "wakes"), [(STUCK_AFTER, True), (MINUTE, False)])
def test_what_is_pending_for_long_is_woken(
    rig: Rig, pending_for: timedelta, *, wakes: bool
) -> None:
    """Also with the circuit open, and with nothing due."""
    rig.store.healths["cainiao"] = CircuitBreaker(Verdict.BLOCKED, open_until=NOON + DAY)
    rig.check()
    rig.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON - pending_for, about=str(NOON)))
    rig.store.journal.clear()
    rig.check()
    assert (["wake_sending"] if wakes else []) == rig.store.journal


def test_the_evaluation_is_woken_every_day(rig: Rig) -> None:
    """Also where nothing is watched: two wake-ups lie less than a day apart, and one is enough."""
    woken_at: list[datetime] = []
    while rig.clock.now() < NOON + 4 * DAY:
        rig.check()
        if "wake_sending" in rig.store.journal:
            woken_at.append(rig.clock.now())
        rig.store.journal.clear()
        rig.clock.sleep(15 * MINUTE)
    apart = [later - earlier for earlier, later in pairwise(woken_at)]
    assert all(DAY / 2 < gap < DAY for gap in apart), apart
    assert NOON + 3 * DAY < woken_at[-1]


def test_an_outage_of_a_day_is_told(rig: Rig) -> None:
    """And its end, once each, though no order changes."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.verdicts = deque([Verdict.BLOCKED] * 100)
    kinds = rig.live(3 * DAY)
    assert [AlertKind.SOURCE_DOWN] == kinds
    rig.source.verdicts.clear()
    assert [AlertKind.SOURCE_UP] == rig.live(3 * DAY)


def test_nothing_due_is_no_outage(rig: Rig) -> None:
    """A stack without orders is never down."""
    assert [] == rig.live(3 * DAY)
    assert {} == rig.store.healths
