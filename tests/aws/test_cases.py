"""The cases of the rules, through the handlers: from the API and the simulated source to SNS."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stallwatch.aws import clients
from stallwatch.domain.alerts import AlertKind
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.table import Table
from tests.aws.moto_stack import Sent, World, world_at, world_with
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.support.case_runner import GATE_CASES, Case, Look, load

START = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
RUN_TAKES = timedelta(minutes=5)
"""A run takes some seconds, and so does the sending: waits count from there, so each look of a case
comes a little later than the one before says."""

ABOUT_SOURCES = frozenset({"source_down", "source_up"})
"""What belongs to the stack; the cases say nothing of it."""


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
    """Plays a case: tells the simulated source and the buyer what to say, and when."""

    def __init__(self, world: World, case: Case) -> None:
        self.world = world
        self.case = case
        self.number = case.order.get("tracking_number")
        self.events: dict[str, list[tuple[datetime, str]]] = {}

    def add(self) -> None:
        """Add the order."""
        status, answer = self.world.call("POST", "/orders", dict(self.case.order))
        assert 201 == status, answer

    def look(self, look: Look, now: datetime) -> None:
        """Let happen what a case says to have happened before an evaluation, and evaluate.

        Args:
            look: The evaluation.
            now: When it is.
        """
        world, answered_at = self.world, look.answered_at
        if look.answered == "others":
            # It is asked about all the time, and the spell begins after the last answer.
            world.now += RUN_TAKES / 2
            world.cainiao.be(mode_of(look))
            world.pull("case")
        if look.answered is True and answered_at is not None and answered_at < look.now:
            # The answer comes when it comes; the evaluation that it should wake comes late.
            world.now = now - (look.now - answered_at)
            self._begin(look)
            world.pull("case")
            world.cainiao.be("block_page")
            world.now = now
        else:
            world.now = now
            self._begin(look)
        world.check("case")

    def _begin(self, look: Look) -> None:
        if look is self.case.looks[0]:
            self.add()
        self.prepare(look)

    def prepare(self, look: Look) -> None:
        """What the buyer says, and what the source will answer."""
        self._correct(look)
        for kind in look.actions:
            self._act(kind, look)
        if self.number is not None:
            self.events.setdefault(self.number, []).extend(look.checkpoints)
            self._tell(look)
        self.world.cainiao.be(mode_of(look))

    def _act(self, kind: str, look: Look) -> None:
        body: dict[str, object] = {"action": kind}
        if look.on is not None:
            body["on"] = look.on.isoformat()
        if kind == "not_found_here":
            body["answers"] = dict(look.answers)
        if look.until is not None and kind == "snooze":
            body["until"] = look.until.isoformat()
        status, answer = self.world.call("POST", "/orders/case/actions", body)
        assert 200 == status, answer

    def _correct(self, look: Look) -> None:
        """The buyer corrects dates, or gives another number."""
        changes: dict[str, str | None] = {}
        if look.ordered_on is not None:
            changes["ordered_on"] = look.ordered_on.isoformat()
        if look.corrects_protection:
            ends_on = look.protection_ends_on
            changes["protection_ends_on"] = None if ends_on is None else ends_on.isoformat()
        if look.change_number is not None:
            changes["tracking_number"] = self.number = look.change_number
        if changes:
            status, answer = self.world.call("PATCH", "/orders/case", changes)
            assert 200 == status, answer

    def _tell(self, look: Look) -> None:
        """Have the simulator tell what the case's source knows."""
        assert self.number is not None
        events = self.events[self.number]
        if look.answer == "not_found" and not events:
            self.world.cainiao.forget(self.number)
            return
        # An estimate that has not passed at a look has not passed where the look comes later.
        eta = self.case.eta
        self.world.cainiao.put(
            self.number,
            [(at, code, code, "GMT+0") for at, code in events],
            mail_type=self.case.mail_type,
            eta=None if eta is None else eta + RUN_TAKES * len(self.case.looks),
            status=look.status,
        )


def mode_of(look: Look) -> str:
    """How the simulator answers when a case looks."""
    if look.answered == "others":
        return "wrong_number"
    return "fine" if look.answered and look.answered_at is not None else "block_page"


@pytest.mark.parametrize("case", load(START), ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    """Each evaluation of the case sends what the case says, and shows the key dates it names."""
    player = Player(world, case)
    for index, look in enumerate(case.looks):
        player.look(look, look.now + RUN_TAKES * index)

        status, order = world.call("GET", "/orders/case")

        assert 200 == status
        assert_as_expected(look, world.messages(), order)
        world.pump()
        assert [] == world.messages()


def assert_as_expected(look: Look, sent: Sequence[Sent], order: Mapping[str, Any]) -> None:
    """What every case says of a look: the alerts, and what the order then is."""
    expect = look.expect
    told = [(m.kind, o) for m in sent if m.kind not in ABOUT_SOURCES for o in m.body["orders"]]
    assert sorted(expect["alerts"]) == sorted(kind for kind, _ in told)
    for name in ("stage", "silent_days", "state"):
        if name in expect:
            assert (name, expect[name]) == (name, order[name])
    if "reason" in expect:
        assert expect["reason"] in {entry.get("reason") for _, entry in told}
    dates = dict(expect.get("dates", {}))
    if dates.get("protection_ends_on", 0) is None:
        # It stays in the answer as the buyer gave it, also when it is over.
        del dates["protection_ends_on"]
    assert dates == {name: days_ahead(order[name], look.now) for name in dates}


def days_ahead(day: str | None, now: datetime) -> int | None:
    """A date of an answer as days from an instant's date."""
    return None if day is None else (date.fromisoformat(day) - now.date()).days


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
    snapshot = DynamoEvaluationStore(Table(clients.dynamodb(), world.table)).open("case")
    assert snapshot is not None
    claims = [a for a in snapshot.alerts if a.kind is AlertKind.REFUND_CLAIM]
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
        world.now = look.now + RUN_TAKES * index
        player.prepare(look)
        tell_second(player, look, known)
        # The first sees what is due, the second registers, the third is answered.
        for _ in range(3):
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
