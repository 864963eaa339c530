"""How many examples the generated tests try: `EFFORT=5 make test` tries five times as many.

A developer's run draws few and is quick; that of CI on the second Python draws more. Each run draws
others.
"""

import os

EFFORT = int(os.environ.get("EFFORT") or 1)


def examples(number: int) -> int:
    """How many are tried where a quick run tries so many."""
    return number * EFFORT
