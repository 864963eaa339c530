"""The buyer's words: which make sense when, and what they change."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.actions import MOST_ACTIONS, act, change
from stallwatch.domain.errors import SenselessError
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, SearchPlace, State
from stallwatch.domain.parcels import Stage
from tests.support.builders import NOON, an_order

OPEN = (State.WATCHING, State.DELIVERED)
NEEDS_MORE = {ActionKind.REOPEN, ActionKind.DISPUTE_REJECTED, ActionKind.NOT_RECEIVED}
"""What makes sense only after something."""
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
@pytest.mark.parametrize("deed", [deed for deed in ActionKind if deed not in NEEDS_MORE])
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
        deed in {*OUTCOMES, ActionKind.NOT_RECEIVED}
        or deed is ended_by
        or (deed is ActionKind.REOPEN and ended_by is not None)
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
    """A full list takes no more, but for what ends the watch, and it grows no further then."""
    order = an_order()
    kinds = (ActionKind.DISPUTE_OPENED, ActionKind.DISPUTE_REJECTED)
    for n in range(MOST_ACTIONS):
        order = act(order, say(kinds[n % 2]), State.WATCHING)
    assert MOST_ACTIONS == len(order.actions)
    assert 409 == answer(order, say(ActionKind.SNOOZE), State.WATCHING)
    for n in range(6):
        order = act(order, say(OUTCOMES[n % 3]), State.CLOSED)
        assert OUTCOMES[n % 3] is order.actions[-1].kind
    assert MOST_ACTIONS + 1 == len(order.actions)


def test_a_dispute_is_rejected_only_where_one_stands() -> None:
    """And after that another one may be opened."""
    assert 409 == answer(an_order(), say(ActionKind.DISPUTE_REJECTED), State.WATCHING)
    order = having(ActionKind.DISPUTE_OPENED, ActionKind.DISPUTE_REJECTED)
    assert order == act(order, say(ActionKind.DISPUTE_REJECTED), State.WATCHING)
    assert 3 == len(act(order, say(ActionKind.DISPUTE_OPENED), State.WATCHING).actions)


@pytest.mark.parametrize(
    ("state", "stage", "expected"),
    [
        (State.WATCHING, None, 409),
        (State.DELIVERED, None, 200),
        (State.CLOSED, None, 200),
        (State.CLOSED, Stage.DELIVERED, 200),
        (State.CLOSED, Stage.DEPARTED_ORIGIN, 409),
    ],
)
def test_not_received_makes_sense_once_delivered(
    state: State, stage: Stage | None, expected: int
) -> None:
    """Whether or not the watch has ended since."""
    word = say(ActionKind.NOT_RECEIVED)
    if expected == 409:
        with pytest.raises(SenselessError):
            act(an_order(), word, state, stage=stage)
    else:
        assert (word,) == act(an_order(), word, state, stage=stage).actions


def test_not_received_opens_a_watch_that_the_buyer_has_ended() -> None:
    """Received by mistake: it is not received after all, until it is."""
    order = having(ActionKind.RECEIVED, ActionKind.NOT_RECEIVED)
    assert order.ending() is None
    order = act(order, say(ActionKind.RECEIVED), State.DELIVERED)
    assert say(ActionKind.RECEIVED) == order.ending()


def test_not_received_is_said_again_of_another_delivery() -> None:
    """On another day it is another word; a request sent again is not."""
    order = having(ActionKind.NOT_RECEIVED)
    later = Action(ActionKind.NOT_RECEIVED, NOON + timedelta(days=3))
    assert order == act(order, say(ActionKind.NOT_RECEIVED), State.DELIVERED)
    assert 2 == len(act(order, later, State.DELIVERED).actions)


def test_an_action_without_an_id_is_named_after_its_instant_and_kind() -> None:
    """What was kept before there were ids has one that never changes."""
    assert "20260615T120000000000-close" == say(ActionKind.CLOSE).action_id
    assert "mine" == say(ActionKind.CLOSE, action_id="mine").action_id


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
