"""Draws an SVG as a PNG, with fonts that come along."""

from contextlib import suppress
from functools import lru_cache
from importlib.resources import files

from stallwatch.claims.svg import Face

_FONTS = ("SourceSansPro-Regular.ttf", "SourceSansPro-Bold.ttf")


_OTHER_SCRIPTS = ("NotoSansCJK-subset.otf", "NotoSansArabic-subset.ttf", "Heebo-subset.ttf")
"""Subsets that come with this package, for scripts that the first font lacks."""


_DRAWN = (
    *((0x20, 0x7E), (0xA0, 0x17E), (0x218, 0x21B)),  # Latin
    *((0x386, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x3CE)),  # Greek
    *((0x400, 0x45F), (0x490, 0x493)),  # Cyrillic
    *((0x5B0, 0x5BC), (0x5D0, 0x5EA), (0x5F0, 0x5F4)),  # Hebrew
    *((0x60C, 0x60C), (0x61B, 0x61B), (0x61F, 0x652), (0x660, 0x66C), (0x671, 0x6D3)),  # Arabic
    *((0x1EA0, 0x1EF9), (0x2012, 0x2015), (0x2018, 0x201A), (0x201C, 0x201E)),
    *((0x2020, 0x2022), (0x2026, 0x2026), (0x2039, 0x203A), (0x20AA, 0x20AA), (0x20AC, 0x20AC)),
    *((0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212)),
    *((0x3000, 0x301F), (0x3041, 0x3096), (0x30A0, 0x30FF), (0xFF01, 0xFF9F)),  # Chinese, kana
)


_IDEOGRAPHS = (0x4E00, 0x9FFF)


_BIG5_COMMON = (0xA4, 0xC6)
"""The first bytes of the ideographs of Big5's first level."""


def _draws(character: str) -> bool:
    point = ord(character)
    if _IDEOGRAPHS[0] <= point <= _IDEOGRAPHS[1]:
        return _is_common(character)
    return any(first <= point <= last for first, last in _DRAWN)


@lru_cache(maxsize=4096)
def _is_common(ideograph: str) -> bool:
    """Whether an ideograph is one of GB 2312, or of the first level of Big5."""
    with suppress(UnicodeEncodeError):
        return bool(ideograph.encode("gb2312"))
    with suppress(UnicodeEncodeError):
        return _BIG5_COMMON[0] <= ideograph.encode("big5")[0] <= _BIG5_COMMON[1]
    return False


FACE = Face(0.85, _draws, mixes_arabic=False)
"""The fonts: Latin, Greek, Cyrillic, Hebrew and Arabic letters, common ideographs and signs."""


def png_of(svg: str) -> bytes:
    """An SVG as a PNG of its own size.

    Nothing is read but the SVG and the fonts.
    """
    import resvg_py  # noqa: PLC0415

    return resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=_fonts())


@lru_cache(maxsize=1)
def _fonts() -> list[str]:
    """The fonts' files; the packages that hold them lie on the disk as they are."""
    folder, own = files("font_source_sans_pro") / "files", files(__package__) / "fonts"
    return [*(str(folder / name) for name in _FONTS), *(str(own / n) for n in _OTHER_SCRIPTS)]
