"""The cases of the rules, through the three handlers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.aws.world import World, world_at
from tests.case_runner import Case, Look, load

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
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
        expect = look.expect
        assert sorted(expect["alerts"]) == sorted(m.kind for m in sent)
        if "stage" in expect:
            assert expect["stage"] == order["stage"]
        if "silent_days" in expect:
            assert expect["silent_days"] == order["silent_days"]
        if "reason" in expect:
            assert expect["reason"] in {o.get("reason") for m in sent for o in m.body["orders"]}
        world.pump()
        assert [] == world.messages()
