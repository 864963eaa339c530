"""Text for channels that take few characters: mail subjects and SMS.

A character that a channel lacks is written with the ones it has: `ß` as `ss`, `ł` as `l`.
"""

import unicodedata
from collections.abc import Callable, Mapping

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic characters of GSM 03.38; each takes one of the 160 places of a segment."""


_WRITTEN_AS = {
    "ß": "ss",
    "ł": "l",
    "Ł": "L",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "’": "'",  # noqa: RUF001
    "‘": "'",  # noqa: RUF001
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",  # noqa: RUF001
    "—": "-",
    "…": "...",
    "\u00a0": " ",
    "\u202f": " ",
}


def ascii_line(text: str, limit: int, letters: Mapping[str, str] | None = None) -> str:
    """A line of printable ASCII, as mail subjects take it.

    Args:
        text: The text.
        limit: How many characters it may have.
        letters: How the text's language writes letters without ASCII's (`ä` as `ae`).
    """
    own = letters or {}
    composed = unicodedata.normalize("NFC", text)
    written = "".join(own.get(char) or _plain(char, _is_ascii) for char in composed)
    return cut(" ".join(written.split()), limit)


def gsm7(text: str, limit: int = 160) -> str:
    """Text of one SMS segment: as many characters of GSM-7 as it holds."""
    written = "".join(_plain(char, _GSM7.__contains__) for char in text)
    return cut(" ".join(written.split()), limit)


def _is_ascii(char: str) -> bool:
    return " " <= char <= "~"


def _plain(char: str, allowed: Callable[[str], bool]) -> str:
    """A character in the channel's alphabet: itself, its likeness, or a question mark."""
    if char.isspace():
        return " "
    if allowed(char):
        return char
    likeness = _WRITTEN_AS.get(char) or "".join(
        c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)
    )
    if likeness and all(allowed(c) for c in likeness):
        return likeness
    return "" if unicodedata.category(char).startswith(("C", "M")) else "?"


def cut(text: str, limit: int) -> str:
    """A text that is at most so long; a longer one ends in three dots."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
