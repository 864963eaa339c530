"""Drawing with few means: boxes, lines and texts that never run over, as an SVG.

A text is taken to be as wide as the widest of the common fonts would make it, so that it fits
whatever font the viewer has; where the font is known, as wide as that.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

FONTS = "Source Sans Pro, Helvetica, Arial, sans-serif"


_WIDTHS = {
    **dict.fromkeys(" ',.:;i|Ijl", 0.41),
    **dict.fromkeys("!()-[]ftr/\\", 0.53),
    **dict.fromkeys('0123456789?abcdeghknopqsuvxyzFJLTES$_`{}"*', 0.73),
    **dict.fromkeys("ABCDGHKNOPQRUVXYZ", 0.86),
}
"""How wide characters are in DejaVu Sans Bold, the widest font that is common, in ems."""


_WIDEST = 1.11


_MARK = 0.12
"""By how much a mark widens its letter at the most."""


_FOREIGN = 1.35
"""How wide a character of another script is, but for a few that nobody uses."""


_PLAIN = 0.93
"""How wide a plain text is beside a bold one."""


_ELLIPSIS = "…"


_ARABIC = re.compile(r"([\u0600-\u06ff]+(?:\s+[\u0600-\u06ff]+)*\s*)")


@lru_cache(maxsize=4096)
def _width_of(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if character.isascii():
        return _WIDTHS.get(character, _WIDEST)
    base = unicodedata.normalize("NFD", character)[0]
    return _WIDTHS.get(base, _WIDEST) + _MARK if base.isascii() else _FOREIGN


@dataclass(frozen=True, slots=True)
class Face:
    """What is known of the font that a drawing is looked at with."""

    scale: float
    """How wide its widest characters are beside those of the widest common font."""
    draws: Callable[[str], bool]
    """Whether it has a character."""
    mixes_arabic: bool = True
    """Whether it draws a line in which Arabic stands beside other scripts."""

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide a text is at the most."""
        return sum(map(_width_of, text)) * size * self.scale * (1 if bold else _PLAIN)

    def wrap(
        self, text: str, size: float, width: float, *, most: int, bold: bool = False
    ) -> list[str]:
        """A text in lines that fit a width; what does not fit into the last ends in an ellipsis.

        Args:
            text: The text.
            size: The size of the font.
            width: How wide a line may be.
            most: How many lines there may be.
            bold: Whether the font is bold.
        """

        def fits(line: str) -> bool:
            return self.width_of(line, size, bold=bold) <= width

        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".lstrip()
            if fits(longer):
                lines[-1] = longer
                continue
            if lines[-1]:
                lines.append("")
            for character in word:
                if not fits(lines[-1] + character):
                    lines.append("")
                lines[-1] += character
        if len(lines) <= most:
            return lines
        last = lines[most - 1]
        while not fits(last + _ELLIPSIS):
            last = last[:-1].rstrip()
        return [*lines[: most - 1], last + _ELLIPSIS]


ANY_FACE = Face(1.0, lambda _: True)
"""A viewer that has fonts for everything, whichever they are."""


class Drawing:
    """An SVG that grows downwards.

    Args:
        width: How wide it is.
        name: What it is called for those who cannot see it.
        face: What is known of the font.
    """

    def __init__(self, width: int, name: str, face: Face = ANY_FACE) -> None:
        self.width = width
        self._face = face
        self._name = name
        self._parts: list[str] = []
        self._hatches: dict[str, str] = {}

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled box."""
        self._add("rect", x=x, y=y, width=width, height=height, fill=fill)

    def hatched(self, x: float, y: float, width: float, height: float, ink: str) -> None:
        """A box filled with slanted lines."""
        name = self._hatches.setdefault(ink, f"hatch-{len(self._hatches)}")
        self._add(
            "rect", x=x, y=y, width=width, height=height, fill=f"url(#{name})", stroke=ink,
            stroke_width=2,
        )  # fmt: skip

    def line(self, x: float, y: float, x2: float, y2: float, ink: str, width: float = 2) -> None:
        """A line."""
        self._add("line", x1=x, y1=y, x2=x2, y2=y2, stroke=ink, stroke_width=width)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        ink: str,
        *,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """A line of text; `y` is its base line."""
        properties: dict[str, object] = {"y": y, "font_size": size, "fill": ink}
        if bold:
            properties["font_weight"] = 700
        if anchor != "start":
            properties["text_anchor"] = anchor
        runs = [text] if self._face.mixes_arabic else _runs(text)
        for run in runs:
            self._add("text", run, x=x, **properties)
            x += self._face.width_of(run, size, bold=bold)

    def lines(
        self, x: float, y: float, lines: Iterable[str], size: float, ink: str, *, bold: bool = False
    ) -> float:
        """Lines of text from `y` on; returns where the next thing may begin."""
        for line in lines:
            y += size * 1.3
            self.text(x, y - size * 0.3, line, size, ink, bold=bold)
        return y

    def _add(self, tag: str, text: str = "", **properties: object) -> None:
        written = "".join(
            f' {name.replace("_", "-")}="{_written(value)}"' for name, value in properties.items()
        )
        self._parts.append(f"<{tag}{written}>{escape(text)}</{tag}>")

    def finish(self, height: float) -> str:
        """The SVG."""
        hatches = "".join(
            f'<pattern id="{name}" width="14" height="14" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><rect width="14" height="14" fill="#fff"></rect>'
            f'<rect width="5" height="14" fill="{ink}"></rect></pattern>'
            for ink, name in self._hatches.items()
        )
        size = f"{self.width} {_written(height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}"'
            f' height="{_written(height)}" viewBox="0 0 {size}" role="img"'
            f' font-family="{FONTS}"><title>{escape(self._name)}</title>'
            f"<defs>{hatches}</defs>{''.join(self._parts)}</svg>"
        )


def _runs(text: str) -> list[str]:
    """A text cut where Arabic begins or ends, each run with the spaces after it."""
    return [run for run in _ARABIC.split(text) if run]


def _written(value: object) -> str:
    """A number with at most one decimal, so that the same input gives the same text everywhere."""
    if isinstance(value, float):
        return f"{round(value, 1):g}"
    return escape(str(value))
