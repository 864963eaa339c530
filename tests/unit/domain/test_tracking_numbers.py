"""Tracking numbers, normalized and checked."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.domain.tracking_numbers import normalize_number, s10_check_digit_is_wrong


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("LP00123456789012", "LP00123456789012"),
        ("lp00123456789012", "LP00123456789012"),
        (" RB 123 456 785 CN ", "RB123456785CN"),
        ("RB-123-456-785-CN\n", "RB123456785CN"),
        ("RB\u00a0123\u2011456\u2010785\tCN", "RB123456785CN"),
        ("12345678", "12345678"),
        ("A" * 40, "A" * 40),
    ],
)
def test_blanks_hyphens_and_case_do_not_matter(given: str, expected: str) -> None:
    """A number is the same however it was grouped and typed."""
    assert expected == normalize_number(given)


@pytest.mark.parametrize(
    "text",
    ["", "1234567", "A" * 41, "LP0012345678901_", "LP00123456789012,X", "ＬＰ00123456789012",
     "straße123", "ıııııııı", "LP٠٠١٢٣٤٥٦٧٨", "RB123456785CN\x00"],
)  # fmt: skip
def test_what_is_no_number_is_none(text: str) -> None:
    """Too short, too long, other characters, and letters that only upper case makes A to Z."""
    assert normalize_number(text) is None


@given(st.text())
def test_a_normalized_number_keeps_to_the_pattern(text: str) -> None:
    """Whatever comes in, a number comes out as the pattern says, and stays as it is."""
    number = normalize_number(text)
    if number is not None:
        assert re.fullmatch(r"[A-Z0-9]{8,40}", number, re.ASCII)
        assert number == normalize_number(number)


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("RB123456785CN", False),
        ("RB123456786CN", True),
        # The sums below leave 1 and 0: eleven less that is 10 and 11, written 0 and 5.
        ("RR473124829US", False),
        ("RA000000500CN", False),
        ("RA000000501CN", True),
        ("RA000000005CN", False),
        ("RA000000000CN", True),
        ("LP00123456789012", False),
        ("UZ0000000001Y", False),
        ("12345678", False),
    ],
)
def test_the_check_digit_of_s10_hints_at_typing_errors(number: str, *, wrong: bool) -> None:
    """Ten is written as 0 and eleven as 5; numbers of another kind have no check digit."""
    assert wrong is s10_check_digit_is_wrong(number)
