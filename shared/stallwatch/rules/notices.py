"""The notices: what is said beside the ladder and the deadline.

`delivered`, `action_needed`, `moving_again` and `unanswered`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from stallwatch.domain.alerts import (
    ATTEMPT,
    PICKUP,
    RETURNED,
    Alert,
    AlertKind,
    last_raised,
)
from stallwatch.domain.clock import days, hours
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.rules.case import Case, DueAlert, is_raised
from stallwatch.rules.deadline import touches_deadline
from stallwatch.rules.episodes import began_with_scan, first_begun_after
from stallwatch.rules.in_force import dispute_stood
from stallwatch.rules.journey import Event, counted_moments
from stallwatch.rules.ladder import LADDER
from stallwatch.rules.moments import stamp

ALARMS = LADDER - {AlertKind.LATE}
"""What `moving_again` takes back."""


USES_UP_ALL_CLEAR = LADDER | {
    AlertKind.DELIVERED,
    AlertKind.ACTION_NEEDED,
    AlertKind.MOVING_AGAIN,
}


# Looked up many times in each evaluation, and an enumeration is slow to give its members.
_ACTION_NEEDED = AlertKind.ACTION_NEEDED
_AT_PICKUP = Stage.READY_FOR_PICKUP
_MOVING_AGAIN = AlertKind.MOVING_AGAIN


def delivered_alerts(case: Case, alerts: Iterable[Alert]) -> Iterator[DueAlert]:
    """`delivered`: once a number, and again where it was withdrawn or contradicted in between."""
    delivery = case.delivery
    if delivery is None or delivery.is_old or not case.is_delivered:
        return
    is_announced = any(
        a.kind is AlertKind.DELIVERED
        and case.of_number(a)
        and (delivery.told_after is None or a.raised_at > delivery.told_after)
        for a in alerts
    )
    if not is_announced:
        about = stamp(delivery.known_at) if delivery.is_again else case.era
        yield DueAlert(AlertKind.DELIVERED, about=about)


def notice_alerts(
    case: Case, alerts: Sequence[Alert], answered_at: datetime | None
) -> Iterator[DueAlert]:
    """What is said of a parcel that is not delivered, beside the ladder and the deadline.

    Args:
        case: The order's data.
        alerts: Those raised so far.
        answered_at: The last valid answer; looking ahead, a later one than the case has.
    """
    if case.trace.unanswered_since is not None:
        yield from unanswered_alerts(case, alerts)
    if case.journey.stay or case.journey.attempt or case.journey.flag:
        yield from action_alerts(case, alerts, answered_at)


def notice_instants(case: Case, alerts: Iterable[Alert]) -> Iterator[datetime]:
    """The instants at which one of these can become due with an answer that has nothing new."""
    thresholds = case.thresholds
    for alert in alerts:
        if alert.kind is not _ACTION_NEEDED:
            continue
        if alert.reason == PICKUP:
            yield alert.message_at + days(thresholds.pickup_reminder)
            continue
        yield said_about(alert)[2] + hours(thresholds.attempt_hours)
        if alert.reason == Flag.CANCELLED:
            yield alert.message_at + days(thresholds.cancelled_again)


def unanswered_alerts(case: Case, alerts: Iterable[Alert]) -> Iterator[DueAlert]:
    """`unanswered`: once for each spell without an answer about this number."""
    since = case.trace.unanswered_since
    if since is None or case.numberless:
        return
    about = since.isoformat()
    if not is_raised(alerts, AlertKind.UNANSWERED, about=about):
        yield DueAlert(AlertKind.UNANSWERED, about=about)


def action_alerts(
    case: Case, alerts: Iterable[Alert], answered_at: datetime | None
) -> Iterator[DueAlert]:
    """`action_needed`: a stay at a pickup point, a failed attempt, a flagged update."""
    journey = case.journey
    raised = [a for a in alerts if a.kind is _ACTION_NEEDED and case.of_number(a)]
    if journey.stay is not None:
        yield from _pickup(case, journey.stay, raised, answered_at)
    if journey.attempt is not None:
        yield from _event(case, ATTEMPT, journey.attempt, raised, answered_at)
    if journey.flag is not None and journey.newest is not None:
        yield from _event(case, journey.flag.value, journey.newest, raised, answered_at)


def _pickup(
    case: Case, stay: Event, raised: Iterable[Alert], answered_at: datetime | None
) -> Iterator[DueAlert]:
    """Once for each unbroken stay, and one reminder while nothing else is newer."""
    here = [a for a in raised if a.reason == PICKUP and a.about in stay.local_times]
    if not here:
        yield DueAlert(_ACTION_NEEDED, PICKUP, stay.name)
    elif (
        len(here) == 1
        and case.stage is _AT_PICKUP
        and answered_at is not None
        and answered_at >= here[0].message_at + days(case.thresholds.pickup_reminder)
    ):
        yield DueAlert(_ACTION_NEEDED, PICKUP, here[0].about, nth=2)


def _event(
    case: Case, reason: str, event: Event, raised: Iterable[Alert], answered_at: datetime | None
) -> Iterator[DueAlert]:
    """Once for each new attempt or flagged update.

    Sources date the same event anew, so for one reason it is said again only when answer and event
    are both 20 hours later, and three times without another placed update in between. A
    cancellation comes back once, 10 days later, unless a dispute stands or a scan is newer.
    """
    thresholds = case.thresholds
    same = [a for a in raised if a.reason == reason and a.nth == 1]
    if not same:
        yield _event_alert(reason, event, answered_at)
        return
    last = max(same, key=lambda a: a.raised_at)
    streak = [
        a for a in same if event.streak_after is None or said_about(a)[1] > event.streak_after
    ]
    if not any(said_about(a)[0] in event.local_times for a in same):
        _, event_at, event_answered_at = said_about(last)
        if (
            answered_at is not None
            and answered_at >= event_answered_at + hours(thresholds.attempt_hours)
            and event.at >= event_at + hours(thresholds.redated_hours)
            and len(streak) < thresholds.attempt_most
        ):
            yield _event_alert(reason, event, answered_at)
            return
    if (
        reason == Flag.CANCELLED
        and case.cancelled
        and not case.actions.disputed
        and answered_at is not None
        and answered_at >= last.message_at + days(thresholds.cancelled_again)
        and not any(a.reason == reason and a.nth > 1 and a.about == last.about for a in raised)
    ):
        yield DueAlert(_ACTION_NEEDED, reason, last.about, nth=2)


def _event_alert(reason: str, event: Event, answered_at: datetime | None) -> DueAlert:
    """Names the event, with its instant and that of the answer, which later ones are held to."""
    about = f"{event.name}|{stamp(event.at)}"
    if answered_at is not None:
        about += f"|{stamp(answered_at)}"
    return DueAlert(_ACTION_NEEDED, reason, about)


def said_about(alert: Alert) -> tuple[str, datetime, datetime]:
    """The local time of the event that an alert is about, its instant, and that of the answer.

    Where the alert was kept by an earlier version, its own instant stands for both.
    """
    name, *instants = alert.about.split("|")
    read = [datetime.fromisoformat(i).astimezone(UTC) for i in instants]
    event_at = read[0] if read else alert.raised_at
    return name, event_at, read[1] if len(read) > 1 else alert.raised_at


def moving_again_alerts(
    case: Case, alerts: Sequence[Alert], answered_at: datetime | None, now: datetime
) -> Iterator[DueAlert]:
    """The all-clear: once an alarm, when a scan begins an episode or a delivery is withdrawn.

    Another message in the same evaluation, a dispute and the days of the deadline use it up; a
    snooze delays it, and then it needs an answer that is fresh.
    """
    if (
        case.journey.place is Stage.RETURNED
        or case.actions.snoozed(now)
        or answered_at is None
        or now - answered_at > hours(case.thresholds.gate_answer_hours)
    ):
        return
    withdrawn = [*_after_withdrawal(case, alerts, now)]
    if withdrawn or not case.journey.moved:
        yield from withdrawn
        return
    alarm = max((a for a in alerts if a.kind in ALARMS), key=lambda a: a.raised_at, default=None)
    if alarm is None or alarm.episode == case.journey.episode:
        return
    used_up = any(
        a.kind in USES_UP_ALL_CLEAR
        and a.raised_at >= alarm.raised_at
        and a.episode != alarm.episode
        and began_with_scan(a.episode)
        for a in alerts
    )
    if used_up:
        return
    moments = counted_moments(case.order, case.trace.checkpoints, case.thresholds)
    # What the order's very first answer shows begins no episode.
    since = max(alarm.raised_at, case.memory.answered_at or alarm.raised_at)
    begun = first_begun_after(since, moments, case.thresholds, case.journey.dispatched)
    if begun is None:
        # Known before the alarm, it came to count when a later answer placed the parcel before it.
        if answered_at >= case.last_update + days(case.thresholds.stalled):
            return
        begun = now
    if not _is_used_up(case, begun, now):
        yield DueAlert(_MOVING_AGAIN, about=case.journey.episode)


def _after_withdrawal(case: Case, alerts: Iterable[Alert], now: datetime) -> Iterator[DueAlert]:
    """A delivery that only `status` told was announced, and the answers take it back."""
    withdrawn_at = case.trace.status_withdrawn_at
    if withdrawn_at is None or case.delivery is not None or _is_used_up(case, withdrawn_at, now):
        return
    of_number = [a for a in alerts if case.of_number(a)]
    announcement = last_raised(of_number, AlertKind.DELIVERED)
    if announcement is None:
        return
    # While a delivery stands nothing of this is said but a return, which does not tell that the
    # delivery was none.
    if not any(
        a.kind in USES_UP_ALL_CLEAR
        and a.raised_at > announcement.raised_at
        and (a.reason != RETURNED or a.raised_at >= withdrawn_at)
        for a in of_number
    ):
        yield DueAlert(_MOVING_AGAIN, about=f"status {stamp(withdrawn_at)}")


def _is_used_up(case: Case, since: datetime, now: datetime) -> bool:
    """Whether a dispute or the days of the deadline came in between, as the date now stands."""
    return dispute_stood(case.order, since, now) or touches_deadline(case, since.date(), now.date())
