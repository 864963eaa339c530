"""What keeps alerts from being lost or doubled, taken away piece by piece: each time it is found.

That the code as it is shows nothing on the same schedules is tested in `test_explorer` and in
`test_interleavings`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.session import get_session

from stallwatch.alerting import delivery
from stallwatch.alerting.delivery import OutboxDispatcher, notification_of
from stallwatch.alerting.ports import Batch, Outcome, SendLease
from stallwatch.aws import clients
from stallwatch.domain.alerts import Alert, AlertRef
from stallwatch.domain.orders import Order
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.orders import DynamoOrderStore
from stallwatch.dynamodb.outbox import DynamoOutbox
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import PUBLISH, STACK, WATCH, Table, order_pk
from stallwatch.dynamodb.wire import Item, value
from stallwatch.orders.snapshot import OrderSnapshot, WatchEntry
from stallwatch.polling.state import WatchRow
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.source import TrackingResult
from tests.faults.explore import Explorer, world_of
from tests.faults.interleave import first_wrong, world_of_two
from tests.faults.pairs import PAIRS
from tests.faults.scenarios import IN_MAKE_TEST, STORIES
from tests.faults.schedules import Found
from tests.faults.test_interleavings import SHORT
from tests.faults.wired_handlers import running
from tests.support.publishing import sns_notifier
from tests.unit.aws.test_sns import ACCEPTED, ARN, TRANSLATED_ARN, URL, Wire, notification

Breakage = Callable[[], AbstractContextManager[object]]


def found_in(story: str, breakage: Breakage, what: str) -> list[Found]:
    """What the schedules of a story with one fault at the most show, until one shows `what`."""
    told = next(one for one in STORIES if one.name == story)
    world = world_of(told)
    with running(world), breakage():
        explorer = Explorer(told, world)
        explorer.first_with(1, what)
    return explorer.counts.found


def wrong_in(pair: str, breakage: Breakage) -> str | None:
    """What an order of two runs' calls shows."""
    two = next(one for one in PAIRS if one.name == pair)
    world = world_of_two()
    with running(world), breakage():
        return first_wrong(two, world)


# Each takes one thing away.


def marking_before_publishing() -> AbstractContextManager[object]:
    def publish(self: OutboxDispatcher, batch: Batch) -> None:
        made, _ = notification_of(self.outbox, batch, self.clock)
        if made.members:
            self._after_sent(batch, made, self.clock.now())
            self.notifier.publish(made, None)

    return mock.patch.object(OutboxDispatcher, "_publish", publish)


def a_new_batch_in_place_of_an_unmarked_one() -> AbstractContextManager[object]:
    settle = OutboxDispatcher._settle  # noqa: SLF001

    def forget(self: OutboxDispatcher, batch: Batch | None) -> Batch | None:
        return settle(self, batch if batch is not None and batch.sent else None)

    return mock.patch.object(OutboxDispatcher, "_settle", forget)


def no_lease_on_publishing() -> AbstractContextManager[object]:
    take = DynamoOutbox.take_lease

    def take_from_anyone(
        self: DynamoOutbox, owner: str, until: datetime, now: datetime
    ) -> SendLease | None:
        names = {"ExpressionAttributeNames": {"#owner": "owner"}}
        self.table.update(STACK, PUBLISH, "REMOVE #owner, ends", **names)
        return take(self, owner, until, now)

    return mock.patch.object(DynamoOutbox, "take_lease", take_from_anyone)


def a_lease_that_ends_before_its_holder() -> AbstractContextManager[object]:
    return mock.patch.object(delivery, "LEASE_MARGIN", -timedelta(hours=1))


@contextmanager
def no_sweeper() -> Iterator[None]:
    """Nothing wakes the evaluation but the stream."""
    with (
        mock.patch.object(DynamoPollStore, "touch_answered"),
        mock.patch.object(DynamoPollStore, "touch_unanswered"),
    ):
        yield


def nothing_wakes_the_sending() -> AbstractContextManager[object]:
    return mock.patch.object(DynamoPollStore, "wake_sending")


def the_fingerprint_written_by_pull() -> AbstractContextManager[object]:
    add = DynamoPollStore.add_answer

    def add_and_note(
        self: DynamoPollStore,
        row: WatchRow,
        answer: TrackingResult,
        source: str,
        now: datetime,
        added: int,
    ) -> bool:
        written = add(self, row, answer, source, now, added)
        if written:
            self.table.update(
                order_pk(row.order_id),
                WATCH,
                "SET f = :seen",
                ExpressionAttributeValues={":seen": value(fingerprint(answer))},
            )
        return written

    return mock.patch.object(DynamoPollStore, "add_answer", add_and_note)


