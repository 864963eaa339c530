"""The buyer's words: which make sense when, and what they change."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.actions import MOST_ACTIONS, act, change, take_back
from stallwatch.domain.errors import MissingError, SenselessError
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, SearchPlace, State
from tests.support.builders import NOON, an_order

OPEN = (State.WATCHING, State.DELIVERED)
OUTCOMES = (ActionKind.RECEIVED, ActionKind.REFUNDED, ActionKind.LOST)


def say(deed: ActionKind, **given: object) -> Action:
    if deed is ActionKind.SNOOZE:
        given.setdefault("until", date(2026, 7, 1))
    return Action(kind=deed, at=NOON, **given)  # type: ignore[arg-type]


def looked(*spots: SearchPlace, on: date = date(2026, 6, 1)) -> Action:
    return say(ActionKind.NOT_FOUND_HERE, answers=tuple((spot, on) for spot in spots))


def having(*deeds: ActionKind) -> Order:
    return an_order(actions=tuple(say(deed) for deed in deeds))


def answer(order: Order, action: Action, state: State) -> int:
    """As the API answers: 200 for what makes sense, 409 for what does not."""
    try:
        act(order, action, state)
    except SenselessError as error:
        assert str(error).isprintable()  # noqa: PT017
        assert str(error).endswith(".")  # noqa: PT017
        return 409
    return 200


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("deed", [deed for deed in ActionKind if deed is not ActionKind.REOPEN])
def test_an_open_order_takes_any_word(deed: ActionKind, state: State) -> None:
    """There is nothing yet to take back, and all else may be so."""
    order = act(an_order(), say(deed), state)
    assert (say(deed),) == order.actions


@pytest.mark.parametrize("deed", list(ActionKind))
@pytest.mark.parametrize("ended_by", [*sorted(ENDING_ACTIONS), None])
def test_a_closed_order_takes_outcomes_and_what_opens_it(
    deed: ActionKind, ended_by: ActionKind | None
) -> None:
    """By the buyer's word it can be reopened; where time has ended the watch it cannot."""
    order = having(*([ended_by] if ended_by else []))
    makes_sense = (
        deed in OUTCOMES or deed is ended_by or (deed is ActionKind.REOPEN and ended_by is not None)
    )
    assert (200 if makes_sense else 409) == answer(order, say(deed), State.CLOSED)


def test_what_time_has_ended_stays_ended_whatever_was_said_before() -> None:
    """A snooze is no end, so taking it back opens nothing."""
    assert 409 == answer(having(ActionKind.SNOOZE), say(ActionKind.REOPEN), State.CLOSED)


@pytest.mark.parametrize("deed", list(ActionKind))
@pytest.mark.parametrize("state", list(State))
def test_the_same_again_changes_nothing(deed: ActionKind, state: State) -> None:
    """A request that is sent again because its answer got lost is answered like the first."""
    before = having(ActionKind.RECEIVED) if deed is ActionKind.REOPEN else an_order()
    once = replace(before, actions=(*before.actions, say(deed)))
    assert once is act(once, replace(say(deed), at=NOON + timedelta(minutes=1)), state)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (say(ActionKind.REFUNDED), say(ActionKind.REFUNDED, amount=Decimal("1.50"))),
        (say(ActionKind.RECEIVED), say(ActionKind.RECEIVED, on=date(2026, 6, 1))),
        (say(ActionKind.SNOOZE), say(ActionKind.SNOOZE, until=date(2026, 7, 2))),
        (
            say(ActionKind.SELLER_CONTACTED, episode="0"),
            say(ActionKind.SELLER_CONTACTED, episode="scan x"),
        ),
        (say(ActionKind.RECEIVED), say(ActionKind.LOST)),
        (looked(SearchPlace.LOCKER), looked(SearchPlace.DOORSTEP)),
        (looked(SearchPlace.LOCKER), looked(SearchPlace.LOCKER, SearchPlace.DOORSTEP)),
        (looked(SearchPlace.LOCKER), looked(SearchPlace.LOCKER, on=date(2026, 6, 2))),
    ],
)
def test_the_same_word_with_another_content_is_another(first: Action, second: Action) -> None:
    """Another day, amount or end, and the seller asked once more in the next episode."""
    order = act(an_order(), first, State.WATCHING)
    state = State.CLOSED if first.kind in ENDING_ACTIONS else State.WATCHING
    assert (first, second) == act(order, second, state).actions


def test_the_same_outcome_after_another_one_is_said_anew() -> None:
    """Received, no: lost, no: received after all."""
    order = an_order()
    for deed in (ActionKind.RECEIVED, ActionKind.LOST, ActionKind.RECEIVED):
        order = act(order, say(deed), State.CLOSED)
    assert 3 == len(order.actions)


def test_a_dispute_is_the_same_in_every_episode() -> None:
    """Only asking the seller goes by episodes."""
    order = act(an_order(), say(ActionKind.DISPUTE_OPENED, episode="0"), State.WATCHING)
    assert order is act(order, say(ActionKind.DISPUTE_OPENED, episode="scan x"), State.WATCHING)


