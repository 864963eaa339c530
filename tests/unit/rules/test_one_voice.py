"""Message, page and calendar say the same of an order."""

from hypothesis import HealthCheck, given, settings

from stallwatch.domain.alerts import ASKED_BY, AlertKind
from stallwatch.domain.orders import ActionKind, State
from stallwatch.domain.parcels import Stage
from stallwatch.rules.decision import Decision, KeyDates
from tests.support.effort import examples
from tests.support.journeys import HOUR, START, Journey, Life, journeys

ASKS = set(AlertKind) - {AlertKind.DELIVERED, AlertKind.MOVING_AGAIN}
"""The kinds that ask something of the buyer."""

thorough = settings(
    deadline=None, max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow]
)


@thorough
@given(journeys(days=150))
def test_message_page_and_calendar_have_one_voice(journey: Journey) -> None:
    """Laws 11 and 12."""
    life = Life(journey)
    for hour, decision in life.evaluate_every(12):
        if {a.kind for a in decision.due} & ASKS:
            assert decision.situation in ASKED_BY, (decision.due, decision.situation)
        shown = {name for name, day in decision.key_dates._asdict().items() if day}
        assert shown <= dates_allowed(decision, life)
        now = START + hour * HOUR
        for name in ("protection_ends_on", "refund_until", "dispute_until", "bank_until"):
            day = getattr(decision.key_dates, name)
            assert day is None or day >= now.date()


def dates_allowed(decision: Decision, life: Life) -> set[str]:
    """The key dates that the state allows."""
    if decision.state is State.CLOSED:
        return set()
    is_contradicted = life.order.last_said(ActionKind.NOT_RECEIVED) is not None
    if decision.stage is Stage.DELIVERED and not is_contradicted:
        return {"dispute_until"}
    if life.order.last_said(ActionKind.DISPUTE_OPENED) is not None:
        return {"bank_until", "reminder_on", *(["dispute_until"] if is_contradicted else [])}
    return set(KeyDates._fields)
