"""Sending what is pending: none lost, none twice."""

import itertools
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.alerting.delivery import (
    FIRST_RETRY,
    GAP,
    LAST_MESSAGE,
    LONGEST_RETRY,
    LONGEST_WAIT,
    MOST_IN_ONE,
    OutboxDispatcher,
    SendReport,
)
from stallwatch.alerting.ports import Batch, Outcome
from stallwatch.alerting.quiet_hours import QuietHours
from stallwatch.domain.alerts import Alert, AlertKind, AlertRef, Notification
from stallwatch.domain.clock import LEASE_MARGIN
from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.orders import Action, ActionKind
from tests.support.builders import NOON, NUMBER, an_order
from tests.support.fake_clock import FakeClock
from tests.support.fake_notifier import FakeNotifier
from tests.support.memory_outbox import MemoryOutbox
from tests.support.memory_store import MemoryStore

SECOND = timedelta(seconds=1)


@dataclass
class Office:
    """A store with orders and pending alerts, and what sends them."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    runs: int = 0

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self.store)

    def raise_alert(
        self,
        order_id: str,
        kind: AlertKind = AlertKind.STALLED,
        *,
        about: str = "",
        after: float = 0,
    ) -> AlertRef:
        """An order, if need be, and an alert about it."""
        self.store.create(an_order(order_id))
        snapshot = self.store.open(order_id)
        assert snapshot is not None
        raised_at = NOON + timedelta(seconds=after)
        alert = Alert(kind, raised_at, about=about, number=NUMBER)
        (pending,) = self.store.keep(snapshot, snapshot.entry, [alert])
        return pending

    def say(self, order_id: str, deed: ActionKind, **given: object) -> None:
        """Have the buyer say something."""
        snapshot = self.store.open(order_id)
        assert snapshot is not None
        action = Action(deed, self.clock.now(), **given)  # type: ignore[arg-type]
        self.store.replace(snapshot, replace(snapshot.order, actions=(action,)))

    def sending(self, outbox: MemoryOutbox | None = None) -> OutboxDispatcher:
        self.runs += 1
        return OutboxDispatcher(outbox or self.outbox, self.notifier, self.clock, f"run{self.runs}")

    def send(self, *fresh: AlertRef, outcomes: tuple[Outcome, ...] = ()) -> SendReport:
        self.notifier.outcomes = deque(outcomes)
        return self.sending().send(fresh)

    @property
    def pending(self) -> list[str]:
        return sorted(p.order_id for p in self.outbox.pending())


@pytest.fixture
def office() -> Office:
    return Office()


def test_what_is_pending_goes_out_once(office: Office) -> None:
    """And is marked; a second run finds nothing."""
    office.raise_alert("a")
    assert SendReport(messages=1, alerts=1) == office.send()
    assert [["a"]] == office.notifier.order_ids
    assert [] == office.pending
    assert SendReport() == office.send()
    assert office.store.send_owner is None
    assert office.store.open_batch is None


def test_the_log_is_written_before_the_message_and_marked_before_the_alerts(office: Office) -> None:
    """So that whoever comes next after a crash knows which of the two to do."""
    office.raise_alert("a")
    office.store.journal.clear()
    office.notifier.journal = office.store.journal
    office.send()
    assert [
        "take_lease",
        "log_batch",
        "publish",
        "log_sent",
        "mark_sent",
        "release_lease",
    ] == office.store.journal


def test_a_message_goes_out_in_every_language_that_is_wanted(office: Office) -> None:
    """Once in each, under one id, and the log says after each how far it is."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.store.journal.clear()
    office.notifier.journal = office.store.journal
    office.send()
    assert [None, "de", "fr"] == office.notifier.languages
    assert 1 == len({notification.batch_id for notification in office.notifier.notifications})
    assert [
        "take_lease",
        "log_batch",
        *("publish", "log_batch", "publish", "log_batch", "publish"),
        "log_sent",
        "mark_sent",
        "release_lease",
    ] == office.store.journal


