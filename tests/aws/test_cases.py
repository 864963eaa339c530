"""The cases of the rules, through the three handlers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.domain.alerts import AlertKind
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.table import Table
from tests.aws.moto_stack import Sent, World, world_at, world_with
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.support.case_runner import GATE_CASES, Case, Look, load

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def two_sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """With 17TRACK as the second source."""
    with SeventeenTrack() as track, world_with(track, START, monkeypatch) as built:
        yield built


class Player:
    """Plays a case: tells the look-alike and the buyer what to say, and when."""

    def __init__(self, world: World, case: Case) -> None:
        self.world = world
        self.case = case
        self.number = case.order.get("tracking_number")
        self.events: dict[str, list[tuple[datetime, str]]] = {}

    def add(self) -> None:
        status, _ = self.world.call("POST", "/orders", dict(self.case.order))
        assert 201 == status

    def prepare(self, look: Look) -> None:
        """Let happen what a case says to have happened before an evaluation."""
        for deed in look.actions:
            body: dict[str, object] = {"action": deed}
            if look.on is not None and deed in {"seller_contacted", "dispute_opened"}:
                body["on"] = look.on.isoformat()
            if deed == "not_found_here":
                body["answers"] = dict(look.answers)
            if look.until is not None and deed == "snooze":
                body["until"] = look.until.isoformat()
            status, answer = self.world.call("POST", "/orders/case/actions", body)
            assert 200 == status, answer
        if look.change_number is not None:
            self.number = look.change_number
            body = {"tracking_number": look.change_number}
            status, answer = self.world.call("PATCH", "/orders/case", body)
            assert 200 == status, answer
        if self.number is not None:
            self.events.setdefault(self.number, []).extend(look.checkpoints)
            self.tell()
        self.world.cainiao.be("fine" if look.answered else "block_page")

    def tell(self) -> None:
        """Have the look-alike tell what the case's source knows."""
        assert self.number is not None
        if self.case.answer == "not_found":
            self.world.cainiao.forget(self.number)
        else:
            self.world.cainiao.put(
                self.number,
                [(at, code, code, "GMT+0") for at, code in self.events[self.number]],
                mail_type=self.case.mail_type,
            )


@pytest.mark.parametrize("case", load(START), ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    """Each evaluation of the case sends what the case says."""
    player = Player(world, case)
    first = case.looks[0]
    answered_at = case.first_answer_at
    if answered_at is not None and answered_at < START:
        # The answer comes when it comes; the evaluation that it should wake comes late.
        world.now = answered_at
        player.add()
        player.prepare(first)
        world.pull("case")
        world.now = START
        world.cainiao.be("block_page")
    else:
        player.add()
        player.prepare(first)
        if answered_at is None:
            world.cainiao.be("block_page")
    for index, look in enumerate(case.looks):
        if look is not first:
            # A run takes some seconds, and so does the sending: the waits count from there.
            world.now = look.now + timedelta(minutes=5 * index)
            player.prepare(look)
        world.check("case")

        status, order = world.call("GET", "/orders/case")

        assert 200 == status
        sent = world.messages()
        assert_as_expected(look, sent, order)
        world.pump()
        assert [] == world.messages()


def assert_as_expected(look: Look, sent: Sequence[Sent], order: Mapping[str, Any]) -> None:
    """What every case says of a look: the alerts, and what the order then is."""
    expect = look.expect
    assert sorted(expect["alerts"]) == sorted(m.kind for m in sent)
    if "stage" in expect:
        assert expect["stage"] == order["stage"]
    if "silent_days" in expect:
        assert expect["silent_days"] == order["silent_days"]
    if "reason" in expect:
        assert expect["reason"] in {o.get("reason") for m in sent for o in m.body["orders"]}


def tell_second(player: Player, look: Look, known: list[tuple[datetime, str]]) -> None:
    """Have 17TRACK know what the case says, and be as it says."""
    track = player.world.track
    assert track is not None
    known += look.second_checkpoints
    if player.number is not None and known:
        track.put(player.number, known)
    track.be("fine" if look.second == "answers" else "status_500")


def facts_of_claims(world: World) -> list[dict[str, object]]:
    """What was put down with the claims, the newest last."""
    dossier = DynamoEvaluationStore(Table(clients.dynamodb(), world.table)).open("case")
    assert dossier is not None
    claims = [a for a in dossier.alerts if a.kind is AlertKind.REFUND_CLAIM]
    return [a.facts for a in sorted(claims, key=lambda a: a.raised_at)]


@pytest.mark.parametrize("case", load(START, GATE_CASES), ids=lambda case: case.name)
def test_gate_case(two_sources: World, case: Case) -> None:
    """Each look sends what the case says, and no number costs two credits."""
    world, track = two_sources, two_sources.track
    assert track is not None
    player = Player(world, case)
    known: list[tuple[datetime, str]] = []
    player.add()
    for index, look in enumerate(case.looks):
        world.now = look.now + timedelta(minutes=5 * index)
        player.prepare(look)
        tell_second(player, look, known)
        for _ in range(
            3
        ):  # the first sees what is due, the second registers, the third is answered
            world.check("case")

        _, order = world.call("GET", "/orders/case")
        sent = world.messages()
        expect = look.expect
        assert_as_expected(look, sent, order)
        if "asked" in expect:
            assert expect["asked"] is (track.asked != [])
        if "passed_over" in expect:
            passed_over = facts_of_claims(world)[-1].get("second_passed_over", False)
            assert expect["passed_over"] is passed_over
    assert set(track.spent.values()) <= {1}
