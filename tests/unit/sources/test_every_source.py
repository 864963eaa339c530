"""What holds of every source: it is asked of its simulator, which has a module of the same name."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from stallwatch.domain.parcels import Stage
from stallwatch.tracking.profiles import PROFILES, SourceProfile
from stallwatch.tracking.source import Registry, Source, SourceResponse, Verdict
from stallwatch.wiring import SOURCES

FIRST, SECOND, UNKNOWN = NUMBERS = ("LP00000000000001", "LP00000000000002", "LP00000000000003")
AT = datetime(2026, 4, 1, 10, tzinfo=UTC)

NO_ANSWER = (
    "bomb",
    "deep",
    "hang_up",
    "huge",
    "status_429",
    "status_500",
    "truncated",
)
"""The modes of a simulator in which nothing can be read."""

WRONG_IN_PART = ("missing_number", "poisoned", "two_answers", "wrong_number")
"""The modes in which the entry of the first number is missing, unreadable or not the only one."""

every_source = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def module_of(profile: SourceProfile) -> ModuleType:
    """A source's simulator: `Simulator`, the code `SCAN` of a scan, and `KEY` if it has one."""
    try:
        return import_module(f"tests.simulators.{profile.module}")
    except ModuleNotFoundError:
        pytest.fail(f"there is no tests/simulators/{profile.module}.py with the class Simulator")


@pytest.fixture
def simulator(profile: SourceProfile) -> Iterator[Any]:
    """The service, which knows of one scan of each of two numbers."""
    module = module_of(profile)
    with module.Simulator() as server:
        for number in (FIRST, SECOND):
            server.put(number, [(AT, module.SCAN)])
        yield server


@pytest.fixture
def source(profile: SourceProfile, simulator: Any) -> Source:
    """The source, with all numbers registered where it wants them so."""
    made = SOURCES[profile.name](simulator.url, lambda: getattr(simulator, "key", ""))
    if profile.takes_credits:
        registry: Registry = made  # type: ignore[assignment]
        assert Verdict.OK is registry.register(NUMBERS).verdict
    return made


@every_source
def test_a_scan_is_told_with_its_instant_and_code(profile: SourceProfile, source: Source) -> None:
    """And the profile knows what its code means."""
    response = source.ask(NUMBERS)
    assert Verdict.OK is response.verdict, response.reason
    (event,) = response.answers[FIRST].events
    assert AT == event.at
    stage, _ = profile.stage_of(event.code)
    assert stage not in {Stage.IN_TRANSIT_UNPLACED, Stage.DELIVERED}, (
        f"the list of codes in shared/stallwatch/tracking/data/ places no {event.code}"
    )


@every_source
def test_a_number_that_is_not_known_has_no_events(profile: SourceProfile, source: Source) -> None:
    """It may be missing, or answered as unknown: never a journey of another number."""
    answer = source.ask(NUMBERS).answers.get(UNKNOWN)
    assert answer is None or (answer.known, answer.events) == (False, ()), profile.name


@every_source
@pytest.mark.parametrize("mode", NO_ANSWER)
def test_a_bad_day_is_no_answer(
    profile: SourceProfile, simulator: Any, source: Source, mode: str
) -> None:
    """Whatever comes in its place, nothing is raised, and nothing is taken for an empty answer."""
    simulator.be(mode)
    response = source.ask(NUMBERS)
    assert ({}, True) == (response.answers, bool(response.reason)), profile.name
    assert Verdict.OK is not response.verdict
    simulator.be("fine")
    assert {FIRST, SECOND} <= source.ask(NUMBERS).answers.keys()


@every_source
@pytest.mark.parametrize("mode", WRONG_IN_PART)
def test_one_wrong_entry_costs_only_itself(
    profile: SourceProfile, simulator: Any, source: Source, mode: str
) -> None:
    """The other numbers are answered, and nobody gets another's journey."""
    expected = _told(source.ask(NUMBERS))
    simulator.be(mode)
    answered = _told(source.ask(NUMBERS))
    assert expected[SECOND] == answered[SECOND], profile.name
    assert answered.keys() <= set(NUMBERS)


@every_source
def test_a_response_names_no_number_in_its_reason(
    profile: SourceProfile, simulator: Any, source: Source
) -> None:
    """It goes to the log."""
    simulator.be("status_500")
    assert not any(number in source.ask(NUMBERS).reason for number in NUMBERS), profile.name


def _told(response: SourceResponse) -> dict[str, object]:
    return {number: answer.events for number, answer in response.answers.items()}
