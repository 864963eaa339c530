"""Stories: what happens to some orders, step by step, and what must have been sent in the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.simulated_stack import EPOCH, World
from tests.faults.story_beginnings import (
    RECOVERED,
    UNBLOCKED,
    alarmed,
    collectable,
    delivered,
    delivered_by_status,
    delivered_unseen,
    failing,
    given_up,
    near_a_claim,
    numberless,
    owed,
    protected,
    silent,
    spoken_of,
    three_late,
    two_silent,
    young,
)
from tests.faults.story_steps import (
    ANOTHER,
    A,
    Step,
    X,
    at,
    days,
    deliver,
    digest_at,
    nudged,
    order,
    redrive,
    request,
    tick_at,
    turn_of,
)

NIGHT, MORNING = "05:30-06:45", EPOCH + timedelta(hours=21, minutes=6)
"""Quiet hours in which the order `a` is stalled, and when they have ended."""
TOLD = EPOCH + timedelta(days=2)
REMINDED = EPOCH + timedelta(days=10)
"""The day on which a dispute about a delivery of today is reminded of."""


@dataclass(frozen=True)
class Story:
    """A story: how it begins without any fault, and the steps in which something may go wrong."""

    name: str
    begin: Callable[[World], None]
    steps: tuple[Step, ...]
    sent: frozenset[tuple[str, str]]
    """What must be sent: order and kind."""
    optional: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """What may be sent, when a fault delays what makes it needless."""
    languages: tuple[str, ...] = ("",)
    """In which each alert goes out; an empty one stands for the stack's."""
    fine_from: datetime = EPOCH
    """When the source's last outage is over."""
    second: bool = False
    """Whether a second source is configured."""
    redriven: bool = False
    """Whether what was given up on is done again at the end; else the world must do without it."""
    quiet_hours: str = ""
    """In UTC, when nothing may be said; they do not cross midnight."""


_OUTAGE = frozenset({("", "source_down"), ("", "source_up")})
"""Where the one order is asked about once a day, two requests that failed are a day's outage."""

STORIES = (
    Story(
        "new order",
        young,
        (
            order("a", A, 4),
            deliver,
            nudged,
            deliver,
            deliver,
        ),
        frozenset(),
    ),
    Story(
        "stalled",
        silent,
        (turn_of("a"), deliver, deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
    ),
    Story(
        "three languages",
        spoken_of,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
        languages=("", "de", "es"),
    ),
    Story(
        "two in one mail",
        two_silent,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), (X, "stalled")}),
    ),
    Story(
        "three late",
        three_late,
        (turn_of("a"), deliver, turn_of("b"), deliver, turn_of("c"), deliver),
        frozenset({("a", "late"), ("b", "late"), ("c", "late")}),
    ),
    Story(
        "moving again",
        alarmed,
        (turn_of("a"), deliver, deliver),
        frozenset({("a", "stalled"), ("a", "moving_again")}),
    ),
    Story(
        "deadline while blocked",
        protected,
        (turn_of("a"), deliver, turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "protection_ending"), ("", "source_down"), ("", "source_up")}),
        fine_from=UNBLOCKED,
    ),
    Story(
        "refund due",
        owed,
        (tick_at(EPOCH + days(0.7)), deliver, turn_of("a"), deliver),
        frozenset({("a", "protection_ending"), ("a", "refund_due")}),
    ),
    Story(
        "delivered and not received",
        delivered,
        (
            request("POST", "/orders/a/actions", {"action": "not_received"}),
            deliver,
            tick_at(REMINDED),
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset({("a", "delivered"), ("a", "reminder")}),
    ),
    Story(
        "delivery withdrawn",
        delivered_by_status,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "delivered"), ("a", "moving_again")}),
    ),
    Story(
        "source down and up",
        failing,
        (turn_of("a"), deliver, tick_at(TOLD), deliver, turn_of("a"), deliver),
        frozenset({("", "source_down"), ("", "source_up")}),
        fine_from=RECOVERED,
    ),
    Story(
        "no number",
        numberless,
        (turn_of("a"), deliver, deliver),
        frozenset({("a", "never_scanned")}),
    ),
    Story(
        "claim with a second source",
        near_a_claim,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), ("a", "refund_claim")}),
        optional=_OUTAGE,
        second=True,
    ),
    Story(
        "delivered, as the second source knows",
        delivered_unseen,
        (turn_of("a"), deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled"), ("a", "delivered")}),
        optional=_OUTAGE,
        second=True,
    ),
    Story(
        "redriven",
        given_up,
        (redrive, deliver, turn_of("a"), deliver),
        frozenset({("a", "stalled")}),
        redriven=True,
    ),
    Story(
        "held at night",
        silent,
        (turn_of("a"), deliver, turn_of("a"), deliver, tick_at(MORNING), deliver),
        frozenset({("a", "stalled")}),
        quiet_hours=NIGHT,
    ),
    Story(
        "two held at night",
        two_silent,
        (turn_of("a"), deliver, turn_of("a"), deliver, tick_at(MORNING), deliver),
        frozenset({("a", "stalled"), (X, "stalled")}),
        quiet_hours=NIGHT,
    ),
    Story(
        "digest",
        collectable,
        (digest_at(EPOCH + at(minutes=35)), tick_at(EPOCH + at(minutes=50)), deliver),
        frozenset({("a", "action_needed"), ("", "digest")}),
    ),
    Story(
        "digest at night",
        collectable,
        (digest_at(EPOCH + at(minutes=35)), deliver, tick_at(EPOCH + at(minutes=70)), deliver),
        frozenset({("a", "action_needed"), ("", "digest")}),
        quiet_hours="10:00-10:45",
    ),
    Story(
        "deleted while an alert is pending",
        silent,
        (turn_of("a"), request("DELETE", "/orders/a"), deliver, deliver),
        frozenset(),
        optional=frozenset({("a", "stalled")}),
    ),
    Story(
        "deleted and added again",
        silent,
        (
            request("DELETE", "/orders/a"),
            deliver,
            order("a", A, 16),
            deliver,
            nudged,
            deliver,
        ),
        frozenset({("a", "stalled")}),
    ),
    Story(
        "another number",
        silent,
        (
            request("PATCH", "/orders/a", {"tracking_number": ANOTHER}),
            deliver,
            nudged,
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset(),
        optional=frozenset({("a", "stalled")}),
    ),
    Story(
        "muted and reopened",
        silent,
        (
            request("POST", "/orders/a/actions", {"action": "dispute_opened"}),
            deliver,
            turn_of("a"),
            deliver,
            request("POST", "/orders/a/actions", {"action": "reopen"}),
            deliver,
            turn_of("a"),
            deliver,
        ),
        frozenset({("a", "stalled")}),
    ),
)

IN_MAKE_TEST = frozenset(
    {
        *("stalled", "two in one mail", "no number", "another number", "deleted and added again"),
        *("moving again", "claim with a second source", "redriven"),
        *("two held at night", "digest", "digest at night"),
    }
)
"""The stories in which `make test` tries each single fault; `make faults` tries it in every one."""
