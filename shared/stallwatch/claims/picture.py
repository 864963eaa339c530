"""The picture of a claim: a parcel's trace to scale, with its silence marked and counted.

It is made to be attached to a dispute and looked at on a phone. Everything in it comes from the
claim file. What the tracking said is told in its own words.
"""

from typing import Any

from stallwatch.claims.document import Claim
from stallwatch.claims.sentences import (
    ask_line,
    carrier_line,
    chinese_line,
    date_lines,
    headline,
    is_silent,
    odd_lines,
    say_instant,
    second_lines,
    since_lines,
    source_lines,
    title,
    watch_lines,
    word_line,
)
from stallwatch.claims.svg import ANY_FACE, Drawing, Face
from stallwatch.claims.timeline import (
    ALARM,
    GOOD,
    INK,
    INNER,
    LINE,
    MARGIN,
    PANEL,
    PAPER,
    SOFT,
    TINT,
    WARN,
    WIDTH,
    draw_bar,
    protection_ends,
)
from stallwatch.messages.translations import Translations
from stallwatch.tracking.profiles import profile_of

_MOST_CHECKPOINTS = 6


_MOST_GAPS = 3


_MOST_CONTACTS = 6


# The picture.
def picture(claim: Claim, words: Translations, face: Face = ANY_FACE) -> str:
    """The picture of a claim file, as an SVG.

    Args:
        claim: The claim file, with its checksum.
        words: The language.
        face: The font; what it does not have is marked as left out.
    """
    return _Picture(claim, words, face).draw()


