"""The commands that ask AWS: `poll --here` in the stack's own table, and `doctor`."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from stallwatch.aws.lambda_clock import ProcessClock
from stallwatch.cli.polling import ended_by_signals
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from tests.aws import moto
from tests.aws.moto_stack import World, world_at
from tests.simulators.cainiao import Mode
from tests.support.transformed import Names, defaults, variables
from tests.unit.cli.terminal import Ended, Terminal

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
STACK = "lookout"
API_URL = f"https://abc123.execute-api.{moto.REGION}.amazonaws.com/live"
TEMPLATE = {
    "Resources": {"PullDeadLetters": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"PullFunctionName": {"Value": "pull"}, "ApiUrl": {"Value": API_URL}},
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        monkeypatch.setattr(ProcessClock, "now", lambda _: built.now)
        monkeypatch.setattr(ProcessClock, "sleep", lambda _, d: built.advance(seconds=d.seconds))
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        yield built


def environment(world: World) -> dict[str, Any]:
    """What the template gives the pull's function, as AWS tells it."""
    known = Names({**world.roles.ids, **defaults(), **world.parameters})
    return {"Variables": variables("pull_tracking", known)}


@pytest.fixture
def stack(world: World) -> Iterator[str]:
    """The stack as AWS tells of it: its outputs, and the function with its environment."""
    role = moto.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]
    functions, formation = moto.client("lambda"), moto.client("cloudformation")
    functions.create_function(
        FunctionName="pull",
        Runtime="python3.13",
        Handler="app.handler",
        Role=role["Arn"],
        Timeout=840,
        Code={"ZipFile": b"x"},
        Environment=environment(world),
    )
    formation.create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
    yield STACK
    formation.delete_stack(StackName=STACK)
    functions.delete_function(FunctionName="pull")
    moto.client("iam").delete_role(RoleName="r")


@pytest.fixture
def cli(tmp_path: Path) -> Terminal:
    """A terminal that nobody has logged in at."""
    # What stands in for AWS tells the time that it is, whatever time the stack has.
    return Terminal(tmp_path / "config", now=partial(datetime.now, UTC))


def poll(cli: Terminal, *arguments: str) -> Ended:
    return cli.run("poll", "--here", "--stack", STACK, "--region", moto.REGION, *arguments)


def add(world: World, *order_ids: str) -> None:
    for n, order_id in enumerate(order_ids):
        number = f"LP{n:014}"
        world.cainiao.put(number, [(world.now - timedelta(days=1), "LH_DEPART")])
        body = {"order_id": order_id, "ordered_on": "2026-06-01", "tracking_number": number}
        status, answer = world.call("POST", "/orders", body)
        assert 201 == status, answer


def test_what_is_due_is_checked_from_here(world: World, stack: str, cli: Terminal) -> None:
    """As the function would, into the same table: nothing is left for the function to do."""
    add(world, "lamp", "chair")

    ended = poll(cli, "--json")

    assert {"due": 2, "checked": 2, "changed": 2, "unanswered": 0, "left_over": 0} | {
        "source": "ok"
    } == ended.json
    assert 0 == ended.exit_code
    world.pump()
    assert 0 == world.pull()["due"]
    assert "departed_origin" == world.call("GET", "/orders/lamp")[1]["stage"]
    assert stack


def test_some_orders_are_checked_from_here(world: World, stack: str, cli: Terminal) -> None:
    """Those that are named, whatever their turn."""
    add(world, "lamp", "chair")
    poll(cli)

    ended = poll(cli, "lamp")

    assert "1 due, 1 checked, 0 with news, 0 unanswered, 0 left over; the source: ok.\n" == (
        ended.stdout
    )
    assert stack


def test_there_is_one_lease(world: World, stack: str, cli: Terminal) -> None:
    """While another run holds it nothing is asked from here; and it is given back."""
    add(world, "lamp")
    store = DynamoPollStore(Table(moto.client("dynamodb"), world.table))
    taken = store.take_lease("the function", world.now + timedelta(minutes=5), world.now)
    assert taken is not None

    assert 0 == poll(cli, "--json").json["checked"]
    ended = poll(cli, "lamp", "--json")
    assert (1, 1) == (ended.exit_code, ended.json["left_over"])
    assert [] == world.cainiao.asked

    store.release_lease("the function", taken.progress, taken.wanted)
    assert 1 == poll(cli, "--json").json["checked"]
    later = world.now + timedelta(seconds=1)
    assert store.take_lease("the function", later, world.now) is not None
    assert stack


def test_there_is_one_pace(world: World, stack: str, cli: Terminal) -> None:
    """A request from here waits for its turn after the function's last one."""
    world.deploy({"CainiaoPerMinute": "6"}, {})
    moto.client("lambda").update_function_configuration(
        FunctionName="pull", Environment=environment(world)
    )
    add(world, "lamp")
    asked_at = world.now
    world.pull()

    poll(cli, "lamp")

    assert 2 == len(world.cainiao.asked)
    assert world.now - asked_at >= timedelta(seconds=10)
    assert stack


