"""A number without an answer: since when, and when that is told."""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import AlertKind
from stallwatch.polling.state import Pace
from stallwatch.tracking.schedule import PollSchedule
from stallwatch.tracking.source import SourceResponse, TrackingResult, Verdict
from tests.support.base_rig import DAY, HOUR, SECOND
from tests.support.builders import NOON, an_answer
from tests.support.effort import examples
from tests.support.fake_clock import FakeClock
from tests.support.fake_source import FakeSource
from tests.support.poll_rig import Rig, in_slot, neighbours, number_of

# A number without an answer.


def test_a_number_without_an_answer_for_ten_days_is_told_once(rig: Rig) -> None:
    """While the source answers others; once for each spell."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    assert [] == rig.live(10 * DAY)
    assert [AlertKind.UNANSWERED] == rig.live(2 * DAY)
    assert [] == rig.live(8 * DAY)
    rig.source.mute = set()
    rig.live(2 * DAY)
    assert rig.clock.now() - (rig.answered_at(ids[0]) or NOON) < 25 * HOUR
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(9 * DAY)
    assert [AlertKind.UNANSWERED] == [k for k in rig.live(3 * DAY) if k is AlertKind.UNANSWERED]


def test_a_number_that_never_got_an_answer_is_told_of_too(rig: Rig) -> None:
    """From its first day on; meanwhile the last try is shown."""
    rig.add("a", "b")
    rig.source.mute = {number_of("a")}
    assert [] == rig.live(10 * DAY)
    seen = rig.seen("a")
    assert seen.decision.answered_at is None
    assert rig.clock.now() - seen.checked_at < 25 * HOUR
    assert [AlertKind.UNANSWERED] == [k for k in rig.live(2 * DAY) if k is AlertKind.UNANSWERED]


def test_a_silence_goes_on_in_another_slot(rig: Rig) -> None:
    """The calendar may move an order while its number gets no answer."""
    ids = neighbours(3)
    rig.add_settled(ids[0], protection_ends_on=NOON.date() + timedelta(days=14))
    rig.add_settled(*ids[1:])
    before = rig.slot(ids[0])
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(9 * DAY)
    assert before != rig.slot(ids[0])
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_silence_goes_on_whatever_the_buyer_does(rig: Rig) -> None:
    """A change has the order looked at anew, and must not begin the days anew."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(3 * DAY)
    rig.order_service.change(ids[0], {"title": "another"}, rig.clock.now())
    assert AlertKind.UNANSWERED not in rig.live(6 * DAY)
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_ten_days_without_an_answer_begin_with_the_first_look(rig: Rig) -> None:
    """Not with the first turn of the slot that a new order comes into after it.

    In whole minutes, as the ledger keeps it: it is by their beginning that spells are told apart.
    """
    rig.clock.at += 17 * SECOND
    rig.add("a", "b")
    rig.source.mute = {number_of("a")}
    rig.check()
    rig.pump()
    assert NOON == rig.store.shelves["a"].record.silent_since


def test_a_silence_that_was_written_down_ends_with_any_answer(rig: Rig) -> None:
    """Also with one that says nothing new, which else is not written."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.order_service.change(ids[0], {"title": "another"}, rig.clock.now())
    rig.source.mute = {number_of(ids[0])}
    rig.check()
    rig.pump()
    assert rig.store.shelves[ids[0]].record.silent_since is not None
    rig.source.mute = set()
    rig.live(DAY)
    assert rig.store.shelves[ids[0]].record.silent_since is None


def test_other_turns_of_the_wheel_end_no_silence(rig: Rig) -> None:
    """A turn that bears the same name may have served less when turns were shorter."""
    ids = [name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] == "30"][:2]
    rig.schedule = PollSchedule(15)
    ids += [name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] in "00"][:20]
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.schedule = PollSchedule(60)
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_silence_goes_on_whatever_the_lengths_of_the_turns(rig: Rig) -> None:
    """It is found in the record of the turn that served the order, not in its namesake's."""
    ids = [*in_slot("24h0430", 1), *in_slot("24h0400", 1), *in_slot("24h0500", 1)]
    rig.source.answers = {number_of(name): an_answer(number_of(name)) for name in ids}
    rig.add_settled(*ids)
    rig.live(DAY)
    rig.schedule = PollSchedule(60)
    rig.live(DAY)
    answered_at = rig.answered_at(ids[0])
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.schedule = PollSchedule(5)
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert answered_at == rig.answered_at(ids[0])
    assert AlertKind.UNANSWERED in rig.live(2 * DAY)


