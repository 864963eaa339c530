"""Runs a case of `cases.json` on the reference model, as `case_format.md` says how it reads."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.reference.model import DAY, HOUR, Evaluation, Event, KeyDates, Numbers, Order, Word
from tests.reference.world import World

Raw = Mapping[str, Any]

NUMBER = "LP00000000000001"
START = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
""" "Now is 09:30Z of any day"."""


def load(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def order_of(raw: Raw, start: datetime) -> Order:
    """The order of a case."""

    def ago(name: str) -> date | None:
        return start.date() - timedelta(days=raw[name]) if name in raw else None

    def ahead(name: str) -> date | None:
        return start.date() + timedelta(days=raw[name]) if name in raw else None

    return Order(
        ordered_on=start.date() - timedelta(days=raw["ordered_days_ago"]),
        destination=raw["destination"],
        number=raw.get("tracking_number", NUMBER),
        service=raw.get("service"),
        remote=raw.get("remote"),
        shipped_on=ago("shipped_days_ago"),
        protection_ends_on=ahead("protection_in_days"),
        promised_on=ahead("promised_in_days"),
        paid_with=raw.get("paid_with"),
        paid_on=ago("paid_days_ago"),
    )


def play(
    raw: Raw, start: datetime = START, n: Numbers | None = None
) -> Iterator[tuple[Raw, datetime, Evaluation]]:
    """Play a case; gives each step, its now, and what the evaluation decided."""
    given = raw["order"]
    world = World(order_of(given, start), start=start, n=n)
    eta = start + given["eta_in_days"] * DAY if "eta_in_days" in given else None
    world.tell(mail_type=given.get("mail_type"), eta=eta)
    now = start
    yield raw, now, step(world, raw, raw, now)
    for then in raw.get("then", []):
        now += then["advance_days"] * DAY
        correct(world, then, now)
        if "tracking_number" in then:
            world.change_number(then["tracking_number"], now)
        yield then, now, step(world, raw, then, now)


def correct(world: World, raw: Raw, now: datetime) -> None:
    """ "In a step of `then`: the buyer corrects that date (`null` removes it)"."""
    if "ordered_days_ago" in raw:
        world.correct(ordered_on=now.date() - timedelta(days=raw["ordered_days_ago"]))
    if "protection_in_days" in raw:
        days = raw["protection_in_days"]
        ends_on = None if days is None else now.date() + timedelta(days=days)
        world.correct(protection_ends_on=ends_on)


def step(world: World, case: Raw, raw: Raw, now: datetime) -> Evaluation:
    """One step: the answer, the words, the checkpoints, the evaluation."""
    answered = raw.get("answered", True)
    ago = raw.get("answered_days_ago", 0)
    knows = raw.get("answer", case.get("answer")) != "not_found"
    if answered is True and ago != "never":
        world.answer(now - ago * DAY, known=knows, status=raw.get("status"))
    elif answered == "others":
        world.answer_others(now)

    on, until = raw.get("on_days_ago"), raw.get("until_days")
    for kind in raw.get("actions", []):
        assert world.may_say(kind, now)
        world.say(
            Word(
                kind,
                now,
                on=None if on is None else now.date() - timedelta(days=on),
                until=None if until is None else now.date() + timedelta(days=until),
            )
        )
    for days_ago, code in raw.get("checkpoints", []):
        at = now - days_ago * DAY - HOUR
        wall = at.strftime("%Y-%m-%d %H:%M:%S.%f")
        assert world.order.number is not None
        world.show([Event(world.order.number, at, wall, code, now)])
    return world.evaluate(now)


def difference(expect: Raw, now: datetime, decided: Evaluation) -> dict[str, tuple[Any, Any]]:
    """What an evaluation got wrong: what was expected, and what came."""
    got: dict[str, Any] = {
        "alerts": sorted(s.kind for s in decided.due),
        "stage": decided.stage,
        "silent_days": decided.silent_days,
        "state": decided.state,
    }
    wrong = {}
    for name, value in expect.items():
        if name == "alerts" and sorted(value) != got[name]:
            wrong[name] = (sorted(value), got[name])
        elif name == "reason" and value not in {s.reason for s in decided.due}:
            wrong[name] = (value, sorted(s.reason for s in decided.due))
        elif name == "dates":
            shown = days_shown(decided.dates, now)
            wrong |= {key: (d, shown[key]) for key, d in value.items() if shown[key] != d}
        elif name in got and name != "alerts" and got[name] != value:
            wrong[name] = (value, got[name])
    return wrong


def days_shown(dates: KeyDates, now: datetime) -> dict[str, int | None]:
    """The key dates "as days from this step's date"."""
    days: dict[str, int | None] = {}
    for field in fields(dates):
        day: date | None = getattr(dates, field.name)
        days[field.name] = None if day is None else (day - now.date()).days
    return days
