"""How many examples the generated tests try.

A developer's run draws few and is quick. `EFFORT=10 make test` draws ten times as many, as CI does
on Python 3.13. Each run draws others, but for the comparison with the reference model.
"""

import os

EFFORT = int(os.environ.get("EFFORT") or 1)


def examples(number: int) -> int:
    """How many are tried where a quick run tries so many."""
    return number * EFFORT