def test_a_longer_turn_begins_anew_what_a_shorter_one_left() -> None:
    """What the shorter one did not come to is not all that the longer one is to serve."""
    rig = Rig(pace=Pace(batch=1, per_minute=6000), schedule=PollSchedule(5))
    ids = in_slot("12h0400", 2, rig.schedule)
    (later,) = in_slot("03h0130", 1, rig.schedule)
    rig.add_settled(*ids)
    rig.add_settled(later, protection_ends_on=NOON.date() + timedelta(days=5))
    rig.to_turn_of(ids[0])
    rig.source.takes, rig.seconds = SECOND, 1
    assert 1 == rig.check().left_over
    rig.schedule, rig.seconds = PollSchedule(60), None
    rig.check()
    assert {number_of(name) for name in (*ids, later)} == set(rig.source.numbers_asked)


def test_a_longer_turn_leaves_no_order_out(rig: Rig) -> None:
    """Where turns are made longer in the middle of one, the rest of it is still served."""
    (order_id,) = [
        name for n in range(500) if rig.schedule.slot(name := f"{n:04}", 12)[-2:] == "30"
    ][:1]
    rig.add_settled(order_id)
    rig.to_turn_of(order_id)
    rig.clock.at -= timedelta(minutes=25)
    rig.check()
    rig.schedule = PollSchedule(60)
    rig.clock.at += timedelta(minutes=15)
    rig.check()
    assert [[number_of(order_id)]] == rig.source.asked


def test_an_answer_has_its_own_instant(rig: Rig) -> None:
    """Not that of the end of its turn, when the others were asked about too."""
    ids = ["a", "b", "c"]
    rig.add_settled(*ids)
    rig.pace = Pace(batch=1, per_minute=6)
    rig.check(*ids)
    answered_at = [rig.store.shelves[order_id].record.answered_at for order_id in ids]
    assert rig.source.asked_at == answered_at


def test_an_answer_is_remembered_whatever_the_buyer_does(rig: Rig) -> None:
    """What the ledger knew of the looks at an order does not go with its slot."""
    rig.add_settled("a")
    rig.live(2 * DAY)
    before = rig.answered_at("a")
    assert before is not None
    assert before > NOON + DAY
    rig.order_service.change("a", {"title": "another"}, rig.clock.now())
    assert before == rig.answered_at("a")
    rig.pump()
    assert before == rig.answered_at("a")


def test_each_number_is_told_of_though_its_turn_is_its_own(rig: Rig) -> None:
    """It is enough that the source answers others at other times of the day."""
    ids = ["00", "01", "03"]
    rig.add_settled(*ids)
    assert 3 == len({rig.slot(order_id) for order_id in ids})
    rig.source.mute = {number_of("00"), number_of("01")}
    assert 2 == rig.live(12 * DAY).count(AlertKind.UNANSWERED)


def test_where_nobody_is_answered_the_source_is_down(rig: Rig) -> None:
    """And no single number is to blame."""
    rig.add_settled("a")
    rig.source.mute = {number_of("a")}
    assert [AlertKind.SOURCE_DOWN] == rig.live(15 * DAY)


def test_outages_are_no_asking(rig: Rig) -> None:
    """Days on which nobody got an answer do not count towards the ten, nor do they end a spell."""
    ids = neighbours(3)
    rig.add_settled(*ids)
    rig.source.mute = {number_of(ids[0])}
    rig.live(5 * DAY)
    rig.source.verdicts = deque([Verdict.BLOCKED] * 1000)
    rig.live(4 * DAY)
    rig.source.verdicts.clear()
    assert AlertKind.UNANSWERED not in rig.live(4 * DAY)
    assert AlertKind.UNANSWERED in rig.live(3 * DAY)


def test_a_silence_that_was_ended_is_not_counted_on(rig: Rig) -> None:
    """Though its end was no news, and so was not written to the order."""
    ends_on = NOON.date() + timedelta(days=7)
    ids = neighbours(3)
    rig.add_settled(ids[0], protection_ends_on=ends_on)
    rig.add_settled(*ids[1:])
    rig.source.mute = {number_of(ids[0])}
    rig.live(2 * DAY)
    rig.source.mute = set()
    rig.live(9 * DAY)
    rig.source.mute = {number_of(ids[0])}
    assert AlertKind.UNANSWERED not in rig.live(8 * DAY)
    assert AlertKind.UNANSWERED in rig.live(4 * DAY)


