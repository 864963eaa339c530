"""Orders as the API answers them."""

from collections.abc import Iterable

from stallwatch.api.models import (
    ActionOut,
    AlertOut,
    CarrierOut,
    CheckpointOut,
    ObservationOut,
    OrderDetails,
    OrderLinks,
    OrderOut,
    StakeOut,
    WindowOut,
)
from stallwatch.domain.alerts import ASKED_BY, Alert
from stallwatch.domain.orders import Action, Order, State
from stallwatch.domain.parcels import Checkpoint, LocalCarrier
from stallwatch.messages.advice import advise
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.links import aliexpress_url, tracking_url
from stallwatch.messages.translations import Translations
from stallwatch.orders.money import stake_of
from stallwatch.orders.pressing import severity_of
from stallwatch.orders.view import OrderView
from stallwatch.rules.decision import NO_DATES

_AS_GIVEN = (
    "order_id",
    "ordered_on",
    "tracking_number",
    "destination",
    "remote",
    "shipped_on",
    "protection_ends_on",
    "promised_on",
    "paid_with",
    "paid_on",
    "order_number",
    "title",
    "seller",
    "price",
    "currency",
    "language",
)
"""What is answered as the buyer gave it."""


def order_out(view: OrderView, words: Translations) -> OrderOut:
    """An order as it stands in a list."""
    order, decision = view.order, view.decision
    # A list reads no alerts, and some have closed their order: its state is kept beside them.
    dates = NO_DATES if view.state is State.CLOSED else decision.key_dates
    last_checkpoint = decision.journey.last_checkpoint
    kind, _ = ASKED_BY.get(decision.situation, (None, ""))
    return OrderOut(
        **{name: getattr(order, name) for name in _AS_GIVEN},
        service=decision.service,
        stake=_stake_out(view),
        state=view.state,
        stage=decision.stage,
        last_checkpoint=None if last_checkpoint is None else _checkpoint_out(last_checkpoint),
        checked_at=view.checked_at,
        answered_at=decision.answered_at if order.tracking_number else None,
        silent_days=decision.silent_days,
        days_in_transit=decision.days_in_transit,
        window=WindowOut(low=decision.window.low, high=decision.window.high),
        late_on=dates.late_on,
        claim_opens_on=dates.claim_opens_on,
        refund_until=dates.refund_until,
        dispute_until=dates.dispute_until,
        reminder_on=dates.reminder_on,
        bank_until=dates.bank_until,
        next_check_at=None if view.state is State.CLOSED else view.next_check_at,
        pressing=kind,
        severity=severity_of(decision),
        advice=advise(order, decision, view.trace, view.at, words, view.observations),
        carrier=_carrier_out(view.trace.carrier),
        links=_links(order, view.trace.carrier),
    )


def _stake_out(view: OrderView) -> StakeOut | None:
    stake = stake_of(view.order, view.state, view.decision.stage)
    if stake is None:
        return None
    return StakeOut(
        standing=stake.standing, amount=stake.amount, currency=stake.currency, days=stake.days
    )


def _carrier_out(carrier: LocalCarrier | None) -> CarrierOut | None:
    if carrier is None:
        return None
    return CarrierOut(name=carrier.name, url=carrier.url, number=carrier.number)


def _links(order: Order, carrier: LocalCarrier | None) -> OrderLinks:
    return OrderLinks(
        order=aliexpress_url(order),
        tracking=None if order.tracking_number is None else tracking_url(order.tracking_number),
        carrier=None if carrier is None else carrier.url,
    )


def order_details(view: OrderView, words: Translations) -> OrderDetails:
    """An order with all that is known of it."""
    return OrderDetails(
        **order_out(view, words).model_dump(),
        observations=[
            ObservationOut(code=o.kind, text=describe(o, words)) for o in view.observations
        ],
        alerts=[_alert_out(a) for a in _newest(view.snapshot.alerts)],
        checkpoints=[
            _checkpoint_out(c)
            for c in sorted(view.trace.checkpoints, key=lambda c: c.at, reverse=True)
        ],
        actions=[action_out(a) for a in reversed(view.order.actions)],
    )


def action_out(action: Action) -> ActionOut:
    """What the buyer has said."""
    return ActionOut(
        action_id=action.action_id,
        action=action.kind,
        at=action.at,
        on=action.on,
        until=action.until,
        amount=action.amount,
        answers=dict(action.answers) or None,
        note=action.note,
    )


def _newest(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda a: a.raised_at, reverse=True)


def _alert_out(alert: Alert) -> AlertOut:
    return AlertOut(kind=alert.kind, reason=alert.reason or None, sent_at=alert.sent_at)


def _checkpoint_out(checkpoint: Checkpoint) -> CheckpointOut:
    return CheckpointOut(
        at=checkpoint.at,
        code=checkpoint.code,
        stage=checkpoint.stage,
        text=checkpoint.text,
        place=checkpoint.place,
        source=checkpoint.source,
        tracking_number=checkpoint.number,
    )