def test_what_was_looked_at_adds_up() -> None:
    """Each place with its last day; what was said before says nothing new."""
    order = an_order()
    for word in (
        looked(SearchPlace.LOCKER, SearchPlace.DOORSTEP),
        looked(SearchPlace.NEIGHBOUR, SearchPlace.LOCKER, on=date(2026, 6, 2)),
    ):
        order = act(order, word, State.WATCHING)
    first, second = date(2026, 6, 1), date(2026, 6, 2)
    assert {
        SearchPlace.NEIGHBOUR: second,
        SearchPlace.LOCKER: second,
        SearchPlace.DOORSTEP: first,
    } == order.searched()
    assert order is act(order, looked(SearchPlace.DOORSTEP, SearchPlace.LOCKER), State.WATCHING)
    assert {} == act(order, say(ActionKind.REOPEN), State.WATCHING).searched()


def test_reopening_takes_back_all_that_was_said() -> None:
    """What was said before it no longer stands, and can be said again."""
    order = having(ActionKind.DISPUTE_OPENED, ActionKind.REFUNDED)
    order = act(order, say(ActionKind.REOPEN), State.CLOSED)
    assert () == order.in_force()
    assert 3 == len(order.actions)
    order = act(order, say(ActionKind.DISPUTE_OPENED), State.WATCHING)
    assert (say(ActionKind.DISPUTE_OPENED),) == order.in_force()


def test_there_is_nothing_to_take_back_where_nothing_was_said() -> None:
    """A reopening of an order that was never closed makes no sense."""
    assert 409 == answer(an_order(), say(ActionKind.REOPEN), State.WATCHING)


def test_an_order_takes_a_hundred_actions() -> None:
    """Those that alternate do not fill the table; the same again is still fine."""
    order = an_order()
    deeds = (ActionKind.DISPUTE_OPENED, ActionKind.SELLER_CONTACTED)
    for n in range(MOST_ACTIONS):
        said = replace(say(deeds[n % 2]), episode=f"{n}", on=NOON.date() - timedelta(days=n))
        order = act(order, said, State.WATCHING)
    assert 409 == answer(order, say(ActionKind.SNOOZE), State.WATCHING)
    assert 409 == answer(order, say(ActionKind.REOPEN), State.WATCHING)
    assert 200 == answer(order, order.actions[-1], State.WATCHING)


def test_what_ends_a_watch_fits_beyond_a_hundred_actions() -> None:
    """Though not without end."""
    order = an_order(actions=(say(ActionKind.SNOOZE),) * MOST_ACTIONS)
    deeds = (ActionKind.RECEIVED, ActionKind.LOST)
    for n in range(20):
        order = act(order, say(deeds[n % 2]), State.CLOSED)
    assert MOST_ACTIONS + 20 == len(order.actions)
    assert 409 == answer(order, say(ActionKind.RECEIVED), State.CLOSED)


def test_one_action_is_taken_back_and_nothing_else() -> None:
    """By its id; what the order does not have cannot be taken back."""
    said = [say(ActionKind.SELLER_CONTACTED), say(ActionKind.DISPUTE_OPENED), say(ActionKind.LOST)]
    order = an_order(actions=tuple(said))
    left = take_back(order, said[1].action_id)
    assert (said[0], said[2]) == left.actions
    with pytest.raises(MissingError):
        take_back(left, said[1].action_id)


@given(st.lists(st.tuples(st.sampled_from(ActionKind), st.sampled_from(State)), max_size=12))
def test_any_row_of_words_is_kept_as_it_was_said(words: list[tuple[ActionKind, State]]) -> None:
    """Nothing that was said before is ever changed, and saying it twice is saying it once."""
    order = an_order()
    for deed, state in words:
        try:
            said = act(order, say(deed), state)
        except SenselessError:
            continue
        assert order.actions == said.actions[: len(order.actions)]
        assert said is act(said, say(deed), state)
        order = said


def test_another_number_is_a_change_and_a_first_one_is_not() -> None:
    """From a change on the days are counted anew."""
    bare = an_order(tracking_number=None)
    first = change(bare, replace(bare, tracking_number="LP1"), NOON)
    assert first.number_changed_at is None
    second = change(first, replace(first, tracking_number="LP2"), NOON)
    assert NOON == second.number_changed_at
    third = change(second, replace(second, tracking_number=None), NOON + timedelta(days=1))
    assert NOON + timedelta(days=1) == third.number_changed_at
    fourth = change(third, replace(third, tracking_number="LP3"), NOON + timedelta(days=2))
    assert NOON + timedelta(days=2) == fourth.number_changed_at


def test_a_change_of_anything_else_leaves_the_count_alone() -> None:
    """The same number is no change."""
    order = an_order()
    assert replace(order, title="x") == change(order, replace(order, title="x"), NOON)
