"""Judges what quiet hours hold and what a digest says, over a year.

- In quiet hours nothing is said but a claim whose last day ends before what is held has gone out.
- What they hold goes out when they are over, and no claim goes out after its last day.
- Each digest is told once, unless a later one is told in its place; where there is nothing to say,
  nothing is told.
- A digest counts what the list shows as pressing, the scans that are newer than the last digest,
  and the deadlines that the reference model names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from stallwatch.domain.alerts import AlertKind, Severity
from tests.faults.simulated_stack import ENDING
from tests.faults.year_record import Message, Record, Survey
from tests.faults.year_voice import MAY_BE_HIDDEN
from tests.reference.model import KeyDates

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_DAYS_AHEAD = 7
_MOST_READ = 500
_LOOKS_BACK = timedelta(days=7)

_DEADLINES = ("protection_ends_on", "refund_until", "dispute_until", "reminder_on", "bank_until")
_OF_A_CLAIM = ("protection_ends_on", "refund_until", "dispute_until", "bank_until")

_GROUPED = timedelta(minutes=20)
"""What is raised waits so long at the most for first checks, and for what goes before it."""


@dataclass(frozen=True)
class Range:
    """A count that is known between two bounds."""

    least: int = 0
    most: int = 0

    @classmethod
    def certain(cls, count: int) -> "Range":
        """One that is known."""
        return cls(count, count)

    def plus(self, other: "Range") -> "Range":
        """The sum of two counts."""
        return Range(self.least + other.least, self.most + other.most)


UNSURE = Range(0, len(_DEADLINES))
"""The deadlines of an order of which something is due that the stack does not know of yet."""


def deadlines_near(dates: KeyDates, today: date) -> Range:
    """How many of an order's deadlines lie in the seven days from today."""
    near = [
        name
        for name, day in asdict(dates).items()
        if name in _DEADLINES and day is not None and 0 <= (day - today).days < _DAYS_AHEAD
    ]
    return Range(sum(name not in MAY_BE_HIDDEN for name in near), len(near))


def judged_nights(record: Record) -> Iterator[str]:
    """What was said in quiet hours though it could wait, and what waited too long."""
    plan = record.plan
    if not plan.nights.span:
        return
    tick = max(d.every for d in plan.deployments) * _MINUTE
    for message in record.messages:
        at, said = message.at, f"{message.at:%Y-%m-%d %H:%M}: {message.kind}"
        is_late = plan.nights.is_quiet(at) and plan.nights.is_quiet(at - ENDING)
        last_days = list(_last_days(message))
        # A message about several goes out where one of them cannot wait: each has to be such.
        by = plan.nights.over_at(at) + timedelta(hours=1, minutes=15)
        if is_late and not (
            last_days and all(_ends_by(plan.nights.zone, d, by) for d in last_days)
        ):
            yield f"{said} in the quiet hours"
        for raised_at, day in zip(message.raised, last_days, strict=False):
            raised = plan.true_time(raised_at, at)
            if raised.date() <= day < at.date():
                yield f"{said} of {day} only after it, raised at {raised:%Y-%m-%d %H:%M}"
        for raised_at in message.raised:
            raised = plan.true_time(raised_at, at)
            latest = raised + 2 * tick + _GROUPED
            # A clock that is wrong may show the night's end a tick late, which itself keeps to its
            # minute, but not to the second.
            if at > max(latest, plan.nights.put_off(raised, latest) + tick + _MINUTE):
                yield f"{said} raised at {raised:%Y-%m-%d %H:%M} and held until then"


def _last_days(message: Message) -> Iterator[date]:
    """The nearest last day to act that each claim of a message has."""
    if message.severity != Severity.CLAIM:
        return
    for shown, raised_at in zip(
        message.shown_when_raised or message.shown, message.raised, strict=False
    ):
        days = [shown.dates[name] for name in _OF_A_CLAIM] if shown is not None else []
        yield min((d for d in days if d is not None and d >= raised_at.date()), default=date.max)


def _ends_by(zone: str, day: date, by: datetime) -> bool:
    """Whether a day, by UTC or by the wall clock, is over at an instant."""
    return day < by.date() or day < by.astimezone(ZoneInfo(zone)).date()


_SAID = {
    "pressing": re.compile(r"(\d+) orders? needs? you now"),
    "deadlines": re.compile(r"(\d+) deadlines? within"),
    "moved": re.compile(r"(\d+) parcels? moved"),
}


def judged_digests(record: Record, deadlines: Mapping[datetime, Range]) -> Iterator[str]:
    """What was told wrongly, twice, too late or not at all.

    Args:
        record: The year.
        deadlines: How many deadlines there were to name, by the instant of the survey.
    """
    last: Survey | None = None
    waiting: list[tuple[Survey, Mapping[str, Range]]] = []
    surveys = list(record.surveys)
    told = [m for m in record.messages if m.kind == AlertKind.DIGEST]
    for message in (*told, None):
        until = record.plan.end if message is None else message.at
        while surveys and surveys[0].at <= until:
            survey = surveys.pop(0)
            counts = _counts(record, survey, last, deadlines)
            before = waiting[-1][0] if waiting else last
            is_again = before is not None and before.scheduled_at == survey.scheduled_at
            if any(count.most for count in counts.values()) and not is_again:
                waiting.append((survey, counts))
        for survey, counts in waiting:
            if any(count.least for count in counts.values()) and until > _latest(record, survey):
                yield f"{survey.at:%Y-%m-%d %H:%M}: no digest, though there was something to say"
        if message is None:
            return
        if not waiting:
            yield f"{message.at:%Y-%m-%d %H:%M}: a digest twice, or with nothing to say"
            continue
        last, counts = waiting[-1]
        waiting = []
        for name, pattern in _SAID.items():
            said = pattern.search(message.text)
            count = 0 if said is None else int(said[1])
            if not counts[name].least <= count <= counts[name].most:
                yield (
                    f"{message.at:%Y-%m-%d %H:%M}: the digest says {name} {count}, not"
                    f" {counts[name].least} to {counts[name].most}"
                )


def _latest(record: Record, survey: Survey) -> datetime:
    """Until when a digest has to be told."""
    tick = max(d.every for d in record.plan.deployments) * _MINUTE
    return record.plan.nights.over_at(survey.at) + 2 * tick + _GROUPED


def _counts(
    record: Record,
    survey: Survey,
    last: Survey | None,
    deadlines: Mapping[datetime, Range],
) -> Mapping[str, Range]:
    """What a digest has to count."""
    moved = Range()
    since = record.plan.clock(survey.at) - _LOOKS_BACK if last is None else last.at
    added = {
        a.order_id: a.at
        for a in record.accepted
        if a.request.method == "POST" and a.at <= survey.at
    }
    for order_id, newest in survey.scans.items():
        before = None if last is None else last.scans.get(order_id)
        if not newest:
            continue
        if added[order_id] > since:
            moved = moved.plus(Range.certain(datetime.fromisoformat(newest) > since))
        elif before is not None and newest >= before:
            moved = moved.plus(Range.certain(newest > before))
        else:
            moved = moved.plus(Range(0, 1))
    pressing = Range.certain(survey.pressing)
    counts = {
        "pressing": pressing,
        "deadlines": deadlines.get(survey.at, Range()),
        "moved": moved,
    }
    if survey.watched > _MOST_READ:
        return {name: Range(0, count.most) for name, count in counts.items()}
    return counts
