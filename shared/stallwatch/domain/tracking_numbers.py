"""Tracking numbers as they are typed, pasted and printed."""

import re

_FILLING = re.compile(r"[\s\-\u2010\u2011]+")
"""What people and labels put between the groups of a number: blanks and hyphens of any kind."""


_NUMBER = re.compile(r"[A-Za-z0-9]{8,40}")


_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")
"""The Universal Postal Union's standard S10: service, serial number, check digit, country."""


_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def normalize_number(text: str) -> str | None:
    """A tracking number in upper case, without blanks and hyphens; None where it is none.

    A number has 8 to 40 letters A-Z and digits.
    """
    bare = _FILLING.sub("", text)
    # Upper case comes last: other alphabets have letters that it turns into A-Z.
    return bare.upper() if _NUMBER.fullmatch(bare) else None


def is_s10(number: str) -> bool:
    """Whether a normalized number looks like a postal one."""
    return _S10.fullmatch(number) is not None


def s10_check_digit_is_wrong(number: str) -> bool:
    """Whether a normalized number looks like S10, but its check digit does not fit.

    A hint for a typing error and no more: parcels with a wrong digit travel all the same.
    """
    match = _S10.fullmatch(number)
    if match is None:
        return False
    serial, check = match.groups()
    total = sum(w * int(d) for w, d in zip(_S10_WEIGHTS, serial, strict=True))
    expected = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return int(check) != expected
