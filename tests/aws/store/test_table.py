"""What only the table does."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from stallwatch.alerting.subscribers import Preference
from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.errors import (
    ConditionFailedError,
    TransactionRefusedError,
    UnavailableError,
)
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Stage
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.subscribers import DynamoSubscriberStore
from stallwatch.dynamodb.table import STACK, Table, key
from stallwatch.orders.money import Exposure, MoneyStatus
from stallwatch.polling.registration import Attempt
from stallwatch.tracking.run_log import RunRecord
from tests.aws.store.contract import DAY, DEPARTED, MINUTE, over
from tests.in_memory_aws.dynamodb import InMemoryDynamoDb
from tests.support.builders import NOON, NUMBER


def test_subscribers_wishes_are_kept(table: Table) -> None:
    """Which alerts, and the ARN; a forgotten one for a week."""
    preferences = DynamoSubscriberStore(table)
    assert {} == preferences.preferences()
    all_kinds = Preference("arn:1", None)
    some = Preference(None, (AlertKind.LATE, AlertKind.STALLED))
    preferences.keep("a", all_kinds, NOON)
    preferences.keep("b", some, NOON)
    assert {"a": all_kinds, "b": some} == preferences.preferences()
    preferences.keep("b", replace(some, forgotten=True), NOON)
    assert preferences.preferences()["b"].forgotten
    item = table.get(STACK, "SUBSCRIPTION#b")
    assert item is not None
    assert int((NOON + 7 * DAY).timestamp()) == int(item["expires"]["N"])
    preferences.drop("a")
    preferences.drop("a")
    assert {"b"} == set(preferences.preferences())


def test_a_run_record_goes_after_400_days(table: Table) -> None:
    """By the table's own tidying."""
    DynamoPollStore(table).save_run("1200+30", RunRecord(NOON, answered=True))
    item = table.get("TURN#1200+30", "RUN#2026-06-15T12:00:00Z")
    assert item is not None
    assert int((NOON + 400 * DAY).timestamp()) == int(item["expires"]["N"])


def keys_written(table: Table, work: Callable[[], object]) -> list[str]:
    """The sort keys of the items that some work changes, which the stream then tells of."""
    before = everything(table)
    work()
    after = everything(table)
    return sorted(
        sk for pk, sk in after.keys() | before.keys() if before.get((pk, sk)) != after.get((pk, sk))
    )


def everything(table: Table) -> dict[tuple[str, str], Any]:
    found = table.client.scan(TableName=table.name, ConsistentRead=True)
    assert "LastEvaluatedKey" not in found
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found["Items"]}


def test_what_wakes_the_evaluation(table: Table) -> None:
    """Orders, traces and the wake-up; what it writes itself never does."""
    store = over(table)
    assert {"ORDER", "TRACE", "WATCH", "ORDER#x"} == set(keys_written(table, store.add))
    row = store.row()
    assert ["TRACE"] == keys_written(table, lambda: store.answer(DEPARTED))
    assert ["TRACE"] == keys_written(table, lambda: store.watch.touch_answered(row, NOON + DAY))
    assert ["TRACE"] == keys_written(
        table, lambda: store.watch.touch_unanswered(row, NOON + 2 * DAY, asked=False)
    )
    assert ["WATCH"] == keys_written(table, store.settle)
    assert {"WATCH", f"ALERT#0#{Alert(AlertKind.STALLED, NOON).key}"} == set(
        keys_written(table, store.raise_alert)
    )
    (member,) = store.outbox.pending()
    assert [member.key] == keys_written(table, lambda: store.outbox.mark_sent([member], "b", NOON))
    assert ["WAKE"] == keys_written(table, lambda: store.watch.wake_sending(NOON))
    assert ["WAKE"] == keys_written(table, lambda: store.watch.wake_sending(NOON + MINUTE))
    assert ["ORDER", "ORDER#x", "WATCH"] == keys_written(table, lambda: store.book.forget("x"))


def test_more_items_than_one_call_takes_are_read_in_several(table: Table) -> None:
    """Each once, also where a key is asked for twice or has no item."""
    keys = [(f"P#{n:03}", "S") for n in range(130)]
    for pk, sk in keys:
        table.put(key(pk, sk))
    found = table.get_many([*keys, keys[0], ("P#nobody", "S")])
    assert keys == sorted((item["pk"]["S"], item["sk"]["S"]) for item in found)
    assert [] == table.get_many([])