def test_answers_about_another_number_show_that_the_source_is_up(rig: Rig) -> None:
    """The one watched order is unanswered after its days, and the source never down for it."""
    rig.add_settled("a")
    rig.source.mute = {number_of("a")}
    rig.source.tells_of_others = True
    assert [AlertKind.UNANSWERED] == rig.live(15 * DAY)
    assert not rig.store.health("cainiao").down_since


class Told(FakeSource):
    """A source that remembers when it last gave an answer about each number."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.last: dict[str, datetime] = {}

    def ask(self, numbers: Any) -> SourceResponse:
        reply = super().ask(numbers)
        for number in reply.answers:
            self.last[number] = self.clock.now()
        return reply


weathers = st.lists(
    st.tuples(
        st.sampled_from(["fine", "fine", "blocked", "failing", "mute", "poison", "short", "flaky"]),
        st.sets(st.integers(0, 11), min_size=1, max_size=4),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=8,
)
"""What the source is like, towards whom, and for how many hours."""


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(weathers, st.sets(st.integers(0, 11), max_size=3))
def test_no_answer_is_ever_taken_for_one(
    weather: list[tuple[str, set[int], int]], placeholders: set[int]
) -> None:
    """Whatever the source does, an order's last answer is never newer than it was.

    And once the source behaves again, every order has a fresh one within its cadence.
    """
    rig = Rig(pace=Pace(batch=3, per_minute=60))
    truth = Told(rig.clock)
    rig.source = truth
    ids = [f"{n:02}" for n in range(12)]
    rig.add(*ids)
    numbers = {order_id: f"LP{order_id:0>14}" for order_id in ids}
    for n in placeholders:
        real = f"CNG{n:014}"
        truth.answers[numbers[ids[n]]] = TrackingResult(numbers[ids[n]], known=True, points_to=real)
        truth.answers[real] = rig.departed(real)
        numbers[ids[n]] = real

    def check_honesty() -> None:
        for order_id in ids:
            shown = rig.answered_at(order_id)
            last = truth.last.get(numbers[order_id])
            assert shown is None or (last is not None and shown <= last), order_id

    for kind, whom, hours in weather:
        chosen = {numbers[ids[n]] for n in whom}
        truth.verdicts.clear()
        truth.mute, truth.poison = set(), set()
        rig.seconds, truth.takes = None, timedelta(0)
        if kind in {"blocked", "failing"}:
            truth.verdicts = deque([Verdict(kind)] * 1000)
        elif kind == "flaky":
            pattern = [Verdict.FAILING, Verdict.OK, Verdict.OK, Verdict.FAILING, Verdict.OK]
            truth.verdicts = deque(pattern * 200)
        elif kind == "mute":
            truth.mute = chosen
        elif kind == "poison":
            truth.poison = chosen
        elif kind == "short":
            truth.poison = chosen
            rig.seconds, truth.takes = len(whom), SECOND
        for _ in range(hours):
            began = rig.clock.now()
            rig.check()
            check_honesty()
            rig.pump()
            check_honesty()
            rig.clock.at = began + HOUR
    truth.verdicts.clear()
    truth.mute, truth.poison = set(), set()
    rig.seconds, truth.takes = None, timedelta(0)
    rig.live(3 * DAY, tick=HOUR)
    for order_id in ids:
        assert rig.clock.now() - (rig.answered_at(order_id) or NOON) <= 25 * HOUR


def test_who_has_it_looked_at_without_an_answer_tells_the_last_one(rig: Rig) -> None:
    """To the second, as the page reads it: a claim stands for a day after it.

    The answers before brought nothing new, so that the trace has not been told of them, and the
    rows of the turns know only their minutes.
    """
    rig.clock.at += 17 * SECOND
    rig.add_settled("a", protection_ends_on=NOON.date() + timedelta(days=15))
    rig.live(9 * DAY + 11 * HOUR)
    kept = rig.store.progress_kept
    turns = {
        name: replace(row, answered_at=row.answered_at and row.answered_at.replace(second=0))
        for name, row in kept.turns.items()
    }
    rig.store.progress_kept = replace(kept, turns=turns)
    rig.source.mute = {number_of("a")}
    assert AlertKind.PROTECTION_ENDING in rig.live(4 * HOUR)
    known = rig.store.shelves["a"].record.answered_at
    assert known is not None
    assert (17, rig.answered_at("a")) == (known.second, known)