def a_touch_that_changes_nothing() -> AbstractContextManager[object]:
    update = Table.update

    def keep(self: Table, pk: str, sk: str, expression: str, **call: Any) -> Item:
        kept = "touched_at = if_not_exists(touched_at, :touched)"
        return update(self, pk, sk, expression.replace("touched_at = :touched", kept), **call)

    return mock.patch.object(Table, "update", keep)


def no_revision() -> AbstractContextManager[object]:
    """The evaluation writes an order's place in the watch over whatever is there."""
    keep = DynamoEvaluationStore.keep

    def over(
        self: DynamoEvaluationStore,
        snapshot: OrderSnapshot,
        entry: WatchEntry,
        alerts: Sequence[Alert],
    ) -> list[AlertRef]:
        there = self.table.get(order_pk(snapshot.order.order_id), WATCH)
        if there is not None:
            snapshot = replace(snapshot, revision=int(there["rev"]["N"]))
        return keep(self, snapshot, entry, alerts)

    return mock.patch.object(DynamoEvaluationStore, "keep", over)


def sweeping_blindly() -> AbstractContextManager[object]:
    """What is left of an order is deleted without a look whether it is there again."""
    transact = Table.transact

    def unchecked(self: Table, parts: Sequence[Any]) -> None:
        transact(self, [part for part in parts if "ConditionCheck" not in part])

    return mock.patch.object(Table, "transact", unchecked)


def a_change_in_two_writes() -> AbstractContextManager[object]:
    """The order is written by itself, and then what has it looked at again."""
    change = DynamoOrderStore.replace

    class Apart(Table):
        def transact(self, parts: Sequence[Any]) -> None:
            for part in parts:
                Table.transact(self, [part])

    def apart(self: DynamoOrderStore, snapshot: OrderSnapshot, order: Order, *looked: Any) -> None:
        change(
            DynamoOrderStore(Apart(self.table.client, self.table.name)), snapshot, order, *looked
        )

    return mock.patch.object(DynamoOrderStore, "replace", apart)


@pytest.mark.parametrize(
    ("story", "breakage", "what"),
    [
        ("stalled", marking_before_publishing, "lost"),
        ("stalled", a_new_batch_in_place_of_an_unmarked_one, "doubled"),
        ("stalled", no_lease_on_publishing, "doubled"),
        ("stalled", a_lease_that_ends_before_its_holder, "doubled"),
        ("stalled", no_sweeper, "lost"),
        ("stalled", nothing_wakes_the_sending, "lost"),
        ("moving again", the_fingerprint_written_by_pull, "lost"),
        ("no number", a_touch_that_changes_nothing, "lost"),
        ("another number", a_change_in_two_writes, "not healed"),
    ],
)
def test_a_breakage_is_found_by_single_faults(story: str, breakage: Breakage, what: str) -> None:
    """With what it does to the alerts.

    The stories are among those of which `test_explorer` tries each single fault.
    """
    found = found_in(story, breakage, what)
    assert any(one.what.startswith(what) for one in found), found
    assert story in IN_MAKE_TEST


@pytest.mark.parametrize(
    ("pair", "breakage"),
    [
        ("sending and sending", no_lease_on_publishing),
        ("evaluation and another number", no_revision),
        ("adding again and evaluation", sweeping_blindly),
        ("dropping an alert and reopening with evaluation", sweeping_blindly),
    ],
)
def test_a_breakage_is_found_by_two_runs_at_once(pair: str, breakage: Breakage) -> None:
    """Some order of their calls gives what neither run as a whole would.

    That the unbroken pair shows nothing wrong is tested among all pairs.
    """
    assert wrong_in(pair, breakage)
    assert pair in {shown.name for shown in SHORT}


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("config", "sends", "outcome"),
    [
        (clients.PUBLISH_ONCE, 1, Outcome.UNKNOWN),
        (Config(retries={"mode": "standard", "total_max_attempts": 3}), 2, Outcome.SENT),
        (Config(), 2, Outcome.SENT),
    ],
)
def test_the_client_s_own_retries_send_twice_and_call_it_success(
    config: Config, sends: int, outcome: Outcome
) -> None:
    """The message got there and its acknowledgement did not; only without retries one knows."""
    wire: Any = Wire(lambda: ACCEPTED if len(wire.sent) > 1 else lose())
    client: Any = get_session().create_client("sns", config=config)
    client.meta.events.register("before-send.sns", wire)
    with mock.patch("botocore.endpoint.time.sleep"):
        topic = sns_notifier(client, ARN, TRANSLATED_ARN, "https://stallwatch.example/", "en")
        became = topic.publish(notification(), None)
    assert (sends, outcome) == (len(wire.sent), became)


def lose() -> tuple[int, str]:
    raise ReadTimeoutError(endpoint_url=URL)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
