"""17TRACK beside Cainiao and in its place, through the handlers and look-alikes of both."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.aws.settings import SettingsError
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.table import Table
from tests.aws import moto
from tests.aws.moto_stack import KEY_NAME, Context, World, world_at, world_with
from tests.simulators.seventeen_track import RECEIVER, Mode, Simulator

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LP = "LP00000000000000"


@pytest.fixture
def track() -> Iterator[Simulator]:
    with Simulator() as built:
        yield built


@pytest.fixture
def world(track: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """17TRACK is the second source."""
    with world_with(track, START, monkeypatch) as built:
        yield built


@pytest.fixture
def in_its_place(track: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """17TRACK is the first source, and the only one."""
    with world_with(track, START, monkeypatch, FirstSource="17track") as built:
        yield built


def add(world: World, count: int = 1, *, silent_days: float = 61) -> list[str]:
    """Orders whose parcels left so long ago, as both sources know."""
    numbers = [f"LP{n:014}" for n in range(count)]
    at = world.now - timedelta(days=silent_days)
    for n, number in enumerate(numbers):
        world.cainiao.put(number, [(at, "LH_DEPART")])
        if world.track is not None:
            world.track.put(number, [(at, "InTransit_Departure")])
        ordered_on = (at - DAY).date().isoformat()
        body = {"order_id": f"{n:02}", "ordered_on": ordered_on, "tracking_number": number}
        status, answer = world.call("POST", "/orders", body)
        assert 201 == status, answer
    return numbers


def live(world: World, days: float) -> list[Any]:
    """Let the schedule run, from turn to turn of the orders; the messages that went out."""
    until = world.now + timedelta(days=days)
    while world.now < until:
        world.pull()
        world.pump()
        _, listed = world.call("GET", "/orders", query={"limit": "100"})
        turns = [
            datetime.fromisoformat(o["next_check_at"])
            for o in listed["orders"]
            if o["next_check_at"]
        ]
        world.now = min([*turns, world.now + DAY / 4]) + timedelta(minutes=5)
    return world.messages()


def order(world: World, order_id: str = "00") -> Any:
    status, answer = world.call("GET", f"/orders/{order_id}")
    assert 200 == status
    return answer


def sources(world: World) -> dict[str, Any]:
    status, answer = world.call("GET", "/stats")
    assert 200 == status
    return {source["name"]: source for source in answer["sources"]}


def kinds(messages: list[Any]) -> list[str]:
    return [message.kind for message in messages]


def test_a_claim_rests_on_both_sources(world: World, track: Simulator) -> None:
    """The checkpoints of each stand apart, the claim waits for both, a credit is spent."""
    add(world)
    assert ["stalled", "refund_claim"] == kinds(live(world, 3))
    assert {"cainiao", "17track"} == {c["source"] for c in order(world)["checkpoints"]}
    assert {LP: 1} == dict(track.spent)
    told = sources(world)
    assert ["cainiao", "17track"] == list(told)
    assert told["cainiao"]["credits"] is None
    credits_ = told["17track"]["credits"]
    assert (1, 99, 100) == (credits_["spent"], credits_["left"], credits_["total"])
    assert credits_["asked_at"] is not None
    assert "ok" == told["17track"]["verdict"]


def test_nothing_of_the_receiver_is_kept(world: World) -> None:
    """17TRACK's answers hold a name and an address; the table holds neither."""
    add(world)
    live(world, 2)
    snapshot = DynamoEvaluationStore(Table(clients.dynamodb(), world.table)).open("00")
    assert snapshot is not None
    kept = repr(snapshot.trace.open()) + json.dumps(order(world))
    assert "InTransit_Departure" in kept
    assert RECEIVER not in kept
    assert "Heidestr" not in kept


