"""Draws an SVG as a PNG, with fonts that come along."""

from functools import lru_cache
from importlib.resources import files

from stallwatch.claims.svg import Face

_FONTS = ("SourceSansPro-Regular.ttf", "SourceSansPro-Bold.ttf")


_DRAWN = (
    *((0x20, 0x7E), (0xA0, 0x17E), (0x218, 0x21B)),  # Latin
    *((0x386, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x3CE)),  # Greek
    *((0x400, 0x45F), (0x490, 0x493)),  # Cyrillic
    *((0x1EA0, 0x1EF9), (0x2012, 0x2015), (0x2018, 0x201A), (0x201C, 0x201E)),
    *((0x2020, 0x2022), (0x2026, 0x2026), (0x2039, 0x203A), (0x20AC, 0x20AC)),
    *((0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212)),
)


def _draws(character: str) -> bool:
    point = ord(character)
    return any(first <= point <= last for first, last in _DRAWN)


FACE = Face(0.85, _draws)
"""The fonts: Latin, Greek and Cyrillic letters, and common signs."""


def png_of(svg: str) -> bytes:
    """An SVG as a PNG of its own size.

    Nothing is read but the SVG and the fonts.
    """
    import resvg_py  # noqa: PLC0415

    return resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=_fonts())


@lru_cache(maxsize=1)
def _fonts() -> list[str]:
    """The fonts' files; the package that holds them lies on the disk as it is."""
    folder = files("font_source_sans_pro") / "files"
    return [str(folder / name) for name in _FONTS]
