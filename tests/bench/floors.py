"""The floor of each figure: what prices, the network or the work itself leave no way below.

A floor holds for the promises of this design: each trace is kept as evidence, and each piece of
news is evaluated. Where a figure is better the larger it is, the floor is a ceiling. A figure whose
floor nobody knows has none here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """A floor, in the unit of its figure, and what sets it."""

    value: float
    why: str


NEWS = 0.08
"""The share of the checks that find news (`tests/bench/order_lives.py`)."""

LOOKED_AT = 0.088
"""The share after which the evaluation looks at the order: news, and rules that come due."""

ROW = 76 / 8192
"""Read units of an order's row in the index: 76 bytes, at half a unit for 4 KB."""

AT_ONCE = 32
"""Requests that a function has under way at the most (`Settings.pace_of`)."""

ANSWER_SECONDS = 0.2
"""How long the simulated source takes for a request."""

FLOORS = {
    "write_units_pull": Floor(NEWS, "one unit, the trace, for each piece of news"),
    "write_units": Floor(
        3 * NEWS, "three units for each piece of news: the trace, the place, the place's row"
    ),
    "read_units_pull": Floor(
        ROW, "the row of each order that is due: 76 bytes at 0.5 units for 4 KB"
    ),
    "read_units": Floor(
        ROW + LOOKED_AT, "the same, and one unit to read each order that is evaluated"
    ),
    "calls": Floor(NEWS, "one conditional write for each piece of news; batches take no condition"),
    "rate_40": Floor(
        AT_ONCE * 40 / ANSWER_SECONDS,
        f"{AT_ONCE} requests at once, 40 numbers each, 200 ms each (a ceiling)",
    ),
    "rate_10": Floor(
        AT_ONCE * 10 / ANSWER_SECONDS,
        f"{AT_ONCE} requests at once, 10 numbers each, 200 ms each (a ceiling)",
    ),
    "stored": Floor(1, "what is stored and not due costs nothing"),
    "stored_units": Floor(1, "what is stored and not due costs nothing"),
    "import_pull_tracking": Floor(1, "botocore itself, which every function imports"),
    "import_evaluate_orders": Floor(1, "botocore itself, which every function imports"),
    "import_orders_api": Floor(1, "botocore itself, which every function imports"),
    "cost": Floor(
        0.055,
        "list prices: the e-mails, the schedule, and three write units for each piece of news",
    ),
}
