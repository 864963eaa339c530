"""Text from outside, made fit to be stored, logged, mailed and shown."""

import unicodedata
from functools import lru_cache

_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Controls (C0 and C1), formats (bidi marks, zero-width characters), lone halves of a surrogate."""


_SHORT = 120
"""Up to how many characters a text is likely to come again."""


def clean(value: object, limit: int) -> str:
    """A text without what cannot be seen, on one line, trimmed, at most `limit` characters long.

    White space of any kind, line and paragraph separators too, becomes single blanks. What is no
    text at all becomes an empty one.
    """
    if not isinstance(value, str):
        return ""
    return (_clean_again if len(value) <= _SHORT else _clean)(value, limit)


def _clean(value: str, limit: int) -> str:
    if not value.isprintable():
        value = "".join(map(_shown, value))
    return " ".join(value.split())[:limit].rstrip()


# Codes, zones and most texts are the same for thousands of parcels.
_clean_again = lru_cache(maxsize=2048)(_clean)


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in _UNSEEN or _is_noncharacter(ord(character)):
        return ""
    return character


def _is_noncharacter(point: int) -> bool:
    """Whether a code point is none for good; XML, and so a picture, must not hold U+FFFE."""
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF  # as Unicode has them  # noqa: PLR2004
