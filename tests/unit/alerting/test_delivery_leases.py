"""Sending under a lease: runs that meet, die, or lose it."""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.alerting.delivery import LAST_MESSAGE, OutboxDispatcher, SendReport
from stallwatch.alerting.ports import Batch, Outcome
from stallwatch.domain.alerts import AlertKind, Notification
from stallwatch.domain.clock import LEASE_MARGIN
from stallwatch.domain.errors import UnavailableError
from tests.support.builders import NOON
from tests.support.effort import examples
from tests.support.memory_outbox import MemoryOutbox
from tests.unit.alerting.sending_office import SECOND, Office


@pytest.fixture
def office() -> Office:
    return Office()


# The lease.


def test_whoever_finds_the_lease_held_calls_and_ends(office: Office) -> None:
    """The holder looks once more before it gives the lease back."""
    office.raise_alert("a")

    def another(_: Notification) -> None:
        office.notifier.before = None
        late = office.raise_alert("b")
        other = OutboxDispatcher(office.outbox, office.notifier, office.clock, "other")
        assert SendReport(held=True) == other.send([late])

    office.notifier.before = another
    report = office.sending().send()
    assert 2 == report.messages
    assert [] == office.pending
    assert office.store.send_owner is None


def test_the_lease_outlives_its_holder(office: Office) -> None:
    """Its end is fixed when it is taken, behind the end of the function."""
    office.clock.ends = NOON + timedelta(minutes=5)
    ends = []
    office.raise_alert("a")
    office.notifier.before = lambda _: ends.append(office.store.send_ends)
    office.sending().send()
    assert [office.clock.ends + LEASE_MARGIN] == ends


def test_a_batch_that_was_sent_but_not_marked_is_only_marked(office: Office) -> None:
    """The one that sent it crashed between the two."""
    pending = office.raise_alert("a")
    batch = Batch("b-1", AlertKind.STALLED, NOON, (pending,), sent=True)
    office.store.open_batch = batch
    assert SendReport() == office.send()
    assert [] == office.notifier.notifications
    assert [] == office.pending


def test_a_batch_that_was_logged_but_not_marked_goes_out_again(office: Office) -> None:
    """With the same id: it may have gone out or not."""
    pending = office.raise_alert("a")
    office.raise_alert("b")
    office.store.open_batch = Batch("b-1", AlertKind.STALLED, NOON, (pending,))
    assert 2 == office.send().messages
    assert ["b-1", "run1-1"] == [
        notification.batch_id for notification in office.notifier.notifications
    ]
    assert [["a"], ["b"]] == office.notifier.order_ids


def test_whoever_has_lost_the_lease_sends_nothing_more(office: Office) -> None:
    """Neither a second batch nor its alerts' marks."""
    office.raise_alert("a", AlertKind.LATE)
    office.raise_alert("b", AlertKind.STALLED)

    def lose(_: Notification) -> None:
        office.store.send_owner = "thief"

    office.notifier.before = lose
    office.sending().send()
    assert 1 == len(office.notifier.notifications)
    assert ["a", "b"] == office.pending
    assert "thief" == office.store.send_owner


def test_a_store_that_fails_leaves_the_batch_to_the_next_run(office: Office) -> None:
    """The lease is given back with what was logged, and the error is told."""
    office.raise_alert("a")

    @dataclass
    class Failing(MemoryOutbox):
        def log_sent(self, *_: object) -> bool:
            raise UnavailableError

    with pytest.raises(UnavailableError):
        office.sending(Failing(office.store)).send()
    assert office.store.send_owner is None
    assert office.store.open_batch is not None
    assert 1 == office.send().messages
    first, again = office.notifier.notifications
    assert first.batch_id == again.batch_id


def test_marking_a_batch_as_sent_is_insisted_on(office: Office) -> None:
    """If this write is lost, the message goes out twice."""
    office.raise_alert("a")
    failures = [UnavailableError(), UnavailableError(), UnavailableError()]

    @dataclass
    class Flaky(MemoryOutbox):
        def log_sent(self, *given: object) -> bool:
            if failures:
                raise failures.pop()
            return super().log_sent(*given)  # type: ignore[arg-type]

    assert 1 == office.sending(Flaky(office.store)).send().messages
    assert [] == office.pending


def test_a_run_without_time_leaves_the_rest_to_the_next(office: Office) -> None:
    """What it began it ends, and the lease is free."""
    for n, kind in enumerate((AlertKind.LATE, AlertKind.STALLED, AlertKind.DELIVERED)):
        office.raise_alert(f"{n}", kind)
    office.clock.ends = NOON + LAST_MESSAGE + SECOND
    office.notifier.before = lambda _: office.clock.advance(seconds=1)
    assert 1 == office.sending().send().messages
    assert office.store.send_owner is None
    assert ["1", "2"] == office.pending
    office.clock.ends = None
    assert 2 == office.sending().send().messages


class Crash(Exception):  # noqa: N818
    """The function ends here."""


@dataclass
class Brittle(MemoryOutbox):
    """An outbox that crashes at its n-th write, after or before it."""

    left: int = 1000
    after: bool = False

    def _count(self) -> bool:
        self.left -= 1
        return self.left == 0

    def _through(self, name: str, *given: object, **named: object) -> object:
        crashes = self._count()
        if crashes and not self.after:
            raise Crash
        done: object = getattr(super(), name)(*given, **named)
        if crashes:
            raise Crash
        return done

    def take_lease(self, *given: object) -> None:
        return self._through("take_lease", *given)  # type: ignore[return-value]

    def log_batch(self, *given: object) -> bool:
        return bool(self._through("log_batch", *given))

    def log_sent(self, *given: object) -> bool:
        return bool(self._through("log_sent", *given))

    def mark_sent(self, *given: object) -> None:
        self._through("mark_sent", *given)

    def release_lease(self, *given: object, **named: object) -> None:
        return self._through("release_lease", *given, **named)  # type: ignore[return-value]


@settings(max_examples=examples(50))
@given(
    st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=4),
    st.lists(st.sampled_from(Outcome), max_size=5),
    st.lists(st.sampled_from([AlertKind.LATE, AlertKind.STALLED]), min_size=1, max_size=4),
)
def test_whatever_crashes_nothing_is_lost_and_nothing_doubled(
    crashes: list[tuple[int, bool]], outcomes: list[Outcome], kinds: list[AlertKind]
) -> None:
    """However often a run dies: what goes out twice does so under the same id, or was unknown."""
    office = Office()
    for n, kind in enumerate(kinds):
        office.raise_alert(f"{n}", kind)
    office.notifier.outcomes = deque(outcomes)
    for at, after in crashes:
        office.runs += 1
        brittle = Brittle(office.store, left=at, after=after)
        try:
            OutboxDispatcher(brittle, office.notifier, office.clock, f"run{office.runs}").send()
        except Crash:
            # Its lease runs out.
            office.clock.at = max(office.clock.at, office.store.send_ends + SECOND)
        office.clock.advance(hours=1)
    office.notifier.outcomes.clear()
    for _ in range(3):
        office.sending().send()
        office.clock.advance(hours=1)

    assert [] == office.pending
    assert office.store.open_batch is None
    sent_under: dict[str, set[str]] = {}
    for notification in office.notifier.notifications:
        for member, _, _ in notification.members:
            sent_under.setdefault(member.order_id, set()).add(notification.batch_id)
    assert {str(n) for n in range(len(kinds))} == set(sent_under)
    if Outcome.REFUSED not in outcomes:
        assert {1} == {len(ids) for ids in sent_under.values()}
