"""The health of a source: the circuit, outages, and what the owner is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stallwatch.alerting.evaluation import source_alerts
from stallwatch.domain.alerts import Alert, AlertKind
from stallwatch.domain.thresholds import Thresholds
from stallwatch.tracking.circuit_breaker import KEPT_OUTAGES, CircuitBreaker, Outage
from stallwatch.tracking.source import Verdict

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DEFAULTS = Thresholds()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def after(
    health: CircuitBreaker, verdict: Verdict, now: datetime = NOW, *, any_answer: bool | None = None
) -> CircuitBreaker:
    answered = verdict is Verdict.OK if any_answer is None else any_answer
    return health.after(verdict, now, DEFAULTS, any_answer=answered)


def test_the_first_block_opens_the_circuit() -> None:
    """For everyone, at once, for half an hour."""
    health = after(CircuitBreaker(), Verdict.BLOCKED)
    assert not health.allows_request(NOW + 29 * MINUTE)
    assert health.allows_request(NOW + 30 * MINUTE)
    assert Verdict.BLOCKED is health.verdict


def test_three_failures_in_a_row_open_it_like_one_block() -> None:
    """Two may happen; an answer in between starts the count anew."""
    health = CircuitBreaker()
    for verdict in (Verdict.FAILING, Verdict.FAILING, Verdict.OK, Verdict.FAILING, Verdict.FAILING):
        health = after(health, verdict)
        assert health.allows_request(NOW)
        assert not health.is_half_open
    health = after(health, Verdict.FAILING)
    assert not health.allows_request(NOW)


def test_after_the_pause_one_probe_is_sent() -> None:
    """An open circuit stays open until a probe was answered: nothing may be sent beside it."""
    health = after(CircuitBreaker(), Verdict.BLOCKED)
    later = NOW + 30 * MINUTE
    assert health.allows_request(later)
    assert health.is_half_open
    assert not after(health, Verdict.OK, later).is_half_open


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.FAILING])
def test_pauses_double_up_to_a_day(verdict: Verdict) -> None:
    """Each probe that fails, however it fails, makes the next pause longer."""
    now = NOW
    health = after(CircuitBreaker(), Verdict.BLOCKED, now)
    pauses = []
    for _ in range(8):
        assert health.open_until is not None
        pauses.append(health.open_until - now)
        now = health.open_until
        health = after(health, verdict, now)
    minutes = [30, 60, 120, 240, 480, 960, 1440, 1440]
    assert [n * MINUTE for n in minutes] == pauses


def test_an_answer_closes_the_circuit_and_the_next_pause_is_short_again() -> None:
    """What was is forgotten."""
    now = NOW
    health = after(CircuitBreaker(), Verdict.BLOCKED, now)
    for _ in range(4):
        assert health.open_until is not None
        now = health.open_until
        health = after(health, Verdict.BLOCKED, now)
    assert health.open_until is not None
    now = health.open_until
    health = after(health, Verdict.OK, now)
    assert CircuitBreaker() == replace(health, outages=())
    again = after(health, Verdict.BLOCKED, now)
    assert now + 30 * MINUTE == again.open_until


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_was_sent_before_the_circuit_opened_does_not_change_it(verdict: Verdict) -> None:
    """Requests that were under way when the block came neither close it nor lengthen its pause."""
    health = after(CircuitBreaker(), Verdict.BLOCKED)
    assert health == after(health, verdict, NOW + MINUTE)


def test_an_answer_about_no_number_that_was_asked_is_no_valid_answer() -> None:
    """The circuit may close, but the outage goes on."""
    health = after(CircuitBreaker(), Verdict.BLOCKED, NOW)
    later = NOW + HOUR
    heard = after(health, Verdict.OK, later, any_answer=False)
    assert heard.allows_request(later)
    assert not heard.is_half_open
    assert NOW == heard.down_since
    assert NOW == after(CircuitBreaker(), Verdict.OK, NOW, any_answer=False).down_since


def test_a_check_that_could_not_ask_is_a_check_without_an_answer() -> None:
    """An outage begins with the first check that got nothing, asked or not."""
    assert NOW == CircuitBreaker().unasked(NOW).down_since
    assert NOW == CircuitBreaker().unasked(NOW).unasked(NOW + HOUR).down_since


def test_an_outage_of_a_day_is_remembered_and_a_shorter_one_is_not() -> None:
    """Silence is counted around the long ones."""
    down = after(CircuitBreaker(), Verdict.FAILING)
    assert () == after(down, Verdict.OK, NOW + 23 * HOUR).outages
    assert (Outage(NOW, NOW + 24 * HOUR),) == after(down, Verdict.OK, NOW + 24 * HOUR).outages


def test_a_dozen_outages_are_remembered() -> None:
    """A source that is down again and again does not fill the table."""
    health, now = CircuitBreaker(), NOW
    for _ in range(KEPT_OUTAGES + 3):
        health = after(health, Verdict.FAILING, now)
        now += 30 * HOUR
        health = after(health, Verdict.OK, now)
        now += HOUR
    assert KEPT_OUTAGES == len(health.outages)
    assert now - HOUR == health.outages[-1].until


def test_outages_do_not_count_as_asking() -> None:
    """Only the part of each that lies in the span is taken off."""
    day = 24 * HOUR
    health = CircuitBreaker(
        outages=(
            Outage(NOW - 30 * day, NOW - 25 * day),
            Outage(NOW - 12 * day, NOW - 9 * day),
            Outage(NOW - 4 * day, NOW - 2 * day),
        )
    )
    assert 10 * day - day - 2 * day == health.asked_for(NOW - 10 * day, NOW)
    assert 2 * day == health.asked_for(NOW - 3 * day, NOW)
    assert day == CircuitBreaker().asked_for(NOW - day, NOW)


def told(health: CircuitBreaker, alerts: list[Alert], now: datetime) -> list[AlertKind]:
    due = source_alerts(health, alerts, now, DEFAULTS)
    alerts += due
    return [alert.kind for alert in due]


def test_the_owner_is_told_once_that_it_is_down_and_once_that_it_is_up() -> None:
    """After a day without any answer, and with the first answer then."""
    alerts: list[Alert] = []
    health = after(CircuitBreaker(), Verdict.BLOCKED).unasked(NOW + 23 * HOUR)
    assert [] == told(health, alerts, NOW + 23 * HOUR)
    assert [AlertKind.SOURCE_DOWN] == told(health, alerts, NOW + 24 * HOUR)
    assert [] == told(health, alerts, NOW + 48 * HOUR)
    assert health.must_tell(NOW + 48 * HOUR, DEFAULTS)
    health = after(health, Verdict.OK, NOW + 50 * HOUR)
    assert health.must_tell(NOW + 50 * HOUR, DEFAULTS)
    assert [AlertKind.SOURCE_UP] == told(health, alerts, NOW + 50 * HOUR)
    assert [] == told(health, alerts, NOW + 51 * HOUR)
    assert not health.must_tell(NOW + 75 * HOUR, DEFAULTS)


def test_where_no_check_is_due_any_more_the_source_is_not_down() -> None:
    """A check failed once, and then the last order was forgotten: nobody misses an answer."""
    health = after(CircuitBreaker(), Verdict.FAILING)
    assert not health.is_down(NOW + 240 * HOUR, DEFAULTS)
    assert not health.must_tell(NOW + 240 * HOUR, DEFAULTS)
    assert health.unasked(NOW + 240 * HOUR).is_down(NOW + 240 * HOUR, DEFAULTS)


def test_a_daily_check_that_comes_a_little_earlier_than_the_day_before_is_a_day_later() -> None:
    """Its second failure in a row tells the owner, though a few minutes of the day are missing."""
    health = after(CircuitBreaker(), Verdict.FAILING)
    health = after(health, Verdict.FAILING, NOW + 24 * HOUR - 5 * MINUTE)
    assert not health.is_down(NOW + 24 * HOUR - 5 * MINUTE, DEFAULTS)
    assert health.is_down(NOW + 24 * HOUR, DEFAULTS)


def test_how_long_checks_were_missed_is_noted_to_the_hour() -> None:
    """What is written at every check would cost more than it tells."""
    health = CircuitBreaker().unasked(NOW)
    assert health is health.unasked(NOW + 59 * MINUTE)
    assert NOW + HOUR == health.unasked(NOW + HOUR).missed_at


def test_each_outage_is_told_by_itself() -> None:
    """The second is not taken for the first."""
    alerts: list[Alert] = []
    health, now = CircuitBreaker(), NOW
    kinds = []
    for _ in range(2):
        health = after(health, Verdict.BLOCKED, now)
        now += 25 * HOUR
        health = health.unasked(now)
        kinds += told(health, alerts, now)
        health = after(health, Verdict.OK, now)
        kinds += told(health, alerts, now)
    assert [AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP] * 2 == kinds


def test_nobody_is_told_that_it_is_up_who_was_not_told_that_it_was_down() -> None:
    """Where no check ran in time to say so."""
    health = after(after(CircuitBreaker(), Verdict.BLOCKED), Verdict.OK, NOW + 30 * HOUR)
    assert [] == told(health, [], NOW + 30 * HOUR)
