"""Reads the cases of the rules: orders, their checkpoints and what must come out.

The cases of the gate have a second source besides: `second` says of each evaluation whether it
`answers` or `fails`, `second_checkpoints` what it has learned by then. `expect` may say whether it
was `asked` by then, and whether a claim has `passed_over` it. It is asked where the rules want it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "data" / "cases.json"
CLOCK_CASES = Path(__file__).parents[1] / "data" / "clock_cases.json"
JOURNEY_CASES = Path(__file__).parents[1] / "data" / "journey_cases.json"
"""Orders as buyers live through them, where several rules meet."""
GATE_CASES = Path(__file__).parents[1] / "data" / "gate_cases.json"
NUMBER = "LP00000000000001"


@dataclass(frozen=True)
class Look:
    """One evaluation of a case: what changed before it, and what it must give."""

    now: datetime
    checkpoints: list[tuple[datetime, str]]
    """New ones: instant and code."""
    answered: bool | str
    """Whether there was an answer; `others`: about other numbers alone."""
    answered_at: datetime | None
    """The last valid answer, where this evaluation has one; None: there has been none yet."""
    status: str | None
    """The status that the answer carries."""
    actions: list[str]
    on: date | None
    """The day that an action is about."""
    until: date | None
    answers: Mapping[str, str]
    """Where the parcel was looked for in vain, each with the day."""
    change_number: str | None
    ordered_on: date | None
    """The date as the buyer corrects it."""
    protection_ends_on: date | None
    corrects_protection: bool
    """Whether the buyer corrects that date; to None: removes it."""
    answer: str | None
    """What an answer without checkpoints says, by the case as a whole unless the evaluation says
    otherwise: `not_found`, `seller_preparing`."""
    expect: Mapping[str, Any]
    second: str | None = None
    """How the second source fares: it `answers` or `fails`; None: there is none."""
    second_checkpoints: list[tuple[datetime, str]] = field(default_factory=list)
    """What it has learned since."""


@dataclass(frozen=True)
class Case:
    """An order and the evaluations it goes through."""

    name: str
    order: Mapping[str, Any]
    """As the API takes it."""
    mail_type: str | None
    eta: datetime | None
    """The carrier's estimate."""
    looks: list[Look]


def load(start: datetime, *paths: Path) -> list[Case]:
    """The cases, with `start` as the instant of each first evaluation.

    Args:
        start: The instant.
        paths: Where they stand; none: all of those with one source.
    """
    return [
        _case(raw, start)
        for path in paths or (CASES, CLOCK_CASES, JOURNEY_CASES)
        for raw in json.loads(path.read_text(encoding="utf-8"))
    ]


def _case(raw: Mapping[str, Any], start: datetime) -> Case:
    given = raw["order"]

    def day(days_ago: int) -> str:
        return (start - timedelta(days=days_ago)).date().isoformat()

    order = {
        "order_id": "case",
        "ordered_on": day(given["ordered_days_ago"]),
        "destination": given["destination"],
        "tracking_number": given.get("tracking_number", NUMBER),
    }
    for name in ("service", "remote", "paid_with"):
        if name in given:
            order[name] = given[name]
    for name, key, sign in (
        ("shipped_on", "shipped_days_ago", 1),
        ("paid_on", "paid_days_ago", 1),
        ("protection_ends_on", "protection_in_days", -1),
        ("promised_on", "promised_in_days", -1),
    ):
        if key in given:
            order[name] = day(sign * given[key])
    if order["tracking_number"] is None:
        del order["tracking_number"]

    eta = given.get("eta_in_days")
    looks = [_look(raw, start, raw)]
    now = start
    for step in raw.get("then", []):
        now += timedelta(days=step["advance_days"])
        looks.append(_look(step, now, raw))
    return Case(
        name=raw["name"],
        order=order,
        mail_type=given.get("mail_type"),
        eta=None if eta is None else start + timedelta(days=eta),
        looks=looks,
    )


def _look(raw: Mapping[str, Any], now: datetime, case: Mapping[str, Any]) -> Look:
    until, on = raw.get("until_days"), raw.get("on_days_ago")
    answered_ago = raw.get("answered_days_ago", 0)
    ordered_ago, protection_in = raw.get("ordered_days_ago"), raw.get("protection_in_days")
    return Look(
        now=now,
        checkpoints=_checkpoints(raw.get("checkpoints", []), now),
        answered=raw.get("answered", True),
        answered_at=None if answered_ago == "never" else now - timedelta(days=answered_ago),
        status=raw.get("status"),
        actions=raw.get("actions", []),
        on=None if on is None else (now - timedelta(days=on)).date(),
        answers={
            spot: (now - timedelta(days=ago)).date().isoformat()
            for spot, ago in raw.get("answers_days_ago", {}).items()
        },
        until=None if until is None else (now + timedelta(days=until)).date(),
        change_number=raw.get("tracking_number"),
        ordered_on=None if ordered_ago is None else (now - timedelta(days=ordered_ago)).date(),
        protection_ends_on=None
        if protection_in is None
        else (now + timedelta(days=protection_in)).date(),
        corrects_protection="protection_in_days" in raw,
        answer=raw.get("answer", case.get("answer")),
        expect=raw["expect"],
        second=raw.get("second"),
        second_checkpoints=_checkpoints(raw.get("second_checkpoints", []), now),
    )


def _checkpoints(raw: list[tuple[float, str]], now: datetime) -> list[tuple[datetime, str]]:
    return [(now - timedelta(days=days_ago, hours=1), code) for days_ago, code in raw]
