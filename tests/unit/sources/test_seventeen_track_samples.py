"""17TRACK's documented samples are read, and its codes told from Cainiao's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stallwatch.domain.parcels import Stage
from stallwatch.sources.seventeen_track import SeventeenTrack, parse
from stallwatch.sources.seventeen_track_answers import CAINIAO
from stallwatch.sources.transport import Received, Transport
from stallwatch.tracking.codes import code_of_status, is_destruction
from stallwatch.tracking.profiles import SEVENTEEN_TRACK, stage_of_entry
from stallwatch.tracking.source import Quota, Registration, Verdict
from tests.simulators.seventeen_track import KEY

SAMPLES = Path(__file__).parents[4] / "shared" / "upstream" / "17track"


# The vocabulary.


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("InTransit_QuantumTunnelling", Stage.IN_TRANSIT_UNPLACED),
        ("Exception_Abducted", Stage.EXCEPTION),
        ("Delivered_ByDrone", Stage.DELIVERED),
        ("Teleported_Other", Stage.IN_TRANSIT_UNPLACED),
    ],
)
def test_an_unlisted_sub_status_means_what_its_status_does(status: str, stage: Stage) -> None:
    """The nine statuses are all there are; sub-statuses come."""
    assert (stage, None) == SEVENTEEN_TRACK.stage_of(status)


def test_the_sources_codes_are_read_apart() -> None:
    """Nothing of Cainiao's is ever a delivery because 17TRACK has a word for one."""
    assert Stage.DELIVERED is stage_of_entry("17track", "Delivered")[0]
    assert Stage.IN_TRANSIT_UNPLACED is stage_of_entry("cainiao", "Delivered_Other")[0]
    assert Stage.DELIVERED is stage_of_entry("cainiao", "GTMS_SIGNED")[0]
    assert is_destruction("Exception_Destroyed")
    assert is_destruction(code_of_status("Exception_Destroyed"))
    assert not is_destruction("Exception_Returned")


# The documented samples.


def sample(name: str) -> dict[str, Any]:
    path = SAMPLES / f"{name}.json"
    if not path.is_file():
        pytest.skip("../shared is not there")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def as_cainiao_s(body: dict[str, Any]) -> bytes:
    """The sample as if it were about a parcel of Cainiao's."""
    for entry in body["data"]["accepted"]:
        entry["carrier"] = CAINIAO
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("name", "number", "stages"),
    [
        (
            "gettrackinfo_correios_2151",
            "AA123456789BR",
            ["accepted", "out_for_delivery", "delivered"],
        ),
        ("gettrackinfo_exception_returning", "AA555666777BR", ["returned"]),
        (
            "gettrackinfo_yanwen_190012",
            "YT2616912345678901",
            ["accepted", "departed_origin", "arrived_destination"],
        ),
    ],
)
def test_the_documented_answers_are_read(name: str, number: str, stages: list[str]) -> None:
    """Each event placed; and nothing where they are about another carrier's parcels."""
    body = sample(name)
    assert {} == parse(json.dumps(body).encode(), [number]).answers
    answer = parse(as_cainiao_s(body), [number]).answers[number]
    assert stages == [stage_of_entry("17track", event.code)[0].value for event in answer.events]
    assert answer.eta is None
    assert answer.carrier is not None
    assert number == answer.carrier.number


def test_the_documented_rejection_is_read() -> None:
    """Its carrier stands in a text."""
    body = json.dumps(sample("gettrackinfo_yanwen_190012")).encode()
    assert frozenset({"21213123123230"}) == parse(body, ["21213123123230"]).unregistered


@pytest.mark.parametrize(
    ("name", "use", "expected"),
    [
        (
            "register_mixed",
            lambda source: source.register(["AA123456789BR", "1234"]),
            Registration(Verdict.OK, frozenset({"AA123456789BR"})),
        ),
        (
            "register_already_registered",
            lambda source: source.register(["AA123456789BR"]),
            Registration(Verdict.OK),
        ),
        ("getquota", lambda source: source.quota(), Quota(left=1098, total=1100)),
    ],
)
def test_the_documented_accounts_are_read(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    use: Callable[[SeventeenTrack], object],
    expected: object,
) -> None:
    """What was registered, and what is left."""
    body = json.dumps(sample(name)).encode()
    received = Received(200, {}, body, complete=True)
    monkeypatch.setattr(Transport, "request", lambda *_, **__: received)
    assert expected == use(SeventeenTrack("http://127.0.0.1:9", lambda: KEY))