class _Picture:
    """One picture, drawn from the top to the bottom."""

    def __init__(self, claim: Claim, words: Translations, face: Face) -> None:
        self._claim = claim
        self._words = words
        self._text = words.text
        self._face = face
        self._left_out = False
        self._drawing = Drawing(WIDTH, headline(claim, words)[0], face)

    def draw(self) -> str:
        y = self._title()
        y = self._ask(y + 12)
        y = self._headline(y + 16)
        y = draw_bar(self._drawing, y + 20, self._claim, self._words)
        y = self._legend(y + 14)
        y = self._checkpoints(y + 34)
        y = self._contacts(y + 30)
        y = self._watching(y + 30)
        y = self._seal(y + 24)
        drawing = self._drawing.finish(y)
        # The paper lies below all that was drawn on it.
        paper = f'<rect width="{WIDTH}" height="100%" fill="{PAPER}"></rect>'
        return drawing.replace("</defs>", f"</defs>{paper}", 1)

    def _title(self) -> float:
        order, drawing = self._claim["order"], self._drawing
        drawing.box(0, 0, WIDTH, 62, INK)
        drawing.text(MARGIN, 42, title(self._claim, self._words), 28, PAPER, bold=True)
        made = self._text("as_of", at=say_instant(self._claim["made_at"]))
        drawing.text(WIDTH - MARGIN, 42, made, 24, PAPER, anchor="end")
        y = self._ids(order["order_id"], order["tracking_number"] or self._text("no_number"))
        if order["title"] is not None:
            y = self._lines(order["title"], y + 2, 28, most=1, ink=SOFT)
        carrier = self._claim["parcel"]["local_carrier"]
        if carrier is not None:
            line = f"{self._text('field.local_carrier')}: {carrier_line(carrier, self._words)}"
            y = self._lines(line, y + 2, 24, most=2, ink=SOFT)
        return y

    def _ids(self, order_id: str, number: str) -> float:
        """Both numbers, beside each other where they are short enough."""
        label, half = self._text, INNER / 2
        beside = all(
            self._face.width_of(value, 38, bold=True) < half for value in (order_id, number)
        )
        y, top = 74.0, 74.0
        for name, value in (("order", order_id), ("number", number)):
            x = MARGIN + half if beside and name == "number" else float(MARGIN)
            y = top if beside else y
            self._drawing.text(x, y + 26, label(f"label.{name}"), 22, SOFT)
            lines = self._face.wrap(value, 38, half if beside else INNER, most=2, bold=True)
            y = self._drawing.lines(x, y + 28, lines, 38, INK, bold=True)
        return y

    def _ask(self, y: float) -> float:
        """What is asked, in both languages, and the dates that speak for it."""
        ask, chinese = ask_line(self._claim, self._words), chinese_line(self._claim, self._words)
        if ask is not None:
            y = self._lines(ask, y, 34, most=2, bold=True)
        if chinese is not None:
            y = self._lines(chinese, y + 2, 28, most=2)
        dates = "; ".join(
            f"{name}: {value}" for name, value in date_lines(self._claim, self._words)
        )
        return self._lines(dates, y + 4, 25, most=3, ink=SOFT)

    def _headline(self, y: float) -> float:
        text, alarming = headline(self._claim, self._words)
        ink = ALARM if alarming else INK
        size = max(min(76, int(76 * (INNER - 48) / self._face.width_of(text, 76, bold=True))), 52)
        lines = self._face.wrap(text, size, INNER - 48, most=2, bold=True)
        sentences = since_lines(self._claim, self._words)
        below = [
            line
            for line_of_text in sentences
            for line in self._face.wrap(line_of_text, 28, INNER - 48, most=2)
        ]
        height = len(lines) * size * 1.3 + len(below) * 28 * 1.3 + 24
        self._drawing.box(MARGIN, y, INNER, height, TINT if alarming else PANEL)
        self._drawing.box(MARGIN, y, 10, height, ink)
        at = self._drawing.lines(MARGIN + 30, y + 6, lines, size, ink, bold=True)
        self._drawing.lines(MARGIN + 30, at, below, 28, INK)
        return y + height

    def _legend(self, y: float) -> float:
        drawing, x = self._drawing, float(MARGIN)
        for name in self._signs():
            ends_on = self._claim["order"]["protection_ends_on"] or ""
            text = self._text(f"legend.{name}", day=ends_on)
            wide = 34 + self._face.width_of(text, 22) + 24
            if x > MARGIN and x + wide > WIDTH - MARGIN:
                x, y = float(MARGIN), y + 34
            if name == "scans":
                drawing.box(x + 8, y + 4, 7, 26, INK)
            elif name == "looked":
                drawing.box(x, y + 9, 24, 16, GOOD)
            elif name == "protection":
                drawing.line(x + 12, y + 4, x + 12, y + 30, WARN, 5)
            else:
                drawing.hatched(x, y + 7, 24, 20, ALARM if name == "silence" else WARN)
            drawing.text(x + 34, y + 25, text, 22, SOFT)
            x += wide
        return y + 34

    def _signs(self) -> list[str]:
        """The signs that the bar may show."""
        claim = self._claim
        shown = {
            "scans": True,
            "silence": is_silent(claim),
            "looked": claim["watching"]["last_answer_at"] is not None,
            "gaps": bool(claim["watching"]["gaps"]),
            "protection": protection_ends(claim) is not None,
        }
        return [name for name, is_shown in shown.items() if is_shown]

    def _checkpoints(self, y: float) -> float:
        claim, drawing = self._claim, self._drawing
        y = self._section(y, "part.checkpoints")
        if is_silent(claim):
            silence = claim["silence"]
            drawing.hatched(MARGIN, y + 4, 22, 62, ALARM)
            drawing.text(
                MARGIN + 42,
                y + 46,
                self._text("nothing", n=silence["days"]),
                32,
                ALARM,
                bold=True,
            )
            y += 74
        counted = [c for c in claim["checkpoints"] if c["set_aside"] is None]
        for index, checkpoint in enumerate(counted[:_MOST_CHECKPOINTS]):
            y = self._checkpoint(y, checkpoint, newest=index == 0)
        left = len(counted) - _MOST_CHECKPOINTS
        if left > 0:
            y = self._lines(self._text("earlier", n=left), y + 2, 24, most=1, ink=SOFT)
        if not counted:
            y = self._lines(self._text("untold"), y, 28, most=2)
        if self._left_out:
            y = self._lines(self._text("left_out"), y + 2, 24, most=2, ink=SOFT)
        return y

    def _checkpoint(self, y: float, checkpoint: dict[str, Any], *, newest: bool) -> float:
        drawing = self._drawing
        drawing.box(MARGIN + 7, y + 14, 8, 26, INK if newest else SOFT)
        at = say_instant(checkpoint["at"]).removesuffix(" UTC")
        drawing.text(MARGIN + 42, y + 36, at, 26, INK if newest else SOFT, bold=newest)
        sources = [checkpoint["source"], *checkpoint["also_from"]]
        source = ", ".join(profile_of(name).title for name in sources)
        parts = [checkpoint["text"], checkpoint["place"]]
        text = self._shown(" · ".join(s for s in parts if s)) or checkpoint["code"]
        x = MARGIN + 350
        lines = self._face.wrap(text, 28, WIDTH - MARGIN - x, most=2, bold=newest)
        y = drawing.lines(x, y + 4, lines, 28, INK, bold=newest)
        (small,) = self._face.wrap(
            f"{source} · {checkpoint['code']}", 20, WIDTH - MARGIN - x, most=1
        )
        return drawing.lines(x, y - 4, [small], 20, SOFT) + 4

    def _contacts(self, y: float) -> float:
        """What the buyer has done about it, as a timeline."""
        parts = [
            word_line(word, self._claim["order"], self._words) for word in self._claim["buyer"]
        ]
        if not parts:
            return y - 30
        y = self._section(y, "part.buyer")
        for line in parts[-_MOST_CONTACTS:]:
            y = self._lines(line, y, 26, most=3) + 4
        return y

    def _watching(self, y: float) -> float:
        claim = self._claim
        y = self._section(y, "part.watching")
        lines = list(watch_lines(claim, self._words, gaps=_MOST_GAPS))
        for line in [*lines, *second_lines(claim, self._words)]:
            y = self._lines(line, y, 26, most=3) + 4
        odd = odd_lines(claim, self._words)
        if odd:
            y = self._section(y + 30, "part.observations")
        for line in odd:
            y = self._lines(line, y, 26, most=3) + 4
        return y

    def _seal(self, y: float) -> float:
        self._drawing.line(MARGIN, y, WIDTH - MARGIN, y, LINE)
        for line in source_lines(self._claim, self._words):
            y = self._lines(line, y + 8, 24, most=2)
        y = self._lines(self._text("seal"), y + 8, 22, most=2, ink=SOFT)
        return self._lines(self._claim["sha256"], y, 21, most=2, ink=SOFT) + 24

    def _section(self, y: float, key: str) -> float:
        self._drawing.line(MARGIN, y - 14, WIDTH - MARGIN, y - 14, LINE)
        return self._drawing.lines(MARGIN, y - 4, [self._text(key)], 26, GOOD, bold=True) + 4

    def _lines(
        self, text: str, y: float, size: float, *, most: int, ink: str = INK, bold: bool = False
    ) -> float:
        lines = self._face.wrap(self._shown(text), size, INNER, most=most, bold=bold)
        return self._drawing.lines(MARGIN, y, lines, size, ink, bold=bold)

    def _shown(self, text: str) -> str:
        """A text with what cannot be drawn marked as left out."""
        if all(map(self._face.draws, text)):
            return text
        self._left_out = True
        shown = "".join(c if self._face.draws(c) else "\0" for c in text)
        while "\0\0" in shown or "\0 \0" in shown:
            shown = shown.replace("\0\0", "\0").replace("\0 \0", "\0")
        return shown.replace("\0", "[…]")
