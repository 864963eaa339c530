"""Places as sources write them: towns without postcodes, and brackets that name no place.

A postcode can single out the receiver's house, so none is kept.
"""

import re

from stallwatch.domain.text import clean

_LONGEST_PLACE = 60

_BRACKET = re.compile(r"\[([^\[\]]*)\] ?")

_POSTCODE = re.compile(
    r"\b(?:"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"  # GB: SW1A 1AA
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d"  # CA: K1A 0B1
    r"|[A-Z]\d[\dW] ?[A-Z\d]{4}"  # IE: D02 X285
    r"|\d{4} ?[A-Z]{2}"  # NL: 1012 AB
    r"|(?:[A-Z]{1,2}-)?\d{3,}(?:[ -]\d{2,4})?"  # most: 75001, LV-1010, 110 00, 12345-678
    r"|\d{2}-\d{3}"  # PL: 00-950
    r")\b"
)

_NO_TOWN = re.compile(
    r"\b(?:hub|warehouse|sorting|cent(?:er|re)|depot|terminal|station|facility|carrier|courier"
    r"|express|logistics|parcel|post|mail|delivery|airport|customs|couriers?)\b",
    re.IGNORECASE,
)
"""Words of buildings and companies. A bracket with a comma, "country,town,region", is a place."""

_CARRIERS = frozenset(
    "anjun asendia bpost cainiao celeritas chronopost colissimo correos ctt dpd ecoscooting evri "
    "fedex fineex gofo hermes inpost omniva ontrac paack packeta paquetexpress postnl postnord "
    "relais seur speedx uniuni veho yanwen yodel yunexpress zeleris".split()
)

_LONGEST_ABBREVIATION = 5
"""A single word in capitals up to this length is a country's, an airport's or a carrier's code."""


def split_place(text: str) -> tuple[str, str | None]:
    """A text, and the town that stands in brackets in front of it.

    Where the brackets hold no place (`[FR]`, `[GOFO]`, `[Hub 12]`) the text keeps them.
    """
    match = _BRACKET.match(text)
    if match is None:
        return text, None
    named = clean(match[1], _LONGEST_PLACE)
    if named and not _is_place(named):
        return text, None
    return text[match.end() :], place_of(named)


def place_of(text: str) -> str | None:
    """A place without its postcode; None where nothing is left."""
    parts = [" ".join(_POSTCODE.sub("", part).split()).strip(" -;") for part in text.split(",")]
    separator = ", " if ", " in text else ","
    return separator.join(part for part in parts if part)[:_LONGEST_PLACE] or None


def _is_place(named: str) -> bool:
    if "," in named:
        return True
    words = named.split()
    is_code = len(words) == 1 and named.isupper() and len(named) <= _LONGEST_ABBREVIATION
    return not is_code and not _NO_TOWN.search(named) and words[0].lower() not in _CARRIERS