@pytest.mark.parametrize(
    "mode", [Mode.BAD_KEY, Mode.STATUS_401, Mode.STATUS_429, Mode.HANG_UP, Mode.SERVICE_ERROR]
)
def test_its_bad_days_leave_cainiao_alone(world: World, track: Simulator, mode: Mode) -> None:
    """Its health is its own; the claim passes it over and says so."""
    add(world, 3)
    track.be(mode)
    messages = live(world, 5)
    claimed = [
        o["order_id"] for m in messages if m.kind == "refund_claim" for o in m.body["orders"]
    ]
    assert ["00", "01", "02"] == sorted(claimed)
    told = sources(world)
    assert "ok" == told["cainiao"]["verdict"]
    expected = "blocked" if mode in {Mode.BAD_KEY, Mode.STATUS_401} else "failing"
    assert expected == told["17track"]["verdict"]
    assert told["17track"]["next_try_at"] is not None
    assert {} == dict(track.spent)
    assert "ok" == world.pull()["source"]
    assert len(track.asked) < 40


@pytest.mark.parametrize(
    "mode", [Mode.WRONG_NUMBER, Mode.OTHER_CARRIER, Mode.TWO_ANSWERS, Mode.NOTHING_YET]
)
def test_an_answer_about_another_parcel_opens_no_gate(
    world: World, track: Simulator, mode: Mode
) -> None:
    """It is no answer; after three days it is passed over."""
    add(world)
    track.spent[LP] = 1
    track.be(mode)
    assert ["stalled"] == kinds(live(world, 2))
    assert {"cainiao"} == {c["source"] for c in order(world)["checkpoints"]}
    assert ["refund_claim"] == kinds(live(world, 3))
    assert 1 == track.spent[LP]


def test_a_used_up_quota_is_said_and_passed_over(world: World, track: Simulator) -> None:
    """Those that could be registered are asked about as ever."""
    add(world, 3)
    track.credits_left = 1
    live(world, 6)
    assert 1 == sum(track.spent.values())
    credits_ = sources(world)["17track"]["credits"]
    assert (1, 0, 1) == (credits_["spent"], credits_["left"], credits_["total"])
    claimed = [a["kind"] for n in range(3) for a in order(world, f"0{n}")["alerts"]]
    assert 3 == claimed.count("refund_claim")


def test_a_lost_registration_is_counted_and_not_paid_again(world: World, track: Simulator) -> None:
    """What became of it is asked before anything else is registered."""
    add(world)
    world.check("00")
    track.be(Mode.FINE, times=2, then=Mode.LOST)
    world.check("00")
    assert ["gettrackinfo", "getquota", "register"] == [asked.what for asked in track.asked]
    assert (1, 0) == (track.spent[LP], sources(world)["17track"]["credits"]["spent"])
    track.be(Mode.FINE)
    live(world, 2)
    assert {LP: 1} == dict(track.spent)
    assert 1 == sources(world)["17track"]["credits"]["spent"]


def test_a_number_that_expired_is_an_answer(world: World, track: Simulator) -> None:
    """17TRACK looks no more after thirty days of silence: nobody knows more."""
    add(world)
    left = world.now - 61 * DAY
    track.put(LP, [(left, "InTransit_Departure")], status="Expired_Other")
    assert ["stalled", "refund_claim"] == kinds(live(world, 3))


def test_the_local_carrier_is_asked_by_its_own_number(world: World, track: Simulator) -> None:
    """Where an answer carries it."""
    add(world)
    left = world.now - 61 * DAY
    correos = (9041, "Correos", "RB123456785ES", "https://correos.example/")
    events = [
        (left, "InTransit_Departure"),
        (left + 50 * DAY, "InTransit_CustomsRequiringInformation"),
    ]
    track.put(LP, events, carrier=correos)
    (message,) = [m for m in live(world, 3) if m.kind == "action_needed"]
    (told,) = message.body["orders"]
    assert "customs" == told["reason"]
    assert "Ask Correos (number RB123456785ES)" in told["advice"]


