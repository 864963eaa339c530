"""What the ear of the year hears: each way in which message, page and rules may differ."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.faults.random_parcels import Request
from tests.faults.year_record import KEY_DATES, Accepted, Message, Shown
from tests.faults.year_voice import Voice
from tests.reference.model import Evaluation, KeyDates, Memory, Sent

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASK = "Write to the seller."
LATE_ON = date(2026, 3, 20)
DECIDED = Evaluation((), "departed_origin", "watching", 3, 9, KeyDates(), None, Memory())


def shown(at: datetime = AT, *, pressing: str | None = "stalled", **dates: date) -> Shown:
    every = {**dict.fromkeys(KEY_DATES), **dates}
    return Shown(at, "a", "watching", "departed_origin", pressing, ASK, every)


def message(after: timedelta = timedelta(0), *, run: int = 1, asked: str = ASK) -> Message:
    at = AT + after
    return Message(at, run, "stalled", "batch", (("a", ""),), (asked,), (shown(at),))


def heard(*messages: Message, accepted: tuple[Accepted, ...] = ()) -> list[str]:
    voice = Voice("a", accepted, messages)
    for one in messages:
        voice.hear(one, 0)
    return voice.wrong


def test_a_message_that_asks_what_the_page_asks_is_right() -> None:
    """Nothing is wrong with one voice."""
    assert [] == heard(message())


def test_a_message_that_asks_something_else_is_heard() -> None:
    """What a message asks is the order's advice at that instant."""
    (wrong,) = heard(message(asked="Open a dispute."))
    assert "stalled asks 'Open a dispute.', the page 'Write to the seller.'" in wrong


def test_a_page_that_asks_for_nothing_is_heard() -> None:
    """Never "nothing" while a message asks for something."""
    quiet = replace(message(), shown=(shown(pressing=None),))
    (wrong,) = heard(quiet)
    assert "and the page for nothing" in wrong


@pytest.mark.parametrize(
    ("after", "run", "is_wrong"),
    [(23, 2, True), (24, 2, False), (0, 1, False)],
    ids=["within a day", "a day later", "raised together"],
)
def test_the_same_asked_again(after: int, run: int, is_wrong: bool) -> None:  # noqa: FBT001
    """No two messages ask the same within a day, but those that were raised together."""
    again = message(timedelta(hours=after), run=run)
    assert is_wrong is bool(heard(message(), again))


@pytest.mark.parametrize(
    ("reason", "hours", "is_wrong"),
    [("failed_attempt", 20, False), ("failed_attempt", 12, True), ("ready_for_pickup", 20, True)],
)
def test_another_attempt(reason: str, hours: int, is_wrong: bool) -> None:  # noqa: FBT001
    """Another attempt is told of after 20 hours, though it asks the same."""
    first = replace(
        message(),
        kind="action_needed",
        orders=(("a", reason),),
        shown=(shown(pressing="action_needed"),),
    )
    again = replace(first, at=first.at + timedelta(hours=hours), run=2)
    assert is_wrong is bool(heard(first, again))


def test_advice_is_that_of_the_evaluations_day() -> None:
    """A message that goes out after midnight counts days from the day of its evaluation."""
    late = replace(message(asked="1 day left."), shown=(replace(shown(), advice="Today."),))
    assert heard(late)
    assert [] == heard(replace(late, shown_when_raised=(replace(shown(), advice="1 day left."),)))


def test_the_same_may_be_asked_again_after_a_word() -> None:
    """The buyer's word in between makes it another question."""
    said = Accepted(AT + timedelta(hours=2), "a", Request(AT, "ACT", {"action": "reopen"}))
    assert [] == heard(message(), message(timedelta(hours=5), run=2), accepted=(said,))


@pytest.mark.parametrize(
    ("see", "decided", "wrong"),
    [
        (shown(), DECIDED, 0),
        (shown(late_on=LATE_ON), DECIDED, 1),
        (shown(), replace(DECIDED, dates=KeyDates(late_on=LATE_ON)), 1),
        (shown(late_on=LATE_ON), replace(DECIDED, dates=KeyDates(late_on=LATE_ON)), 0),
        (shown(protection_ends_on=LATE_ON), DECIDED, 0),
        (shown(), replace(DECIDED, dates=KeyDates(dispute_until=LATE_ON)), 0),
        (shown(), replace(DECIDED, stage="accepted", state="closed"), 2),
        (shown(late_on=LATE_ON), replace(DECIDED, due=(Sent("late", AT),)), 0),
    ],
    ids=[
        *("alike", "cannot come", "not shown", "shown", "as given", "over"),
        *("elsewhere", "not sent yet"),
    ],
)
def test_what_is_shown_is_what_the_rules_show(see: Shown, decided: Evaluation, wrong: int) -> None:
    """A date that cannot come is heard, and one that is missing."""
    voice = Voice("a", (), ())
    voice.compare(see, lambda _: decided)
    assert wrong == len(voice.wrong)
