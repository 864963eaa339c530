"""The picture of a claim: a parcel's trace to scale, with its silence marked and counted.

It is made to be attached to a dispute and looked at on a phone. Everything in it comes from the
claim file. What the tracking said is told in its own words.
"""

from typing import Any

from stallwatch.claims.document import Claim
from stallwatch.claims.sentences import (
    carrier_line,
    headline,
    is_silent,
    odd_lines,
    say_instant,
    second_lines,
    watch_lines,
    word_line,
)
from stallwatch.claims.svg import ANY_FACE, Drawing, Face
from stallwatch.claims.timeline import (
    _ALARM,
    _FACE,
    _GOOD,
    _INK,
    _INNER,
    _LINE,
    _MARGIN,
    _PAPER,
    _SOFT,
    _TINT,
    _WARN,
    WIDTH,
    _bar,
    _protection_ends,
)
from stallwatch.messages.translations import Translations
from stallwatch.tracking.profiles import profile_of

_MOST_CHECKPOINTS = 6


_MOST_GAPS = 3


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
        self._say = words.say
        self._face = face
        self._left_out = False
        self._drawing = Drawing(WIDTH, headline(claim, words)[0])

    def draw(self) -> str:
        y = self._title()
        y = self._headline(y + 24)
        y = _bar(self._drawing, y + 20, self._claim, self._words)
        y = self._legend(y + 14)
        y = self._checkpoints(y + 34)
        y = self._watching(y + 30)
        y = self._seal(y + 24)
        drawing = self._drawing.finish(y)
        # The paper lies below all that was drawn on it.
        paper = f'<rect width="{WIDTH}" height="100%" fill="{_PAPER}"></rect>'
        return drawing.replace("</defs>", f"</defs>{paper}", 1)

    def _title(self) -> float:
        order, drawing = self._claim["order"], self._drawing
        drawing.box(0, 0, WIDTH, 62, _INK)
        drawing.text(_MARGIN, 42, self._say("title"), 28, _PAPER, bold=True)
        made = self._say("as_of", at=say_instant(self._claim["made_at"]))
        drawing.text(WIDTH - _MARGIN, 42, made, 24, _PAPER, anchor="end")
        y = self._ids(order["order_id"], order["tracking_number"] or self._say("no_number"))
        if order["title"] is not None:
            y = self._lines(order["title"], y + 2, 28, most=1, ink=_SOFT)
        carrier = self._claim["parcel"]["local_carrier"]
        if carrier is not None:
            line = f"{self._say('field.local_carrier')}: {carrier_line(carrier, self._words)}"
            y = self._lines(line, y + 2, 24, most=2, ink=_SOFT)
        return y

    def _ids(self, order_id: str, number: str) -> float:
        """Both numbers, beside each other where they are short enough."""
        label, half = self._say, _INNER / 2
        beside = all(
            self._face.width_of(value, 38, bold=True) < half for value in (order_id, number)
        )
        y, top = 74.0, 74.0
        for name, value in (("order", order_id), ("number", number)):
            x = _MARGIN + half if beside and name == "number" else float(_MARGIN)
            y = top if beside else y
            self._drawing.text(x, y + 26, label(f"label.{name}"), 22, _SOFT)
            lines = self._face.wrap(value, 38, half if beside else _INNER, most=2, bold=True)
            y = self._drawing.lines(x, y + 28, lines, 38, _INK, bold=True)
        return y

    def _headline(self, y: float) -> float:
        text, alarming = headline(self._claim, self._words)
        silence = self._claim["silence"]
        ink = _ALARM if alarming else _INK
        size = max(min(76, int(76 * (_INNER - 48) / self._face.width_of(text, 76, bold=True))), 52)
        lines = self._face.wrap(text, size, _INNER - 48, most=2, bold=True)
        told = [self._say(f"since.{silence['since_what']}", at=say_instant(silence["since"]))]
        if silence["until"] is not None:
            told.append(self._say("until", at=say_instant(silence["until"])))
        if self._claim["parcel"]["tracking_ended_by_design"]:
            told.append(self._say("ended_by_design"))
        below = [line for one in told for line in self._face.wrap(one, 28, _INNER - 48, most=2)]
        height = len(lines) * size * 1.3 + len(below) * 28 * 1.3 + 24
        self._drawing.box(_MARGIN, y, _INNER, height, _TINT if alarming else _FACE)
        self._drawing.box(_MARGIN, y, 10, height, ink)
        at = self._drawing.lines(_MARGIN + 30, y + 6, lines, size, ink, bold=True)
        self._drawing.lines(_MARGIN + 30, at, below, 28, _INK)
        return y + height

    def _legend(self, y: float) -> float:
        drawing, x = self._drawing, float(_MARGIN)
        for name in self._signs():
            ends_on = self._claim["order"]["protection_ends_on"] or ""
            text = self._say(f"legend.{name}", day=ends_on)
            wide = 34 + self._face.width_of(text, 22) + 24
            if x > _MARGIN and x + wide > WIDTH - _MARGIN:
                x, y = float(_MARGIN), y + 34
            if name == "scans":
                drawing.box(x + 8, y + 4, 7, 26, _INK)
            elif name == "looked":
                drawing.box(x, y + 9, 24, 16, _GOOD)
            elif name == "protection":
                drawing.line(x + 12, y + 4, x + 12, y + 30, _WARN, 5)
            else:
                drawing.hatched(x, y + 7, 24, 20, _ALARM if name == "silence" else _WARN)
            drawing.text(x + 34, y + 25, text, 22, _SOFT)
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
            "protection": _protection_ends(claim) is not None,
        }
        return [name for name, is_shown in shown.items() if is_shown]

    def _checkpoints(self, y: float) -> float:
        claim, drawing = self._claim, self._drawing
        y = self._section(y, "part.checkpoints")
        if is_silent(claim):
            silence = claim["silence"]
            drawing.hatched(_MARGIN, y + 4, 22, 62, _ALARM)
            drawing.text(
                _MARGIN + 42,
                y + 46,
                self._say("nothing", n=silence["days"]),
                32,
                _ALARM,
                bold=True,
            )
            y += 74
        counted = [c for c in claim["checkpoints"] if c["set_aside"] is None]
        for index, checkpoint in enumerate(counted[:_MOST_CHECKPOINTS]):
            y = self._checkpoint(y, checkpoint, newest=index == 0)
        left = len(counted) - _MOST_CHECKPOINTS
        if left > 0:
            y = self._lines(self._say("earlier", n=left), y + 2, 24, most=1, ink=_SOFT)
        if not counted:
            y = self._lines(self._say("untold"), y, 28, most=2)
        if self._left_out:
            y = self._lines(self._say("left_out"), y + 2, 24, most=2, ink=_SOFT)
        return y

    def _checkpoint(self, y: float, checkpoint: dict[str, Any], *, newest: bool) -> float:
        drawing = self._drawing
        drawing.box(_MARGIN + 7, y + 14, 8, 26, _INK if newest else _SOFT)
        at = say_instant(checkpoint["at"]).removesuffix(" UTC")
        drawing.text(_MARGIN + 42, y + 36, at, 26, _INK if newest else _SOFT, bold=newest)
        source = profile_of(checkpoint["source"]).title
        said = [checkpoint["text"], checkpoint["place"]]
        text = self._shown(" · ".join(s for s in said if s)) or checkpoint["code"]
        x = _MARGIN + 350
        lines = self._face.wrap(text, 28, WIDTH - _MARGIN - x, most=2, bold=newest)
        y = drawing.lines(x, y + 4, lines, 28, _INK, bold=newest)
        (small,) = self._face.wrap(
            f"{source} · {checkpoint['code']}", 20, WIDTH - _MARGIN - x, most=1
        )
        return drawing.lines(x, y - 4, [small], 20, _SOFT) + 4

    def _watching(self, y: float) -> float:
        claim = self._claim
        y = self._section(y, "part.watching")
        lines = list(watch_lines(claim, self._words, gaps=_MOST_GAPS))
        if claim["second_source"] is not None:
            lines += second_lines(claim, self._words)
        for line in lines:
            y = self._lines(line, y, 26, most=3) + 4
        odd = odd_lines(claim, self._words)
        if odd:
            y = self._section(y + 30, "part.odd")
        for line in odd:
            y = self._lines(line, y, 26, most=3) + 4
        said = [
            word_line(w, claim["order"], self._words) for w in claim["buyer"] if not w["taken_back"]
        ]
        if said:
            y = self._section(y + 30, "part.buyer")
        for line in said[-5:]:
            y = self._lines(line, y, 26, most=3) + 4
        return y

    def _seal(self, y: float) -> float:
        self._drawing.line(_MARGIN, y, WIDTH - _MARGIN, y, _LINE)
        y = self._lines(self._say("seal"), y + 8, 22, most=2, ink=_SOFT)
        return self._lines(self._claim["sha256"], y, 21, most=2, ink=_SOFT) + 24

    def _section(self, y: float, key: str) -> float:
        self._drawing.line(_MARGIN, y - 14, WIDTH - _MARGIN, y - 14, _LINE)
        return self._drawing.lines(_MARGIN, y - 4, [self._say(key)], 26, _GOOD, bold=True) + 4

    def _lines(
        self, text: str, y: float, size: float, *, most: int, ink: str = _INK, bold: bool = False
    ) -> float:
        lines = self._face.wrap(self._shown(text), size, _INNER, most=most, bold=bold)
        return self._drawing.lines(_MARGIN, y, lines, size, ink, bold=bold)

    def _shown(self, text: str) -> str:
        """A text with what cannot be drawn marked as left out."""
        if all(map(self._face.draws, text)):
            return text
        self._left_out = True
        shown = "".join(c if self._face.draws(c) else "\0" for c in text)
        while "\0\0" in shown or "\0 \0" in shown:
            shown = shown.replace("\0\0", "\0").replace("\0 \0", "\0")
        return shown.replace("\0", "[…]")
