"""The alphabets of mail subjects and SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stallwatch.messages.encodings import ascii_line, gsm7

GSM_7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table of 3GPP 23.038, row by row; the escape to the second table stands at 27."""


def test_the_table_is_whole() -> None:
    """What the tests below rely on."""
    assert 128 == len(GSM_7) == len(set(GSM_7))
    assert ("@", "_", "\x1b", " ", "¡", "¿", "à") == tuple(
        GSM_7[n] for n in (0, 17, 27, 32, 64, 96, 127)
    )


@given(st.text(max_size=400), st.integers(10, 200))
def test_any_text_becomes_one_segment(text: str, limit: int) -> None:
    """Characters of the basic table only: those of the second take two places."""
    written = gsm7(text, limit)
    assert len(written) <= limit
    assert set(written) <= set(GSM_7) - {"\n", "\r", "\x1b"}
    assert written == gsm7(written, limit)


@given(st.text(max_size=400), st.integers(10, 200))
def test_any_text_becomes_one_line_of_printable_ascii(text: str, limit: int) -> None:
    """So no text can add a header to a mail."""
    written = ascii_line(text, limit)
    assert len(written) <= limit
    assert all(" " <= char <= "~" for char in written)
    assert written == written.strip() == ascii_line(written, limit)


@pytest.mark.parametrize(
    ("text", "gsm", "plain"),
    [
        ("Größe", "Größe", "Grosse"),
        ("Łódź", "Lodz", "Lodz"),
        ("Ærø", "Ærø", "AEro"),
        ("Œuvre", "OEuvre", "OEuvre"),
        ("l’été", "l'été", "l'ete"),
        ("“a” – „b“…", '"a" - "b"...', '"a" - "b"...'),
        ("a\u00a0b\u202fc\td", "a b c d", "a b c d"),
        ("[a] {b} €", "?a? ?b? ?", "[a] {b} ?"),
        ("快递", "??", "??"),
        ("e\u0301", "e", "e"),
        ("a\x00b\u200bc", "abc", "abc"),
        ("ﬁne", "fine", "fine"),
    ],
)
def test_what_an_alphabet_lacks_is_written_with_what_it_has(
    text: str, gsm: str, plain: str
) -> None:
    """A likeness where there is one, else a question mark; what cannot be seen goes."""
    assert (gsm, plain) == (gsm7(text), ascii_line(text, 100))


def test_what_is_too_long_says_so() -> None:
    """Three dots stand at its end, within the limit."""
    assert "x" * 157 + "..." == gsm7("x" * 161)
    assert "x" * 160 == gsm7("x" * 160)
    assert "word..." == ascii_line("word and more", 8)
