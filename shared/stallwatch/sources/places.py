"""Places as sources write them: towns without postcodes, and brackets that name no place.

A postcode can single out the receiver's house, so none is kept.
"""

import re

from stallwatch.domain.text import clean

_LONGEST_PLACE = 60

_BRACKET = re.compile(r"[\[\u3010]([^\[\]\u3010\u3011]*)[\]\u3011] ?")
"""Chinese texts have brackets of their own."""

_POSTCODE = re.compile(
    r"\b(?:"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"  # GB: SW1A 1AA
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d"  # CA: K1A 0B1
    r"|[A-Z]\d[\dW] ?[A-Z\d]{4}"  # IE: D02 X285
    r"|\d{4} ?[A-Z]{2}"  # NL: 1012 AB
    r"|(?:[A-Z]{1,2}-)?\d{3,}(?:[ -]\d{2,4})?"  # most: 75001, LV-1010, 110 00, 12345-678
    r"|\d{2}-\d{3}"  # PL: 00-950
    r"|[A-Z]\d{4}[A-Z]{3}"  # AR: C1425DKF
    r")\b"
    r"|\b(?i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
    r"|\u3012?(?<!\d)\d{3}-\d{4}(?!\d)"  # JP: 〒150-0001
    r"|(?<!\d)\d{5,}(?!\d)"  # behind a letter, as where no blanks are written
)

_COMMAS = re.compile(r"[,\uff0c]")

_NO_TOWN = re.compile(
    r"\b(?:hub|warehouse|sorting|cent(?:er|re)|depot|terminal|station|facility|carrier|courier"
    r"|express|logistics|parcel|post|mail|delivery|airport|customs|couriers?)\b"
    r"|\u4e2d\u5fc3|\u516c\u53f8|\u4ed3|\u7ad9|\u6d77\u5173|\u673a\u573a|\u5feb\u9012|\u7269\u6d41|\u90ae\u653f|\u8f6c\u8fd0",
    re.IGNORECASE,
)
"""Words of buildings and companies, in English and Chinese.

A bracket with a comma, "country,town,region", is a place."""

CARRIERS = frozenset(
    "anjun asendia bpost cainiao celeritas chronopost colissimo correos ctt dhl dpd ecoscooting "
    "evri fedex fineex gls gofo hermes inpost omniva ontrac paack packeta paquetexpress postnl "
    "postnord relais seur speedx tnt uniuni ups usps veho yanwen yodel yunexpress zeleris".split()
)
"""Their names in one word, in lower case."""

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
    parts = [" ".join(_POSTCODE.sub("", part).split()).strip(" -;") for part in _COMMAS.split(text)]
    comma = "\uff0c" if "\uff0c" in text else ", " if ", " in text else ","
    return comma.join(part for part in parts if part)[:_LONGEST_PLACE] or None


def _is_place(named: str) -> bool:
    if _COMMAS.search(named):
        return True
    words = named.split()
    is_code = len(words) == 1 and named.isupper() and len(named) <= _LONGEST_ABBREVIATION
    return not is_code and not _NO_TOWN.search(named) and words[0].lower() not in CARRIERS
