"""The timeline of a claim: a bar to scale with scans, silence, deadline, and how it was watched."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from stallwatch.claims.document import Claim
from stallwatch.claims.sentences import headline, is_silent
from stallwatch.claims.svg import Drawing
from stallwatch.messages.translations import Translations

WIDTH = 1080


MARGIN = 48


INNER = WIDTH - 2 * MARGIN


INK = "#17202b"


SOFT = "#546072"


LINE = "#c4cdd6"


PANEL = "#eef2f5"


ALARM = "#b3201b"


TINT = "#fdeeed"


GOOD = "#0b655f"


WARN = "#964800"


PAPER = "#ffffff"


# The bar: time to scale.
def bar(claim: Claim, words: Translations) -> str:
    """The trace to scale alone, for the page."""
    drawing = Drawing(WIDTH, headline(claim, words)[0])
    return drawing.finish(draw_bar(drawing, 0, claim, words) + 4)


def draw_bar(drawing: Drawing, top: float, claim: Claim, words: Translations) -> float:
    """Draw the bar with its band; returns where the next thing may begin."""
    first, last = _range(claim)
    span = (last - first).total_seconds()

    def x_of(instant: str) -> float:
        share = (_at(instant) - first).total_seconds() / span
        return MARGIN + INNER * min(max(share, 0), 1)

    y, height = top + 34, 64
    drawing.box(MARGIN, y, INNER, height, PANEL)
    for month in _months(first, last):
        x = x_of(month)
        drawing.line(x, y + height, x, y + height + 10, SOFT)
        if x + 110 < WIDTH - MARGIN:
            drawing.text(x + 6, y + height + 26, month[:7], 22, SOFT)
    silence = claim["silence"]
    if is_silent(claim):
        x, x2 = x_of(silence["since"]), x_of(silence["until"])
        drawing.hatched(x, y, max(x2 - x, 4), height, ALARM)
        text = words.text("days", n=silence["days"])
        middle = min(max((x + x2) / 2, MARGIN + 90), WIDTH - MARGIN - 90)
        drawing.text(middle, top + 26, text, 28, ALARM, bold=True, anchor="middle")
    for checkpoint in claim["checkpoints"]:
        if checkpoint["set_aside"] is None:
            x = x_of(checkpoint["at"])
            drawing.box(min(x, WIDTH - MARGIN - 7), y - 6, 7, height + 12, INK)
    y += height + 44
    ends_at = protection_ends(claim)
    if ends_at is not None:
        x = x_of(ends_at)
        drawing.line(x, top + 30, x, top + 34 + height, WARN, 5)
    return _watched(drawing, y, claim, x_of)


def _watched(drawing: Drawing, y: float, claim: Claim, x_of: Callable[[str], float]) -> float:
    """A band that shows when there were answers, with our gaps left open."""
    watching = claim["watching"]
    if watching["last_answer_at"] is None:
        return y
    x, x2 = x_of(watching["since"]), x_of(watching["last_answer_at"])
    drawing.box(x, y, max(x2 - x, 4), 16, GOOD)
    for gap in watching["gaps"]:
        x = x_of(gap["since"])
        x2 = x_of(gap["until"] or claim["made_at"])
        drawing.hatched(x, y, max(x2 - x, 4), 16, WARN)
    return y + 16


def _range(claim: Claim) -> tuple[datetime, datetime]:
    """The time that the bar shows, from the order or the first checkpoint on."""
    instants = [_at(c["at"]) for c in claim["checkpoints"] if c["set_aside"] is None]
    made = _at(claim["made_at"])
    first = min([_at(claim["order"]["ordered_on"] + "T00:00:00Z"), *instants])
    ends_at = protection_ends(claim)
    last = max([made, *instants, *([] if ends_at is None else [_at(ends_at)])])
    return first, max(last, first + timedelta(days=1))


def protection_ends(claim: Claim) -> str | None:
    """When buyer protection ends, unless that is too far away to be shown."""
    ends_on = claim["order"]["protection_ends_on"]
    if ends_on is None or _at(f"{ends_on}T00:00:00Z") - _at(claim["made_at"]) > timedelta(days=30):
        return None
    return f"{ends_on}T00:00:00Z"


def _months(first: datetime, last: datetime) -> Iterator[str]:
    """The beginnings of months, at most about eight of them."""
    step = 1 + (last - first).days // 240
    year, month = first.year, first.month
    while True:
        year, month = year + month // 12, month % 12 + 1
        at = datetime(year, month, 1, tzinfo=UTC)
        if at > last:
            return
        if month % step == 0 or step == 1:
            yield f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)