@pytest.mark.parametrize("failed", [0, 1, 2])
def test_no_language_is_told_again_after_a_failure(office: Office, failed: int) -> None:
    """The next try goes on with the one that failed, though others are wanted by then."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.send(outcomes=(*[Outcome.SENT] * failed, Outcome.UNKNOWN))
    assert ["a"] == office.pending
    office.store.languages = ("es",)
    office.clock.advance(hours=1)
    office.send()
    every = [None, "de", "fr"]
    assert [*every[: failed + 1], *every[failed:]] == office.notifier.languages
    assert [] == office.pending


def test_a_translation_that_is_refused_stops_no_other(office: Office) -> None:
    """It never goes out as it is; the rest does."""
    office.store.languages = ("de", "fr")
    office.raise_alert("a")
    office.send(outcomes=(Outcome.SENT, Outcome.REFUSED))
    assert [None, "de", "fr"] == office.notifier.languages
    assert [] == office.pending
    assert 1 == office.store.sent[AlertKind.STALLED]


def test_what_was_just_raised_goes_out_though_the_index_hides_it(office: Office) -> None:
    """The index lags; the alert itself is read consistently."""
    fresh = office.raise_alert("a")

    @dataclass
    class Lagging(MemoryOutbox):
        def pending(self) -> list[AlertRef]:
            return []

    assert 1 == office.sending(Lagging(office.store)).send([fresh]).messages


def test_what_the_index_still_shows_is_not_sent_again(office: Office) -> None:
    """The index lags the other way too."""
    shown = office.raise_alert("a")
    office.send()

    @dataclass
    class Lagging(MemoryOutbox):
        def pending(self) -> list[AlertRef]:
            return [shown]

    assert SendReport() == office.sending(Lagging(office.store)).send([shown])
    assert 1 == len(office.notifier.notifications)


def test_one_message_carries_one_kind_and_the_oldest_goes_first(office: Office) -> None:
    """Those that came due together stand in one."""
    office.raise_alert("c", AlertKind.LATE, after=2)
    office.raise_alert("b", AlertKind.STALLED, after=1)
    office.raise_alert("a", AlertKind.LATE, after=0)
    assert 2 == office.send().messages
    assert [["a", "c"], ["b"]] == office.notifier.order_ids
    assert [NOON, NOON + SECOND] == [
        notification.raised_at for notification in office.notifier.notifications
    ]


def test_a_message_names_fifty_orders_at_the_most(office: Office) -> None:
    """So that five hundred imported orders do not send five hundred mails."""
    for n in range(101):
        office.raise_alert(f"{n:03}", after=n)
    report = office.send()
    assert (3, 101) == (report.messages, report.alerts)
    assert [50, 50, 1] == [len(ids) for ids in office.notifier.order_ids]
    assert MOST_IN_ONE == 50
    assert [f"{n:03}" for n in range(101)] == [o for ids in office.notifier.order_ids for o in ids]
    assert 101 == office.store.sent[AlertKind.STALLED]


def test_between_two_messages_there_is_a_gap(office: Office) -> None:
    """Also between the last of one run and the first of the next: SNS suspends who gets too many."""  # noqa: E501
    times = []
    office.notifier.before = lambda _: times.append(office.clock.now())
    for n, kind in enumerate((AlertKind.LATE, AlertKind.STALLED, AlertKind.DELIVERED)):
        office.raise_alert(f"{n}", kind)
    office.send()
    office.raise_alert("x")
    office.send()
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert [GAP, GAP, GAP] == gaps
    assert timedelta(milliseconds=200) < GAP


def test_a_message_that_comes_late_anyway_waits_for_nothing(office: Office) -> None:
    """The gap is measured, not added."""
    office.raise_alert("a")
    office.send()
    office.clock.advance(seconds=10)
    office.raise_alert("b")
    office.send()
    assert [] == office.clock.slept


# An unknown outcome.


def test_an_unknown_outcome_keeps_the_batch_and_pauses(office: Office) -> None:
    """The very same message goes out again later: with the same id, so that it can be dropped."""
    office.raise_alert("a")
    assert 1 == office.send(outcomes=(Outcome.UNKNOWN,)).unknown
    batch = office.store.open_batch
    assert batch is not None
    assert (1, NOON + FIRST_RETRY, False) == (batch.attempts, batch.retry_at, batch.sent)
    assert office.store.send_owner is None

    office.raise_alert("b")
    assert SendReport() == office.send()
    assert 1 == len(office.notifier.notifications)

    office.clock.at = NOON + FIRST_RETRY
    assert SendReport(messages=2, alerts=2) == office.send()
    first, again, after = office.notifier.notifications
    assert first.batch_id == again.batch_id != after.batch_id
    assert [["a"], ["a"], ["b"]] == office.notifier.order_ids


def test_pauses_grow_to_an_hour(office: Office) -> None:
    """While nobody knows what becomes of a message, it is not tried more and more."""
    office.raise_alert("a")
    pauses = []
    for _ in range(8):
        office.send(outcomes=(Outcome.UNKNOWN,))
        batch = office.store.open_batch
        assert batch is not None
        assert batch.retry_at is not None
        pauses.append((batch.retry_at - office.clock.now()) // timedelta(minutes=1))
        office.clock.at = batch.retry_at
    assert [1, 2, 4, 8, 16, 32, 60, 60] == pauses
    assert LONGEST_RETRY == timedelta(hours=1)
    assert 1 == len({notification.batch_id for notification in office.notifier.notifications})


def test_not_now_waits_like_an_unknown_outcome(office: Office) -> None:
    """Too many messages, or no permission: nothing was sent, and nothing is lost."""
    office.raise_alert("a")
    report = office.send(outcomes=(Outcome.NOT_NOW,))
    assert SendReport() == report
    assert ["a"] == office.pending
    office.clock.at = NOON + FIRST_RETRY
    assert 1 == office.send().messages
    assert [] == office.pending


def test_a_batch_that_is_tried_again_leaves_out_what_no_longer_fits(office: Office) -> None:
    """Who said meanwhile that it came is not told that it is stalled."""
    office.raise_alert("a")
    office.raise_alert("b")
    office.send(outcomes=(Outcome.UNKNOWN,))
    office.say("a", ActionKind.RECEIVED)
    office.clock.at = NOON + FIRST_RETRY
    report = office.send()
    assert (1, 1, 1) == (report.messages, report.alerts, report.dropped)
    assert [["a", "b"], ["b"]] == office.notifier.order_ids


# A refusal.


def test_a_refused_batch_is_tried_one_by_one(office: Office) -> None:
    """The one that is refused by itself is set aside, and costs its neighbours nothing."""
    for order_id in ("a", "b", "c"):
        office.raise_alert(order_id)

    def refuse_b(notification: Notification) -> None:
        about = {member.order_id for member, _, _ in notification.members}
        office.notifier.outcomes.append(Outcome.REFUSED if "b" in about else Outcome.SENT)

    office.notifier.before = refuse_b
    report = office.sending().send()
    assert [["a", "b", "c"], ["a"], ["b"], ["c"]] == office.notifier.order_ids
    assert (2, 2, 2) == (report.messages, report.alerts, report.refused)
    assert [] == office.pending
    assert [("b", None)] == [
        (order_id, kept.alert.sent_at)
        for (order_id, _), kept in office.store.kept.items()
        if kept.alert.sent_at is None
    ]
    assert SendReport() == office.sending().send()


# What no longer fits.


@pytest.mark.parametrize(
    ("deed", "given"),
    [
        (ActionKind.RECEIVED, {}),
        (ActionKind.CLOSE, {}),
        (ActionKind.DISPUTE_OPENED, {}),
        (ActionKind.SELLER_CONTACTED, {}),
        (ActionKind.SNOOZE, {"until": date(2026, 7, 1)}),
    ],
)
def test_what_the_buyer_said_meanwhile_takes_an_alert_back(
    office: Office, deed: ActionKind, given: dict[str, object]
) -> None:
    """It is deleted, and nothing goes out."""
    office.raise_alert("a")
    office.say("a", deed, **given)
    assert SendReport(dropped=1) == office.send()
    assert [] == office.notifier.notifications
    assert {} == office.store.kept


def test_nothing_is_sent_about_a_forgotten_order(office: Office) -> None:
    """Nor about another one that was added with its id."""
    office.raise_alert("a")
    office.raise_alert("b")
    for order_id in ("a", "b"):
        office.store.forget(order_id)
    office.store.create(an_order("b", incarnation="1"))
    assert 2 == office.send().dropped
    assert [] == office.notifier.notifications


def test_an_alert_about_another_number_is_taken_back(office: Office) -> None:
    """The old parcel's silence is nobody's business any more."""
    office.raise_alert("a")
    snapshot = office.store.open("a")
    assert snapshot is not None
    office.store.replace(snapshot, replace(snapshot.order, tracking_number="LP2"))
    assert SendReport(dropped=1) == office.send()


def test_an_order_that_changes_while_its_alert_is_dropped_is_looked_at_again(
    office: Office,
) -> None:
    """Closed and reopened in between: the alert fits after all."""
    office.raise_alert("a")
    office.say("a", ActionKind.CLOSE)

    @dataclass
    class Racing(MemoryOutbox):
        def drop(self, member: AlertRef, read: object) -> bool:
            if office.store.shelves["a"].version == 2:
                office.say("a", ActionKind.REOPEN)
            return super().drop(member, read)  # type: ignore[arg-type]

    report = office.sending(Racing(office.store)).send()
    assert (1, 0) == (report.messages, report.dropped)


def test_alerts_about_the_source_need_no_order(office: Office) -> None:
    """They go to the stack's owner."""
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    assert 1 == office.send().messages
    (notification,) = office.notifier.notifications
    assert [None] == [order for _, _, order in notification.members]


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