def test_a_blocked_source_is_told(world: World, stack: str, cli: Terminal) -> None:
    """By the exit code too."""
    add(world, "lamp")
    world.cainiao.be(Mode.BLOCK_PAGE)
    ended = poll(cli, "--json")

    assert (1, "blocked") == (ended.exit_code, ended.json["source"])
    assert stack


def test_a_stack_that_is_not_there_is_named(world: World, cli: Terminal) -> None:
    """With the options that name another."""
    ended = poll(cli)

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert f"There is no stack {STACK} in {moto.REGION}; --stack and --region" in ended.stderr
    assert [] == world.cainiao.asked


def test_a_wrong_clock_polls_nothing(world: World, stack: str, cli: Terminal) -> None:
    """It would move the watch and the end of the lease."""
    cli.now = lambda: datetime.now(UTC) - timedelta(minutes=2)
    ended = poll(cli)

    assert (2, []) == (ended.exit_code, world.cainiao.asked)
    assert "The clock of this machine is off by 1" in ended.stderr
    assert stack


def test_settings_of_another_version_are_named(world: World, stack: str, cli: Terminal) -> None:
    """Before anything is asked."""
    moto.client("lambda").update_function_configuration(
        FunctionName="pull", Environment={"Variables": {"TABLE_NAME": world.table}}
    )
    ended = poll(cli)

    assert (2, []) == (ended.exit_code, world.cainiao.asked)
    assert "The stack's settings are not those of this version:" in ended.stderr
    assert stack


def test_without_credentials_nothing_is_asked(
    world: World, cli: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ended = poll(cli)

    assert 2 == ended.exit_code
    assert "There are no credentials of AWS on this machine." in ended.stderr
    assert [] == world.cainiao.asked


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_good_order(number: signal.Signals) -> None:
    """Without time it gives its lease back; afterwards signals mean what they meant before."""
    before = signal.getsignal(number)
    clock = ProcessClock()
    assert clock.remaining() > timedelta(minutes=13)

    with ended_by_signals(clock):
        os.kill(os.getpid(), number)

    assert timedelta(0) == clock.remaining()
    assert before == signal.getsignal(number)


# What AWS tells the doctor.


def doctor(cli: Terminal, *arguments: str) -> dict[str, Any]:
    """What the checks of AWS say, by their names."""
    ended = cli.run("doctor", "--json", "--stack", STACK, *arguments)
    return {check["name"]: check for check in ended.json["checks"]}


@pytest.fixture
def logged_in(cli: Terminal) -> Terminal:
    """The address of the stack's API, where nothing answers."""
    cli.environ = {"STALLWATCH_URL": "http://127.0.0.1:9", "STALLWATCH_KEY": "k"}
    return cli


def test_a_quiet_stack_is_well(world: World, stack: str, logged_in: Terminal) -> None:
    """No alarm, no dead letters."""
    found = doctor(logged_in, "--region", moto.REGION)

    names = ("stack", "alarms", "dead_letters")
    assert ["ok"] * 3 == [found[name]["outcome"] for name in names]
    assert (stack, START) == (STACK, world.now)


def test_alarms_and_dead_letters_are_findings(
    world: World, stack: str, logged_in: Terminal
) -> None:
    """Each with what to do; those of another stack are its own business."""
    watch = moto.client("cloudwatch")
    for name in ("lookout-pull-fails", "another-pull-fails"):
        watch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="The log says why.",
            MetricName="Errors",
            Namespace="AWS/Lambda",
            Period=60,
            Statistic="Sum",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    resources = moto.client("cloudformation").describe_stack_resources(StackName=stack)
    queue = resources["StackResources"][0]["PhysicalResourceId"]
    moto.client("sqs").send_message(QueueUrl=queue, MessageBody="letter")

    found = doctor(logged_in, "--region", moto.REGION)

    assert "The alarm lookout-pull-fails is on." == found["alarms"]["message"]
    assert "The log says why." == found["alarms"]["advice"]
    assert "PullDeadLetters holds dead letters: about 1." == (found["dead_letters"]["message"])
    assert "make redrive" in found["dead_letters"]["advice"]
    watch.delete_alarms(AlarmNames=["lookout-pull-fails", "another-pull-fails"])
    assert world.now == START


def test_a_stack_elsewhere_is_a_finding(world: World, stack: str, logged_in: Terminal) -> None:
    """Whoever is configured for another region looks in vain."""
    found = doctor(logged_in, "--region", "us-west-2")

    assert f"There is no stack {stack} in us-west-2;" in found["stack"]["message"]
    assert world.now == START
