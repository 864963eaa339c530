"""What the owner of a stack sees of it, and does when something could not be done."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.aws.dead_letters import DeadLetters
from tests.aws import moto
from tests.aws.moto_stack import World, world_at
from tests.support.template import resources

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBER = "LP00000000000001"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        yield built


def add_stalled(world: World, order_id: str = "a", number: str = NUMBER) -> None:
    """An order that is stalled at its first evaluation."""
    scans = [(world.now - 26 * DAY, "PU_PICKUP_SUCCESS"), (world.now - 18 * DAY, "LH_DEPART")]
    world.cainiao.put(number, scans)
    body = {"order_id": order_id, "ordered_on": "2026-05-18", "tracking_number": number}
    assert 201 == world.call("POST", "/orders", {**body, "destination": "DE"})[0]


def give_up(world: World, name: str, notification: object) -> None:
    """Have a function's queue hold a dead letter."""
    body = notification if isinstance(notification, str) else json.dumps(notification)
    queue = world.dead_letters[name]
    moto.client("sqs").send_message(QueueUrl=queue, MessageBody=body)


def letters_left(world: World, name: str) -> int:
    """How many letters a function's queue holds, hidden ones too."""
    attributes: Any = moto.client("sqs").get_queue_attributes(
        QueueUrl=world.dead_letters[name], AttributeNames=["All"]
    )["Attributes"]
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    return sum(int(attributes[name]) for name in names)


def lost_records(world: World) -> dict[str, Any]:
    """The letter that the stream's mapping writes when it gives up on all that it holds."""
    streams = moto.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=world.table)["Streams"]
    arn = stream["StreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    info = {
        "streamArn": arn,
        "shardId": shard["ShardId"],
        "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
        "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
        "batchSize": len(records),
    }
    return {"version": "1.0", "DDBStreamBatchInfo": info}


def kinds(world: World) -> list[str]:
    return [message.kind for message in world.messages()]


def test_what_the_stream_gave_up_on_is_evaluated_again(world: World) -> None:
    """The letter names no order: its records are read again from the stream."""
    add_stalled(world)
    world.pull()
    give_up(world, "evaluate_orders", lost_records(world))
    world.skip_stream()
    assert [] == kinds(world)
    assert {"letters": 1, "kept": 0} == world.redrive("evaluate_orders")
    assert ["stalled"] == kinds(world)
    assert 0 == letters_left(world, "evaluate_orders")


def test_what_the_stream_no_longer_has_is_made_up_for(world: World) -> None:
    """It keeps a day: after that every order that is watched is evaluated."""
    add_stalled(world)
    world.pull()
    notification = lost_records(world)
    notification["DDBStreamBatchInfo"]["streamArn"] += "-of-a-table-that-is-gone"
    give_up(world, "evaluate_orders", notification)
    give_up(world, "evaluate_orders", "no letter of ours")
    world.skip_stream()
    assert {"letters": 2, "kept": 0} == world.redrive("evaluate_orders")
    assert ["stalled"] == kinds(world)
    assert 0 == letters_left(world, "evaluate_orders")


def test_a_letter_that_fails_again_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost by trying too early."""
    add_stalled(world)
    world.pull()
    give_up(world, "evaluate_orders", lost_records(world))
    world.skip_stream()
    evaluation = world.handlers["evaluate_orders"]
    with monkeypatch.context() as patch:
        patch.setattr(evaluation.Evaluation, "evaluate", _fails)
        assert {"letters": 0, "kept": 1} == world.redrive("evaluate_orders")
    assert 1 == letters_left(world, "evaluate_orders")
    assert [] == kinds(world)


def _fails(*_: object) -> None:
    raise RuntimeError("still broken")


@pytest.mark.parametrize("payload", [{}, {"order_ids": ["a"]}, {"order_ids": None}])
def test_a_run_that_was_given_up_on_is_made_again(world: World, payload: object) -> None:
    """With the orders that it was for, or with what is due."""
    add_stalled(world)
    give_up(world, "pull_tracking", {"version": "1.0", "requestPayload": payload})
    assert {"letters": 1, "kept": 0} == world.redrive("pull_tracking")
    assert [NUMBER] == [number for ask in world.cainiao.asked for number in ask.numbers]
    assert 0 == letters_left(world, "pull_tracking")


def metrics(printed: str) -> dict[str, float]:
    """The metrics in what a function has printed, by name; each names no more than the service."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        if '"CloudWatchMetrics"' in line:
            told = json.loads(line)
            (published,) = told["_aws"]["CloudWatchMetrics"]
            assert ("Stallwatch", [["service"]]) == (
                published["Namespace"],
                published["Dimensions"],
            )
            names = [metric["Name"] for metric in published["Metrics"]]
            assert {"_aws", "service", *names} == set(told)
            found |= {name: told[name][0] for name in names}
    return found


