"""Prints what every sample answer says: `python -m tests.unit.sources.show_recorded`.

One line for each event: number, event, instant, stage.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "shared"))

from stallwatch.sources.cainiao import parse  # noqa: E402
from stallwatch.tracking.codes import stage_of  # noqa: E402
from stallwatch.tracking.source import TrackingResult  # the path to it stands above  # noqa: E402

FOLDERS = (
    ROOT / "tests" / "data" / "cainiao",
    ROOT.parent / "shared" / "upstream" / "cainiao",
)


def numbers_in(body: bytes) -> list[str]:
    """The numbers that an answer is about."""
    try:
        return [entry["mailNo"] for entry in json.loads(body)["module"]]
    except (ValueError, KeyError):
        return []


def lines_of(answer: TrackingResult) -> Iterator[str]:
    """An answer as a table."""
    if not answer.events:
        about = "known, no events" if answer.known else "unknown"
        pointing = f", points to {answer.points_to}" if answer.points_to else ""
        yield f"  {answer.number:<17} {about}{pointing}"
    for event in answer.events:
        stage, flag = stage_of(event.code)
        yield (
            f"  {answer.number:<17} {event.code:<22} {event.at:%Y-%m-%d %H:%M:%SZ}"
            f"  {stage}{f' ({flag})' if flag else ''}"
        )


def main() -> None:
    """Print the table of every file."""
    for _, path in sorted({path.name: path for f in FOLDERS for path in f.glob("*")}.items()):
        body = path.read_bytes()
        reply = parse(body, numbers_in(body))
        print(f"{path.name}: {reply.verdict} {reply.reason}".rstrip())
        for answer in reply.answers.values():
            print("\n".join(lines_of(answer)))


if __name__ == "__main__":
    main()
