"""Reading whatever Cainiao could answer: nothing raises, and no entry hurts another."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.sources.cainiao import parse
from stallwatch.tracking.source import SourceResponse, Verdict
from tests.support.cainiao_answers import (
    NUMBER,
    OTHER,
    THIRD,
    body,
    detail,
    module,
)
from tests.support.template import ROOT

SAMPLES = ROOT / "tests" / "data" / "cainiao"

# ------------------------------------------------------------------------------------ anything else

relaxed = settings(deadline=None)
"""No test here is about time."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2026-05-10 08:00:00", "GMT+2", "GTMS_SIGNED", "DELIVERED", "[Town] x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["mailNo", "detailList", "timeStr", "time", "timeZone", "actionCode", "status",
                 "latestTrace", "destCpInfo", "cpName", "url", "globalEtaInfo", "deliveryMaxTime",
                 "copyRealMailNo", "standerdDesc", "mailNoSource", "mailType"]
            ) | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)  # fmt: skip


def check(reply: SourceResponse) -> None:
    """What holds of every reply."""
    assert (reply.verdict is Verdict.OK) is (reply.reason == "")
    assert reply.verdict is Verdict.OK or not reply.answers
    for number, answer in reply.answers.items():
        assert number == answer.number
        assert list(answer.events) == sorted(set(answer.events))
        for event in answer.events:
            assert event.at.tzinfo is UTC
            assert event.wall == str(datetime.fromisoformat(event.wall))
            for text, limit in (
                (event.text, 200),
                (event.place or "", 60),
                (event.code, 64),
                (event.zone, 32),
            ):
                assert len(text) <= limit
                text.encode()


@relaxed
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read(anything: bytes) -> None:
    """Nothing raises."""
    check(parse(anything, [NUMBER]))


@relaxed
@given(JSON, st.booleans())
def test_any_json_at_all_is_read(anything: object, shaped: bool) -> None:  # noqa: FBT001
    """Nothing raises, neither by itself nor in place of the entries."""
    told = {"module": anything, "success": True} if shaped else anything
    check(parse(json.dumps(told).encode(), [NUMBER]))


FIELDS = [
    "mailNoSource", "detailList", "status", "statusDesc", "mailType", "globalEtaInfo",
    "destCpInfo", "latestTrace", "copyRealMailNo",
]  # fmt: skip


@relaxed
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_entry_at_all_is_read(fields: dict[str, object]) -> None:
    """Nothing raises for an entry about the very number."""
    check(parse(body(fields | {"mailNo": NUMBER}), [NUMBER]))


@relaxed
@given(st.dictionaries(st.sampled_from(sorted(detail())), JSON))
def test_any_event_at_all_is_read(fields: dict[str, object]) -> None:
    """Nothing raises for an event, whatever its fields are; the event beside it stays."""
    sound = detail("GTMS_SIGNED", timeStr="2030-01-01 00:00:00")
    reply = parse(body(module(NUMBER, detail("X") | fields, sound)), [NUMBER])
    check(reply)
    assert "GTMS_SIGNED" in [event.code for event in reply.answers[NUMBER].events]


def _spots(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a JSON value."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _spots(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _spots(inner, (*path, index))


WHOLE = json.loads(
    (SAMPLES / "economy_handed_over_with_predeclared_customs.json").read_text(encoding="utf-8")
)["module"][0] | {"mailNo": NUMBER}
SPOTS = [spot for spot in _spots(WHOLE) if spot != ("mailNo",)]
NEIGHBOURS = (module(OTHER, detail()), module(THIRD, status="SELLER_PREPARING"))


@relaxed
@given(st.lists(st.tuples(st.sampled_from(SPOTS), JSON), min_size=1, max_size=3))
def test_a_mangled_entry_never_hurts_its_neighbours(changes: list[tuple[Any, Any]]) -> None:
    """Whatever stands anywhere in it, the other numbers are answered as ever."""
    mangled = copy.deepcopy(WHOLE)
    for spot, value in changes:
        target = mangled
        try:
            for key in spot[:-1]:
                target = target[key]
            target[spot[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    reply = parse(body(NEIGHBOURS[0], mangled, NEIGHBOURS[1]), [NUMBER, OTHER, THIRD])
    check(reply)
    expected = parse(body(*NEIGHBOURS), [OTHER, THIRD]).answers
    assert expected == {n: a for n, a in reply.answers.items() if n != NUMBER}
