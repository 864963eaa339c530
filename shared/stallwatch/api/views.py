"""How an order is shown."""

from collections.abc import Iterable

from stallwatch.api.models import (
    ActionOut,
    AlertOut,
    CheckpointOut,
    ObservationOut,
    OrderDetails,
    OrderOut,
    StakeOut,
    WindowOut,
)
from stallwatch.domain.alerts import SEVERITY, Alert
from stallwatch.domain.orders import State
from stallwatch.domain.parcels import Checkpoint
from stallwatch.messages.advice import advise, pressing
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import Translations
from stallwatch.orders.money import stake_of
from stallwatch.orders.view import OrderView


def order_out(seen: OrderView, words: Translations) -> OrderOut:
    """An order as it stands in a list."""
    order, decision = seen.order, seen.decision
    last = decision.reading.last_checkpoint
    opens_at = decision.claim_opens_at
    clock_ends_at = None if decision.countdown is None else decision.countdown.ends_at
    found = pressing(order, decision)
    kind = None if found is None else found[0]
    stake = stake_of(order, seen.state, decision.stage)
    return OrderOut(
        order_id=order.order_id,
        ordered_on=order.ordered_on,
        tracking_number=order.tracking_number,
        service=decision.service,
        destination=order.destination,
        remote=order.remote,
        shipped_on=order.shipped_on,
        protection_ends_on=order.protection_ends_on,
        title=order.title,
        seller=order.seller,
        price=order.price,
        currency=order.currency,
        language=order.language,
        stake=None
        if stake is None
        else StakeOut(
            standing=stake.standing,
            amount=stake.amount,
            currency=stake.currency,
            days=stake.days,
        ),
        state=seen.state,
        stage=decision.stage,
        last_checkpoint=None if last is None else _checkpoint(last),
        checked_at=seen.checked_at,
        answered_at=decision.answered_at if order.tracking_number else None,
        silent_days=decision.silent_days,
        days_in_transit=decision.days_in_transit,
        window=WindowOut(low=decision.window.low, high=decision.window.high),
        late_on=decision.late_at.date(),
        claim_opens_on=None if opens_at is None else opens_at.date(),
        reminder_on=None if clock_ends_at is None else clock_ends_at.date(),
        next_check_at=None if seen.state is State.CLOSED else seen.next_check_at,
        pressing=kind,
        severity=None if kind is None else SEVERITY[kind],
        advice=advise(order, decision, seen.trace, seen.at, words, seen.observations),
    )


def order_details(seen: OrderView, words: Translations) -> OrderDetails:
    """An order with all that is known of it."""
    return OrderDetails(
        **order_out(seen, words).model_dump(),
        observations=[
            ObservationOut(code=o.kind, text=describe(o, words)) for o in seen.observations
        ],
        alerts=[_alert(a) for a in _newest(seen.dossier.alerts)],
        checkpoints=[
            _checkpoint(c) for c in sorted(seen.trace.checkpoints, key=lambda c: c.at, reverse=True)
        ],
        actions=[
            ActionOut(
                action=a.kind,
                at=a.at,
                on=a.on,
                until=a.until,
                amount=a.amount,
                answers=dict(a.answers) or None,
            )
            for a in reversed(seen.order.actions)
        ],
    )


def _newest(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda a: a.raised_at, reverse=True)


def _alert(alert: Alert) -> AlertOut:
    return AlertOut(kind=alert.kind, reason=alert.reason or None, sent_at=alert.sent_at)


def _checkpoint(checkpoint: Checkpoint) -> CheckpointOut:
    return CheckpointOut(
        at=checkpoint.at,
        code=checkpoint.code,
        stage=checkpoint.stage,
        text=checkpoint.text,
        place=checkpoint.place,
        source=checkpoint.source,
        tracking_number=checkpoint.number,
    )
