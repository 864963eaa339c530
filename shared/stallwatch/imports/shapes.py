"""Order ids and tracking numbers by their shape, and what a link of AliExpress or Cainiao names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from stallwatch.domain.tracking_numbers import normalize_number

_ORDER_ID = re.compile(r"(?!1005[0-9]{12}$|12000[0-9]{12}$)[1-9][0-9]{14,16}")
"""15 to 17 digits; 16 from 1005 on are a product's on AliExpress, 17 from 12000 on a variant's."""

_KNOWN_NUMBER = re.compile(
    r"""
      LP[0-9]{11,20} | AP[0-9]{14} | CNG[0-9]{14} | AE[0-9]{9} | PDN[0-9]{10}
    | [A-Z]{2}[0-9]{9}[A-Z]{2}          # postal, S10, and those shaped like it
    | [A-Z]{2}[0-9]{10}Y[A-Z0-9]?       # the like with ten digits
    | (?:4PX|FPXE)[0-9]{10,16} | SYUS[0-9]{10,16} | YT[0-9]{16} | JT[0-9]{13,16} | GFUS[0-9]{14}
    | (?:CNUS|AEUS|CNFR|CNES|CNIT|CNDE|AEFP|AECA|CNPL|CNCZ)[A-Z]{0,4}[0-9]{9,18}
    | 1Z[A-Z0-9]{16}
    """,
    re.VERBOSE,
)
"""Shapes that hardly anything else has, so that they can be found within prose."""

_NUMBER_ALONE = re.compile(
    r"(?=(?:[A-Z]*[0-9]){8})[A-Z]{1,8}[0-9]{7,22}[A-Z0-9]{0,5}|[0-9]{18}|[0-9]{20,24}"
)
"""Further shapes that are taken where a number stands alone."""

_MOST_WORD = 40
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{10,40}(?![A-Za-z0-9])")

_LINK = re.compile(r"https?://[^\s\"'<>]{4,2000}", re.IGNORECASE)

_HOSTS = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:aliexpress\.(?:com|ru|us)|cainiao\.com|17track\.net)", re.IGNORECASE
)

_ORDER_PARAMETERS = frozenset(
    {"tradeorderid", "tradeid", "o_ids", "orderid", "order_id", "orderids"}
)
_NUMBER_PARAMETERS = frozenset(
    {"trackingnumber", "tracking_number", "mailno", "mailnolist", "mailnos", "nums", "trackno"}
)
_NESTED = 3
"""How often a link may stand within a link: mails wrap them to count clicks."""


@dataclass(frozen=True, slots=True)
class Found:
    """An order id, tracking numbers, or both, that belong together."""

    order_id: str | None = None
    tracking_numbers: tuple[str, ...] = ()


def looks_like_order_id(number: str) -> bool:
    """Whether digits are as many as AliExpress's order ids have."""
    return _ORDER_ID.fullmatch(number) is not None


def is_known_number(number: str) -> bool:
    """Whether a normalized number has a shape that hardly anything else has."""
    return _KNOWN_NUMBER.fullmatch(number) is not None


def number_alone(text: str) -> str | None:
    """The tracking number that a text is as a whole; None where it is none, or an order id.

    It may be written in groups, but what follows a whole number is no group of it.
    """
    number = normalize_number(text) if len(text) <= 2 * _MOST_WORD else None
    if number is None or looks_like_order_id(number):
        return None
    words = text.split()
    if len(words) > 1 and any(looks_like_order_id(w) or number_alone(w) for w in words):
        return None
    known = _KNOWN_NUMBER.fullmatch(number) or _NUMBER_ALONE.fullmatch(number)
    return number if known else None


def numbers_within(text: str) -> list[str]:
    """The tracking numbers of known shape within prose, each once."""
    found = (match[0].upper() for match in _TOKEN.finditer(text))
    return list(dict.fromkeys(number for number in found if is_known_number(number)))


def order_ids_within(text: str) -> list[str]:
    """The order ids within prose, each once."""
    found = (match[0] for match in _TOKEN.finditer(text))
    return list(dict.fromkeys(word for word in found if looks_like_order_id(word)))


def links_within(text: str) -> Iterator[str]:
    """The web addresses within a text."""
    for match in _LINK.finditer(text):
        yield match[0].rstrip(").,;]")


def without_links(text: str) -> str:
    """A text with a blank in place of each web address."""
    return _LINK.sub(" ", text)


def found_in_link(link: str) -> list[Found]:
    """What a link of AliExpress, Cainiao or 17TRACK names: orders, numbers, or a pair of both."""
    order_ids: list[str] = []
    numbers: list[str] = []
    pending = [link]
    for _ in range(_NESTED):
        nested: list[str] = []
        for address in pending:
            host, parameters = _taken_apart(address)
            is_ours = _HOSTS.fullmatch(host) is not None
            for name, value in parameters:
                if value.lower().startswith(("http://", "https://", "//")):
                    nested.append(value)
                elif is_ours and name in _ORDER_PARAMETERS:
                    order_ids += [v for v in re.split(r"[,;\s]+", value) if _is_order_id(v)]
                elif is_ours and name in _NUMBER_PARAMETERS:
                    numbers += _numbers_of(value)
        pending = nested
    order_ids, numbers = list(dict.fromkeys(order_ids)), list(dict.fromkeys(numbers))
    if len(order_ids) == 1:
        return [Found(order_ids[0], tuple(numbers))]
    return [Found(o) for o in order_ids] + [Found(None, (n,)) for n in numbers]


def _is_order_id(value: str) -> bool:
    return re.fullmatch(r"[0-9]{12,20}", value) is not None


def _numbers_of(value: str) -> list[str]:
    numbers = (normalize_number(part) for part in re.split(r"[,;\r\n]+", value))
    return [n for n in numbers if n is not None and sum(c.isdecimal() for c in n) >= 6]  # noqa: PLR2004


def _taken_apart(address: str) -> tuple[str, list[tuple[str, str]]]:
    try:
        parts = urlsplit(address if "://" in address else f"https:{address}")
        host = parts.hostname or ""
        pairs = parse_qsl(parts.query, max_num_fields=50)
        pairs += parse_qsl(parts.fragment.partition("?")[2] or parts.fragment, max_num_fields=50)
    except ValueError:
        return "", []
    return host, [(name.lower(), unquote(value)) for name, value in pairs]