@settings(max_examples=200)
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


BERLIN = QuietHours.of("22:00-07:00", "Europe/Berlin")


def quiet_sending(office: Office) -> OutboxDispatcher:
    sending = office.sending()
    sending.quiet_hours = BERLIN
    return sending


def test_a_night_holds_what_is_pending_and_tells_it_together(office: Office) -> None:
    """Nothing is dropped, and one message goes out in the morning."""
    office.clock.at = NOON.replace(hour=20, minute=30)
    office.raise_alert("a")
    assert SendReport() == quiet_sending(office).send()
    office.raise_alert("b", after=60)
    office.clock.at += timedelta(hours=8, minutes=29)
    assert SendReport() == quiet_sending(office).send()
    assert ["a", "b"] == office.pending
    office.clock.at += timedelta(minutes=1)
    assert SendReport(messages=1, alerts=2) == quiet_sending(office).send()
    assert [["a", "b"]] == office.notifier.order_ids
    assert [] == office.pending


def test_a_deadline_that_would_pass_breaks_the_quiet_alone(office: Office) -> None:
    """What else is pending waits on."""
    office.clock.at = NOON.replace(hour=21, minute=30)
    office.raise_alert("a")
    office.store.create(an_order("b", protection_ends_on=office.clock.at.date()))
    today = office.clock.at.date().isoformat()
    office.raise_alert("b", AlertKind.PROTECTION_ENDING, about=f"{today} 1", after=34_000)
    (kept,) = (k for k in office.store.kept.values() if k.alert.about)
    kept.alert.facts["protection_ends_on"] = today
    assert SendReport(messages=1, alerts=1) == quiet_sending(office).send()
    assert [["b"]] == office.notifier.order_ids
    assert ["a"] == office.pending


