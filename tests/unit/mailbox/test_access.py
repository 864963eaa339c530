"""The secret that says how the mailbox is reached."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.mailbox.access import MailboxAccess, MailboxError

GIVEN = {"host": "imap.example.org", "user": "me@example.org", "password": "hunter2"}


def test_three_values_suffice() -> None:
    """The inbox, over the port of IMAP over TLS, with the public certificates."""
    access = MailboxAccess.of_text(json.dumps(GIVEN))
    assert ("imap.example.org", "me@example.org", "hunter2") == (
        access.host,
        access.user,
        access.password,
    )
    assert ("INBOX", 993, None) == (access.folder, access.port, access.ca)


def test_a_server_of_ones_own() -> None:
    """With its folder, port and certificate."""
    given = {**GIVEN, "folder": "Parcels", "port": 1993, "ca": "-----BEGIN"}
    access = MailboxAccess.of_text(json.dumps(given))
    assert ("Parcels", 1993, "-----BEGIN") == (access.folder, access.port, access.ca)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "[]",
        "{}",
        json.dumps({**GIVEN, "password": ""}),
        json.dumps({**GIVEN, "host": 7}),
        json.dumps({**GIVEN, "folder": ["a"]}),
        json.dumps({**GIVEN, "port": "993"}),
        json.dumps({**GIVEN, "port": True}),
        json.dumps({**GIVEN, "port": 70000}),
        json.dumps({**GIVEN, "hunter2": "x"}),
        json.dumps({**GIVEN, "user": "me\r\nA1 DELETE INBOX"}),
    ],
)
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    """The error says what is wrong, and nothing of what stands there."""
    with pytest.raises(MailboxError) as refused:
        MailboxAccess.of_text(text)
    assert "hunter2" not in str(refused.value)
    assert "example" not in str(refused.value)


def test_it_shows_nothing_of_itself() -> None:
    """In a log or a traceback."""
    assert "MailboxAccess()" == repr(MailboxAccess.of_text(json.dumps(GIVEN)))


NAMES = ("host", "user", "password", "port", "folder", "ca")


@settings(deadline=None)
@given(
    st.text(max_size=60)
    | st.dictionaries(
        st.sampled_from(NAMES),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    ).map(json.dumps)
    | st.sampled_from(["\ud800", "1e999", "[[", "NaN"])
)
def test_any_secret_is_read_or_refused(text: str) -> None:
    """In our own words, with nothing of it."""
    try:
        MailboxAccess.of_text(text)
    except MailboxError:
        return


@pytest.mark.parametrize("text", ["[" * 100_000, f'{{"port": {"9" * 5000}}}'])
def test_what_no_parser_takes_is_refused(text: str) -> None:
    """Brackets deeper than it goes, and more digits than it reads."""
    with pytest.raises(MailboxError, match="no JSON"):
        MailboxAccess.of_text(text)
