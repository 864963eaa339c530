"""A mailbox over IMAP and TLS, opened so that nothing in it can change.

The folder is opened with EXAMINE and mails are fetched with BODY.PEEK, so that no mail becomes
"seen". Errors carry our own words: a server's answer may repeat an address. RFC 3501.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any, Self

from stallwatch.mailbox.access import MailboxAccess, MailboxError
from stallwatch.mailbox.ports import Mail

_SECONDS = 30
"""How long the server may be silent."""

_MOST_BYTES = 1024 * 1024
"""What is fetched of a mail; attachments come last, and a cut mail can be read still."""

_AT_ONCE = 10
"""Mails in one command, so that an answer stays small."""

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

_UID = re.compile(rb"\bUID ([0-9]+)")


class ImapMailbox:
    """A folder of a mailbox, connected for as long as the `with` block."""

    def __init__(self, access: MailboxAccess) -> None:
        """Connect to nothing yet."""
        self._access = access
        self._imap: imaplib.IMAP4_SSL | None = None
        self._uid_validity = 0

    def __enter__(self) -> Self:
        """Connect, log in and open the folder.

        Raises:
            MailboxError: one of them failed; the message says which.
        """
        access = self._access
        try:
            context = ssl.create_default_context(cadata=access.ca)
        except (ssl.SSLError, ValueError):
            raise MailboxError("ca in the secret holds no certificate") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with _named("cannot be reached, or its certificate is not trusted"):
            self._imap = imaplib.IMAP4_SSL(
                access.host, access.port, ssl_context=context, timeout=_SECONDS
            )
        try:
            self._log_in()
            self._examine()
        except MailboxError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Log out, whatever state the connection is in."""
        if self._imap is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._imap.logout()
            self._imap = None

    def uid_validity(self) -> int:
        """The folder's UIDVALIDITY."""
        return self._uid_validity

    def uids_after(self, uid: int, since: date) -> Sequence[int]:
        """The UIDs above one of the mails that came in on a day or later, in ascending order."""
        day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        with _named("does not search"):
            answer = self._ask("SEARCH", None, "UID", f"{uid + 1}:*", "SINCE", day)
            found = {int(part) for line in answer if line for part in line.split()}
        # `n:*` names the last mail even where its UID is below n.
        return sorted(found_uid for found_uid in found if found_uid > uid)

    def mails(self, uids: Sequence[int]) -> Iterator[Mail]:
        """Some mails, in the order of their UIDs; those that are gone are left out."""
        for start in range(0, len(uids), _AT_ONCE):
            listed = ",".join(map(str, uids[start : start + _AT_ONCE]))
            with _named("does not give its mails"):
                answer = self._ask("FETCH", listed, f"(UID BODY.PEEK[]<0.{_MOST_BYTES}>)")
                found = sorted(_mails_of(answer), key=lambda mail: mail.uid)
            yield from found

    def _log_in(self) -> None:
        access = self._access
        imap = self._connection()
        with _named("refuses the login"):
            if "AUTH=PLAIN" in imap.capabilities:
                secret = f"\0{access.user}\0{access.password}".encode()
                imap.authenticate("PLAIN", lambda _: secret)
            else:
                imap.login(_quoted(access.user), access.password)

    def _examine(self) -> None:
        imap = self._connection()
        with _named("has no such folder"):
            status, _ = imap.select(_folder(self._access.folder), readonly=True)
            if status != "OK":
                raise imaplib.IMAP4.error
            self._uid_validity = int(imap.response("UIDVALIDITY")[1][0])

    def _ask(self, command: str, *parts: Any) -> list[Any]:
        status, answer = self._connection().uid(command, *parts)
        if status != "OK":
            raise imaplib.IMAP4.error
        return answer

    def _connection(self) -> imaplib.IMAP4_SSL:
        if self._imap is None:
            raise MailboxError("the mailbox is not connected")
        return self._imap


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Whatever goes wrong, said in our own words."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error, ValueError, TypeError, IndexError):
        raise MailboxError(f"the mailbox {what}") from None


def _mails_of(answer: Sequence[Any]) -> Iterator[Mail]:
    for part in answer:
        if isinstance(part, tuple):
            about, content = part
            found = _UID.search(about)
            if found is not None and isinstance(content, bytes):
                yield Mail(int(found[1]), content)


def _folder(name: str) -> str:
    """A folder's name as IMAP writes it: quoted, in its own UTF-7 (RFC 3501, 5.1.3)."""
    written = re.sub(
        "[^\x20-\x7e]+",
        lambda m: "&" + m[0].encode("utf-7").decode()[1:].rstrip("-").replace("/", ",") + "-",
        name.replace("&", "&-"),
    )
    return _quoted(written)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
