"""What an IMAP server may answer: it is read, or told in our own words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stallwatch.gateways.imap import ImapMailbox
from stallwatch.mailbox.access import MailboxAccess, MailboxError

ACCESS = MailboxAccess.of_text('{"host": "imap.example", "user": "a", "password": "b"}')

STATUS = st.sampled_from(["OK", "NO", "BAD"])
LONG = b"1" * 5000
"""More digits than Python reads."""


class Server:
    """Answers any command with one answer."""

    def __init__(self, status: str, answer: Sequence[Any]) -> None:
        self._answer = status, answer

    def uid(self, *_: object) -> tuple[str, Sequence[Any]]:
        return self._answer


def mailbox(status: str, answer: Sequence[Any]) -> ImapMailbox:
    """A mailbox that is connected to such a server."""
    made = ImapMailbox(ACCESS)
    server: Any = Server(status, answer)
    made._imap = server  # noqa: SLF001
    return made


@settings(deadline=None)
@given(STATUS, st.lists(st.none() | st.binary(max_size=20), max_size=3))
@example("OK", [b"1 2 x"])
@example("OK", [LONG])
def test_any_answer_to_a_search(status: str, answer: list[bytes | None]) -> None:
    """UIDs above the one that was read last, or an error of ours."""
    try:
        found = mailbox(status, answer).uids_after(3, date(2026, 6, 5))
    except MailboxError:
        return
    assert all(uid > 3 for uid in found)


PARTS = st.tuples(
    st.binary(max_size=20) | st.sampled_from([b"1 (UID 7 BODY[]<0> {3}", b"1 (UID " + LONG]),
    st.none() | st.binary(max_size=20),
)


@settings(deadline=None)
@given(STATUS, st.lists(st.none() | st.binary(max_size=9) | PARTS | st.tuples(), max_size=4))
@example("OK", [(b"1 (UID " + LONG + b" BODY[] {3}", b"abc")])
@example("OK", [(b"1 (UID 7 BODY[] NIL", None)])
def test_any_answer_to_a_fetch(status: str, answer: list[Any]) -> None:
    """Mails of bytes, or an error of ours."""
    try:
        found = list(mailbox(status, answer).mails([7, 8]))
    except MailboxError:
        return
    assert all(isinstance(mail.raw, bytes) for mail in found)