def test_the_key_stands_nowhere(
    world: World,
    track: Simulator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither in the table nor in a log, also where it is refused."""
    caplog.set_level(logging.DEBUG, logger="stallwatch")
    add(world)
    track.key = "another"
    live(world, 2)
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    out = capsys.readouterr()
    logged = [vars(record) for record in caplog.records]
    assert "key refused" in [record.get("why") for record in logged]
    secret = moto.client("ssm").get_parameter(Name=KEY_NAME, WithDecryption=True)["Parameter"][
        "Value"
    ]
    for place in (repr(items), out.out, out.err, repr(logged)):
        assert secret not in place


def test_a_missing_parameter_is_no_answer(world: World, track: Simulator) -> None:
    """Cainiao is asked as ever, and the claim passes over who cannot be asked."""
    moto.client("ssm").delete_parameter(Name=KEY_NAME)
    add(world)
    assert ["stalled", "refund_claim"] == kinds(live(world, 5))
    assert [] == track.asked


def test_without_a_key_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One source, one line of health, no credits."""
    with world_at(START, monkeypatch) as world:
        add(world)
        assert ["refund_claim"] == kinds(live(world, 1))
        assert ["cainiao"] == list(sources(world))


# In Cainiao's place.


def test_in_its_place_17track_is_asked_about_everything(
    in_its_place: World, track: Simulator
) -> None:
    """Each number is registered once, in batches of forty; Cainiao hears nothing."""
    world = in_its_place
    numbers = add(world, 45, silent_days=2)
    live(world, 0.6)  # they are checked again after half a day
    assert [] == world.cainiao.asked
    assert dict.fromkeys(numbers, 1) == dict(track.spent)
    assert [40, 5] == [len(asked) for asked in track.asked_for("register")]
    seen = order(world, "44")
    assert "departed_origin" == seen["stage"]
    assert {"17track"} == {c["source"] for c in seen["checkpoints"]}
    told = sources(world)
    assert ["17track"] == list(told)
    assert 45 == told["17track"]["credits"]["spent"]


def test_in_its_place_an_outage_bears_its_name(in_its_place: World, track: Simulator) -> None:
    """The owner is told who does not answer."""
    world = in_its_place
    add(world, 1, silent_days=2)
    track.be(Mode.BAD_KEY)
    messages = live(world, 2)
    assert ["source_down"] == kinds(messages)
    assert "blocked" == world.pull()["source"]
    track.be(Mode.FINE)
    assert ["source_up"] == kinds(live(world, 3))
    items = moto.client("dynamodb").scan(TableName=world.table)["Items"]
    assert {"SOURCE#17track"} == {
        item["sk"]["S"] for item in items if item["sk"]["S"].startswith("SOURCE#")
    }


def test_in_its_place_its_claims_need_no_other(in_its_place: World) -> None:
    """It is the one whose answers count."""
    add(in_its_place)
    assert ["refund_claim"] == kinds(live(in_its_place, 1))


def test_in_its_place_without_a_key_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said by every function."""
    with world_at(START, monkeypatch, FIRST_SOURCE="17track") as world:
        for name in ("pull_tracking", "evaluate_orders"):
            with pytest.raises(SettingsError, match="SEVENTEEN_TRACK_KEY"):
                world.handlers[name].handler({"Records": []}, Context())


def test_a_stack_may_change_its_first_source(world: World, track: Simulator) -> None:
    """What Cainiao said stays, named; silence goes on, and no credit is paid again."""
    add(world)
    assert ["stalled", "refund_claim"] == kinds(live(world, 3))
    asked = len(world.cainiao.asked)
    world.deploy({"FirstSource": "17track"}, {})
    assert [] == kinds(live(world, 3))
    assert asked == len(world.cainiao.asked)
    assert {LP: 1} == dict(track.spent)
    seen = order(world)
    assert [("17track", 1), ("cainiao", 1)] == sorted(
        (source, sum(c["source"] == source for c in seen["checkpoints"]))
        for source in ("17track", "cainiao")
    )
    assert seen["silent_days"] >= 66