def test_what_the_engine_left_unread_is_asked_for_again(moto_table: Table) -> None:
    """A busy table answers a part."""
    left = {"orders": {"Keys": [key("b", "S")]}}
    with Stubber(moto_table.client) as stubber:
        stubber.add_response(
            "batch_get_item",
            {"Responses": {"orders": [key("a", "S")]}, "UnprocessedKeys": left},
        )
        stubber.add_response(
            "batch_get_item",
            {"Responses": {"orders": [key("b", "S")]}},
            {"RequestItems": {"orders": {"Keys": [key("b", "S")], "ConsistentRead": True}}},
        )
        found = moto_table.get_many([("a", "S"), ("b", "S")])
    assert [key("a", "S"), key("b", "S")] == found


def test_refusals_are_told_in_our_words(table: Table) -> None:
    """With the item that stood in the way, and the part of a transaction that was refused."""
    table.put({**key("a", "S"), "owner": {"S": "me"}})
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(ConditionFailedError) as refused:
        table.put(key("a", "S"), **absent, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert {"S": "me"} == (refused.value.item or {})["owner"]
    with pytest.raises(TransactionRefusedError) as half:
        table.transact(
            [{"Put": {"Item": key("b", "S")}}, {"Put": {"Item": key("a", "S"), **absent}}]
        )
    assert ("None", "ConditionalCheckFailed") == half.value.reasons
    assert table.get("b", "S") is None
    with pytest.raises(UnavailableError):
        Table(table.client, "no-such-table").get("a", "S")


def test_no_answer_is_told_in_our_words(moto_table: Table) -> None:
    """Whatever the client calls it: what was asked may have been done, or not."""

    def fail(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example/")

    moto_table.client.meta.events.register_first("before-call.dynamodb", fail)
    with pytest.raises(UnavailableError):
        moto_table.get("a", "S")


def test_every_item_says_in_which_schema_it_was_written(table: Table) -> None:
    """Also those that an update or a transaction creates."""
    store = over(table)
    store.add()
    store.settle(stake=Exposure(MoneyStatus.AT_RISK, "EUR", Decimal(10)))
    store.raise_alert()
    store.book.call_for_check(NOON)
    store.watch.take_lease("me", NOON + MINUTE, NOON)
    store.outbox.take_lease("me", NOON + MINUTE, NOON)
    store.files.add_to_totals({(State.WATCHING, Stage.UNKNOWN): 1})
    store.credits.begin_attempt("17track", Attempt("t", (NUMBER,)))
    store.watch.save_run("1200+30", RunRecord(NOON, answered=True))
    assert set() == {
        place for place, item in everything(table).items() if item.get("v") != {"N": "1"}
    }


def test_an_update_leaves_an_item_of_an_earlier_schema_what_it_is(table: Table) -> None:
    """It writes some attributes only: the others are still as they were written."""
    table.client.put_item(
        TableName=table.name, Item={**key(STACK, "PULL"), "v": {"N": "0"}, "wanted": {"N": "3"}}
    )
    over(table).book.call_for_check(NOON)
    assert {"v": {"N": "0"}, "wanted": {"N": "4"}, **key(STACK, "PULL")} == table.get(STACK, "PULL")


def test_what_a_later_version_wrote_is_read_without_what_is_new(table: Table) -> None:
    """After a rollback: unknown attributes and alerts of unknown kinds are skipped."""
    store = over(table)
    store.add()
    member = store.raise_alert()
    for item in list(everything(table).values()):
        table.put({**item, "of_a_later_version": {"S": "x"}})
    for pk in ("ORDER#x", STACK):
        born = "0" if pk != STACK else ""
        table.put(
            {
                **key(pk, f"ALERT#{born}#telepathy###1"),
                "kind": {"S": "telepathy"},
                "raised_at": {"S": NOON.isoformat()},
                "nth": {"N": "1"},
                "pending": {"S": "yes"},
            }
        )
    assert [AlertKind.STALLED] == [alert.kind for alert in store.snapshot().alerts]
    assert [] == store.files.alerts_about_sources()
    assert [member] == store.outbox.pending()


def test_a_write_waits_for_the_transaction_at_its_item() -> None:
    """The service refuses it, and the SDK does not try again."""
    client: Any = InMemoryDynamoDb()
    pauses: list[float] = []
    client.busy = lambda: len(pauses) < 3
    table = Table(client, client.name, sleep=pauses.append)
    table.put(key("a", "S"))
    assert 3 == len(pauses)
    assert all(pause <= 0.02 * 2**n for n, pause in enumerate(pauses))
    assert table.get("a", "S") is not None
    client.busy = lambda: True
    with pytest.raises(UnavailableError):
        table.update("a", "S", "SET x = :x", ExpressionAttributeValues={":x": {"S": "x"}})
    with pytest.raises(UnavailableError):
        table.delete("a", "S")


def test_items_that_are_no_snapshot_are_none(table: Table) -> None:
    """An order that was half written by hand, say."""
    table.put({**key("ORDER#x", "ORDER"), "born": {"S": "0"}})
    assert over(table).files.open("x") is None
