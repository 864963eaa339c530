"""The totals of the money and the days, whatever call fails, before it was done or after it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stallwatch.alerting.evaluation import Evaluation
from stallwatch.domain.errors import ConflictError, UnavailableError
from stallwatch.domain.orders import Action, ActionKind, Order, Service
from stallwatch.domain.thresholds import Thresholds
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from stallwatch.orders.delivery_times import DeliverySample
from stallwatch.orders.money import MoneyStatus, Sum
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.schedule import PollSchedule
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.support.builders import NOON, NUMBER, an_answer, an_event, an_order

DAY = timedelta(days=1)
WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
ORDER = an_order(price=Decimal("12.50"), currency="EUR", ordered_on=(NOON - 30 * DAY).date())
REFUND = Action(ActionKind.REFUNDED, NOON, amount=Decimal("10.40"))


class Flaky:
    """A client whose one call fails: what was asked for is done all the same, or not."""

    def __init__(self, fails: int, *, after: bool) -> None:
        self.client = InMemoryDynamoDb()
        self.fails = fails
        self.after = after
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(**given: Any) -> Any:
            self.calls += 1
            fails = self.calls == self.fails
            if fails and not (self.after and name in WRITES):
                raise UnavailableError("as told")
            answer = method(**given)
            if fails:
                raise UnavailableError("as told, after it was done")
            return answer

        return call


def insist(step: Any) -> None:
    """Do a step until it is done, as the buyer and the stream do."""
    for _ in range(4):
        try:
            step()
        except (UnavailableError, ConflictError):
            continue
        return
    raise AssertionError("it never succeeds")


def live(client: Flaky) -> Iterator[DynamoOrderStore]:
    """Live through a parcel's life, and stop at each instant at which the totals must be right."""
    table = Table(client, "orders")  # type: ignore[arg-type]
    book, files, watch = (
        DynamoOrderStore(table),
        DynamoEvaluationStore(table),
        DynamoPollStore(table),
    )

    def evaluate() -> None:
        evaluation = Evaluation(files, PollSchedule(), Thresholds())
        insist(lambda: evaluation.evaluate("x", NOON))

    def change(**given: Any) -> None:
        def changed() -> None:
            snapshot = files.open("x")
            assert snapshot is not None
            wanted: Order = replace(snapshot.order, **given)
            if wanted != snapshot.order:
                book.replace(snapshot, wanted)

        insist(changed)

    insist(lambda: book.create(ORDER))
    evaluate()
    yield book
    events = [
        an_event(NOON - days_ago * DAY, code)
        for days_ago, code in ((20, "PU_PICKUP_SUCCESS"), (18, "LH_DEPART"), (2, "GTMS_SIGNED"))
    ]
    row = WatchRow("x", "NEW", NUMBER, None, None, None)
    insist(lambda: watch.merge_answer(row, an_answer(NUMBER, *events), "cainiao", NOON))
    evaluate()
    yield book
    change(actions=(REFUND,))
    evaluate()
    evaluate()
    yield book
    insist(lambda: book.forget("x"))
    evaluate()
    yield book


LIVED = DeliverySample(Service.STANDARD, "DE", 18, 16)
EXPECTED: list[dict[tuple[str, MoneyStatus], Sum]] = [
    {("EUR", MoneyStatus.AT_RISK): Sum(Decimal("12.50"), 1)},
    {},
    {
        ("EUR", MoneyStatus.RECOVERED): Sum(Decimal("10.40"), 1, 30),
        ("EUR", MoneyStatus.LOST): Sum(Decimal("2.10")),
    },
    {},
]


def check(client: Flaky) -> int:
    """The totals after each part of the life; how many calls it took."""
    calls = 0
    for expected, book in zip(EXPECTED, live(client), strict=True):
        calls = client.calls
        client.fails, fails = 0, client.fails
        totals = book.totals()
        client.calls, client.fails = calls, fails
        assert expected == totals.money
        if expected != EXPECTED[0]:
            (experience,) = totals.experiences.values()
            assert ({LIVED.days: 1}, {LIVED.silence: 1}) == (
                experience.days.counts,
                experience.silences.counts,
            )
    return calls


CALLS = check(Flaky(0, after=False))


def test_the_life_has_many_calls() -> None:
    """Each of which is failed below."""
    assert 15 < CALLS < 60


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fails", range(1, CALLS + 1))
def test_totals_are_right_whatever_fails(fails: int, after: bool) -> None:  # noqa: FBT001
    """A call that was not done, and one that was done and not heard of."""
    check(Flaky(fails, after=after))