def test_every_alarm_watches_what_is_published(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A metric that an alarm names and no function publishes would never raise it."""
    world.deploy({"Monitoring": "full"}, {})
    add_stalled(world)
    world.pull()
    world.pump()
    published = metrics(capsys.readouterr().out)
    assert {"Checked": 1, "Unanswered": 0, "AlertsSent": 1, "NotEvaluated": 0}.items() <= (
        published.items()
    )
    watched = {
        alarm["Properties"]["MetricName"]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["Namespace"] == "Stallwatch"
    }
    assert {"SourceDown", "PendingMinutes", "NotEvaluated"} == watched
    assert watched <= published.keys()
    (board,) = resources("AWS::CloudWatch::Dashboard").values()
    body = json.loads(board["Properties"]["DashboardBody"]["Fn::Sub"])
    shown = {name for widget in body["widgets"] for name in _of_ours(widget)}
    assert published.keys() == shown


def _of_ours(widget: Any) -> Iterator[str]:
    """The product's own metrics in a widget of the dashboard; a dot repeats the row before."""
    namespace = ""
    for row in widget["properties"]["metrics"]:
        namespace = namespace if row[0] == "." else row[0]
        if namespace == "Stallwatch":
            yield row[1]


def test_the_alarm_of_stuck_alerts_and_of_a_silent_source(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pull measures how long the oldest alert waits, and whether anything answers."""
    world.deploy({"Monitoring": "full"}, {})
    add_stalled(world)
    world.pull()
    evaluation = world.handlers["evaluate_orders"]
    with monkeypatch.context() as patch:
        patch.setattr(evaluation.OutboxDispatcher, "send", _fails)
        with pytest.raises(RuntimeError):
            world.pump()
    world.cainiao.be("block_page")
    world.advance(hours=1)
    world.pull("a")
    world.advance(hours=25)
    world.pull("a")
    world.pull()
    published = metrics(capsys.readouterr().out)
    assert (26 * 60, 1) == (published["PendingMinutes"], published["SourceDown"])


def test_what_quiet_hours_hold_is_not_stuck(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is measured from their end on, when it could go out."""
    night = {"Monitoring": "full", "QuietHours": "11:00-18:00", "TimeZone": "UTC"}
    world.deploy(night, {})
    add_stalled(world)
    world.pull()
    world.pump()
    waited = []
    for hours in (5, 1, 1, 1):
        world.advance(hours=hours)
        capsys.readouterr()
        world.pull()
        waited.append(metrics(capsys.readouterr().out)["PendingMinutes"])
    assert START.hour == 12
    assert [0, 0, 60, 120] == waited
    world.pump()
    assert ["stalled"] == [message.kind for message in world.messages()]


def test_a_queue_is_polled_until_two_long_polls_are_empty(world: World) -> None:
    """An answer without letters may come of servers that have none, while others have some."""
    assert world.dead_letters
    answers = [[], ["a"], [], ["b", "c"], [], []]
    calls = []

    class Client:
        def receive_message(self, **call: Any) -> Any:
            calls.append(call)
            found = answers[len(calls) - 1]
            messages = [{"ReceiptHandle": receipt, "Body": "{}"} for receipt in found]
            return {"Messages": messages} if messages else {}

    client: Any = Client()
    letters = [letter.receipt for letter in DeadLetters(client, "https://queue").letters()]
    assert ["a", "b", "c"] == letters
    assert len(answers) == len(calls)
    patience = clients.queues().meta.config.read_timeout  # type: ignore[attr-defined]
    assert all(0 < call["WaitTimeSeconds"] < patience for call in calls)


def test_alarms_reach_the_owner(world: World) -> None:
    """By the topic of the alerts, with a sentence that says what to do."""
    assert world.topic
    alarms = resources("AWS::CloudWatch::Alarm")
    assert alarms
    for alarm in alarms.values():
        assert [{"Ref": "AlertsTopic"}] == alarm["Properties"]["AlarmActions"]
        assert alarm["Properties"]["AlarmDescription"].rstrip(")").endswith(".")
    assert "breaching" == alarms["PullHasNotRun"]["Properties"]["TreatMissingData"]