def test_an_open_batch_waits_for_the_morning_too(office: Office) -> None:
    """Its outcome was unknown in the evening: it goes out again with the same id."""
    office.clock.at = NOON.replace(hour=19, minute=59)
    office.raise_alert("a")
    office.send(outcomes=(Outcome.UNKNOWN,))
    office.clock.at += timedelta(hours=1)
    quiet_sending(office).send()
    assert 1 == len(office.notifier.notifications)
    office.clock.at += timedelta(hours=9)
    assert 1 == quiet_sending(office).send().messages
    assert 1 == len({n.batch_id for n in office.notifier.notifications})


def test_the_sending_waits_until_first_checks_are_over(office: Office) -> None:
    """So that many orders added at once are told together."""
    members = [office.raise_alert(f"{n}") for n in range(3)]
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(waiting=True) == grouping.send(members, {"0", "1"})
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(messages=1, alerts=3) == grouping.send(members, {"0", "1", "2"})


def test_no_alert_waits_longer_than_ten_minutes_for_first_checks(office: Office) -> None:
    """The source may be down for days."""
    office.raise_alert("a")
    office.clock.at += LONGEST_WAIT - SECOND
    for expected in (SendReport(waiting=True), SendReport(messages=1, alerts=1)):
        grouping = office.sending()
        grouping.groups = True
        assert expected == grouping.send()
        office.clock.at += SECOND


def test_what_is_about_no_order_waits_for_no_first_check(office: Office) -> None:
    """While the source is down no first check ends, and the owner must hear of it."""
    office.raise_alert("a")
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    grouping = office.sending()
    grouping.groups = True
    assert SendReport(messages=1, alerts=1, waiting=True) == grouping.send()
    assert [AlertKind.SOURCE_DOWN] == [n.kind for n in office.notifier.notifications]
    assert ["a"] == office.pending


def test_who_wants_to_send_meanwhile_is_held_up_by_no_first_check(office: Office) -> None:
    """The last first check ends while the owner's alert goes out: the holder sends the rest."""
    office.raise_alert("a")
    office.store.keep_source_alert(Alert(AlertKind.SOURCE_DOWN, NOON, about=NOON.isoformat()))
    grouping = office.sending()
    grouping.groups = True

    def meanwhile(notification: Notification) -> None:
        if notification.kind is AlertKind.SOURCE_DOWN:
            other = office.sending()
            other.groups = True
            assert SendReport(held=True) == other.send((), {"a"})

    office.notifier.before = meanwhile
    assert 2 == grouping.send().messages
    assert [] == office.pending
