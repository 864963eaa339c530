"""Asking 17TRACK: key, registration, credits, bad days."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stallwatch.domain.errors import StallwatchError
from stallwatch.sources.seventeen_track import SeventeenTrack
from stallwatch.tracking.source import Quota, Registration, Registry, Verdict
from tests.simulators.seventeen_track import KEY, RECEIVER, Mode, Simulator

NUMBERS = ["LP00000000000001", "LP00000000000002"]
FIRST, SECOND = NUMBERS
PICKED_UP = datetime(2026, 4, 1, 10, tzinfo=UTC)
LEFT = datetime(2026, 4, 9, 10, tzinfo=UTC)
SAMPLES = Path(__file__).parents[4] / "shared" / "upstream" / "17track"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """17TRACK, with two parcels that are registered."""
    with Simulator() as server:
        for number in NUMBERS:
            server.spent[number] = 1
            server.put(number, [(PICKED_UP, "InTransit_PickedUp"), (LEFT, "InTransit_Departure")])
        yield server


@pytest.fixture
def source(simulator: Simulator) -> SeventeenTrack:
    return SeventeenTrack(simulator.url, lambda: KEY, total_seconds=5)


# Asking.


def test_it_is_a_registry() -> None:
    """The type checker agrees that it keeps to the protocol."""
    source: Registry = SeventeenTrack("http://127.0.0.1:9", lambda: KEY)
    assert "17track" == source.name


def test_a_request_names_key_numbers_and_carrier(
    simulator: Simulator, source: SeventeenTrack
) -> None:
    """Left to itself, 17TRACK takes some of Cainiao's numbers for another carrier's."""
    reply = source.ask(NUMBERS)
    (asked,) = simulator.asked
    assert ("gettrackinfo", tuple(NUMBERS)) == (asked.what, asked.numbers)
    assert KEY == asked.headers["17token"]
    assert "application/json" == asked.headers["content-type"]
    assert (Verdict.OK, NUMBERS) == (reply.verdict, sorted(reply.answers))
    assert frozenset(NUMBERS) == reply.registered
    source.register(["LP00000000000003"])
    assert 1 == simulator.spent["LP00000000000003"]


def test_the_journey_is_read(source: SeventeenTrack) -> None:
    """Oldest first, with the wall clock and the zone as given."""
    answer = source.ask(NUMBERS).answers[FIRST]
    assert answer.known
    assert [
        (PICKED_UP, "2026-04-01 18:00:00", "+08:00", "InTransit_PickedUp", "DONGGUAN, CN"),
        (LEFT, "2026-04-09 18:00:00", "+08:00", "InTransit_Departure", "DONGGUAN, CN"),
    ] == [(e.at, e.wall, e.zone, e.code, e.place) for e in answer.events]


def test_nothing_of_the_receiver_is_read(source: SeventeenTrack) -> None:
    """Name, street and phone numbers stay where they are."""
    told = repr(source.ask(NUMBERS))
    assert RECEIVER not in told
    assert "Heidestr" not in told
    assert "51147" not in told
    assert "+49" not in told


def test_an_unregistered_number_is_told_apart(simulator: Simulator, source: SeventeenTrack) -> None:
    """It costs nothing to ask; to register it is for others to decide."""
    reply = source.ask([FIRST, "LP00000000000009"])
    assert {FIRST} == reply.answers.keys()
    assert frozenset({"LP00000000000009"}) == reply.unregistered
    assert frozenset({FIRST}) == reply.registered
    assert [] == simulator.asked_for("register")


def test_a_number_is_registered_once(simulator: Simulator, source: SeventeenTrack) -> None:
    """That it is registered already is fine, and costs nothing."""
    new = "LP00000000000003"
    assert Registration(Verdict.OK, frozenset({new})) == source.register([new, FIRST])
    assert Registration(Verdict.OK) == source.register([new])
    assert {FIRST: 1, SECOND: 1, new: 1} == dict(simulator.spent)


def test_a_used_up_quota_is_said(simulator: Simulator, source: SeventeenTrack) -> None:
    """Some may have been registered before it was."""
    simulator.credits_left = 1
    made = source.register(["LP00000000000003", "LP00000000000004"])
    assert Registration(Verdict.OK, frozenset({"LP00000000000003"}), used_up=True) == made
    assert Quota(left=0, total=3) == source.quota()


@pytest.mark.parametrize("mode", [Mode.BAD_KEY, Mode.STATUS_401])
def test_a_refused_key_stops_everything(
    simulator: Simulator, source: SeventeenTrack, mode: Mode
) -> None:
    """However it is refused."""
    simulator.be(mode)
    assert Verdict.BLOCKED is source.ask(NUMBERS).verdict
    made = source.register(NUMBERS)
    assert (Verdict.BLOCKED, False) == (made.verdict, made.unknown)
    assert source.quota() is None


def test_a_key_is_read_once_and_anew_where_it_is_refused(simulator: Simulator) -> None:
    """Whoever replaces it need not wait for another function."""
    keys = iter(["old", " new\n"])
    reads = []

    def read() -> str:
        reads.append(next(keys))
        return reads[-1]

    source = SeventeenTrack(simulator.url, read)
    simulator.key = "new"
    assert Verdict.BLOCKED is source.ask(NUMBERS).verdict
    for _ in range(3):
        assert Verdict.OK is source.ask(NUMBERS).verdict
    assert ["old", " new\n"] == reads


def test_a_key_that_cannot_be_read_is_no_answer(simulator: Simulator) -> None:
    """And nobody is asked without one."""

    class DeniedError(StallwatchError):
        pass

    def read() -> str:
        raise DeniedError("AccessDenied")

    source = SeventeenTrack(simulator.url, read)
    reply = source.ask(NUMBERS)
    assert (Verdict.FAILING, "no key: AccessDenied") == (reply.verdict, reply.reason)
    made = source.register(NUMBERS)
    assert (Verdict.FAILING, False) == (made.verdict, made.unknown)
    assert [] == simulator.asked


@pytest.mark.parametrize("key", ["bad\r\nkey: 1", "schlüssel\u2028", "\x00"])
def test_a_key_that_is_none_is_in_no_reason(simulator: Simulator, key: str) -> None:
    """Headers take no such thing; the reason names the kind of the mistake alone."""
    reply = SeventeenTrack(simulator.url, lambda: key).ask(NUMBERS)
    assert reply.verdict is not Verdict.OK
    assert key.strip() not in reply.reason
    assert "key" not in reply.reason or reply.reason == "key refused"


NO_ANSWER = {
    Mode.STATUS_429: ("status 429", False),
    Mode.STATUS_500: ("status 500", True),
    Mode.SERVICE_ERROR: ("code -18010003", False),
    Mode.NOT_JSON: ("not JSON", True),
    Mode.TRUNCATED: ("not JSON", True),
    Mode.HUGE: ("too large", True),
    Mode.BOMB: ("too large", True),
    Mode.LIST: ("no object", True),
    Mode.NO_DATA: ("no code", True),
}


@pytest.mark.parametrize(("mode", "expected"), NO_ANSWER.items())
def test_a_bad_day_is_no_answer(
    simulator: Simulator, source: SeventeenTrack, mode: Mode, expected: tuple[str, bool]
) -> None:
    """And whether a registration may have come through even so is told."""
    reason, unknown = expected
    simulator.be(mode)
    reply = source.ask(NUMBERS)
    assert (Verdict.FAILING, {}, reason) == (reply.verdict, reply.answers, reply.reason)
    made = source.register(NUMBERS)
    assert (Verdict.FAILING, unknown) == (made.verdict, made.unknown)
    assert source.quota() is None


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.HANG_UP, Mode.LOST, Mode.DEEP])
def test_no_answer_ends_in_time(simulator: Simulator, mode: Mode) -> None:
    """Nor does one that is nothing but brackets."""
    simulator.be(mode)
    source = SeventeenTrack(simulator.url, lambda: KEY, total_seconds=0.3)
    assert Verdict.FAILING is source.ask(NUMBERS).verdict
    assert source.register(NUMBERS).unknown


@pytest.mark.parametrize(
    "mode",
    [Mode.WRONG_NUMBER, Mode.OTHER_CARRIER, Mode.MISSING_NUMBER, Mode.TWO_ANSWERS, Mode.POISONED],
)
def test_a_wrong_entry_costs_its_own_number_alone(
    simulator: Simulator, source: SeventeenTrack, mode: Mode
) -> None:
    """It is no answer about that one; the others are answered."""
    simulator.be(mode)
    reply = source.ask(NUMBERS)
    assert (Verdict.OK, [SECOND]) == (reply.verdict, list(reply.answers))
    assert frozenset() == reply.unregistered


@pytest.mark.parametrize("mode", [Mode.NOT_DETECTED, Mode.NOTHING_YET])
def test_a_rejected_number_is_no_answer(
    simulator: Simulator, source: SeventeenTrack, mode: Mode
) -> None:
    """Only one that is not registered may be registered."""
    simulator.be(mode)
    reply = source.ask(NUMBERS)
    assert (Verdict.OK, {}, frozenset()) == (reply.verdict, reply.answers, reply.unregistered)
    assert (frozenset(NUMBERS) if mode is Mode.NOTHING_YET else frozenset()) == reply.registered
