"""`make bench`: every figure beside its bar and beside two other ways to do the same work.

make bench
SAVE=1 make bench           writes the table and the picture into docs/ too
ONLY=rules,units make bench  measures some groups only
"""

import os
import sys
import time

from tests.bench import report
from tests.bench.figures import measure
from tests.local.machine import LOCAL, ROOT, LocalError

MADE = LOCAL / "bench"


def main() -> int:
    """Measure, print, write; 1 where a bar is missed."""
    began = time.monotonic()
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]

    def say(what: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {what}", file=sys.stderr, flush=True)

    try:
        figures = list(measure(say, only))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{report.machine()}\n\n{report.text(figures)}\n")
    for figure in figures:
        if figure.key == "import_rows":
            print(f"{figure.name}: {figure.note}")
        if figure.parts:
            parts = ", ".join(f"{name} {units:.4f}" for name, units in figure.parts.items())
            print(f"{figure.name}: {parts}")
    report.save(MADE, figures)
    if os.environ.get("SAVE"):
        report.save(ROOT / "docs", figures)
    print(f"\nwritten to {MADE.relative_to(ROOT)}")
    missed = [figure.name for figure in figures if not figure.met]
    for name in missed:
        print(f"MISSED: {name}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
