"""Text from outside, cleaned."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.text import clean


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("Departed from customs", "Departed from customs"),
        ("  In customs ", "In customs"),
        ("Latest Tracking Number:\tRC1", "Latest Tracking Number: RC1"),
        ("one\r\ntwo\u2028three\u2029four\u0085five", "one two three four five"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("nul\x00l, del\x7fete, c1\x9b", "null, delete, c1"),
        ("\u202etxt.exe\u202c \u2066x\u2069\u200e\u200f", "txt.exe x"),
        ("zero\u200b\u200c\u200d\ufeffwidth", "zerowidth"),
        ("half \ud83d of it", "half of it"),
        ("no\ufffe\uffff\ufdd0\U0010ffff", "no"),
        ("运单已交接", "运单已交接"),
        ("📦 delivered", "📦 delivered"),
        ("مرحبا", "مرحبا"),
        ("\x00\t\n ", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_goes(dirty: str, expected: str) -> None:
    """Controls, direction marks and halves of characters vanish; white space becomes blanks."""
    assert expected == clean(dirty, 100)


@pytest.mark.parametrize("value", [None, 7, True, b"bytes", ["list"], {"a": "b"}])
def test_what_is_no_text_is_empty(value: object) -> None:
    """A field of a wrong type reads like a missing one."""
    assert clean(value, 10) == ""


def test_a_text_is_bounded_in_characters_and_trimmed_after_the_cut() -> None:
    """The limit counts characters, not bytes, and leaves no blank at the end."""
    assert clean("a😀b😀c", 4) == "a😀b😀"
    assert clean("one two", 4) == "one"


def test_no_control_format_or_separator_of_unicode_comes_through() -> None:
    """Every code point of this Python's Unicode is tried."""
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    leaked = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in unseen
        and clean(f"a{chr(point)}b", 9) not in ("ab", "a b")
    ]
    assert leaked == []


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_a_clean_text_is_bounded_encodable_and_stays_as_it_is(text: str, limit: int) -> None:
    """Cleaning twice is cleaning once, and what comes out can be written anywhere."""
    once = clean(text, limit)
    assert len(once) <= limit
    assert once == clean(once, limit)
    assert "\n" not in once
    once.encode()
