"""Numbers as sources write them: in figures or texts, and tracking numbers among other words."""

import re
from collections.abc import Iterator

from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.sources.places import CARRIERS

_MOST_EXACT = 2**53
"""Beyond it, the parser of JSON does not keep each figure."""

_LONGEST_FIGURES = 20

_LONGEST_TEXT = 200

_FILLING = re.compile(r"[\s.\-\u2010\u2011]+")
"""What stands between the groups of a number."""

_BETWEEN_NUMBERS = re.compile(r"[:\uff1a\t,\uff0c;\uff1b/|\u3001]")

_ASIDE = re.compile(r"\([^()]*\)|\uff08[^\uff08\uff09]*\uff09|\[[^\[\]]*\]")

_SHORTEST_WORD = 4
"""Letters alone that are a word, and no part of a number: those of numbers are at most three."""


def number_in(value: object) -> float | None:
    """A number, also where it stands in a text; None for anything else."""
    if isinstance(value, float):
        return value
    if isinstance(value, str) and (text := value.strip()).isascii():
        return (
            float(text)
            if text.removeprefix("-").isdigit() and len(text) <= _LONGEST_FIGURES
            else None
        )
    return None


def text_of_number(value: object) -> str | None:
    """A tracking number as it was written; one of figures alone may stand there as a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and 0 <= value < _MOST_EXACT:
        return str(int(value))
    return None


def same_number(value: object) -> str | None:
    """The normal form of a tracking number that stands alone; None where it is none."""
    text = text_of_number(value)
    return None if text is None else normalize_number(text)


def number_among_words(value: object, carrier: str, besides: str | None) -> str | None:
    """The first tracking number of a text in whatever form it is written, or None.

    Args:
        value: The text: a number with anything between its groups, the carrier's name or prose
            around it, or several numbers.
        carrier: The carrier's name, as the source gives it.
        besides: The number that is known already, in its normal form.
    """
    text = _ASIDE.sub(" ", (text_of_number(value) or "")[:_LONGEST_TEXT]).strip()
    if carrier and text.lower().startswith(carrier.lower()):
        text = text[len(carrier) :]
    return next((number for number in _numbers(text) if number != besides), None)


def _numbers(text: str) -> Iterator[str]:
    for piece in _BETWEEN_NUMBERS.split(text):
        words = _FILLING.split(piece.strip())
        while words and _is_word(words[0]):
            del words[0]
        while words and _is_word(words[-1]):
            del words[-1]
        number = normalize_number("".join(words))
        if number is not None and any(figure.isdigit() for figure in number):
            yield number


def _is_word(part: str) -> bool:
    if any(character.isdigit() for character in part):
        return False
    return len(part) >= _SHORTEST_WORD or not part.isascii() or part.lower() in CARRIERS
