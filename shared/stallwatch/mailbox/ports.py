"""The ports of the mailbox: the mails, how far they were read, and where orders go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from stallwatch.imports.records import ImportDocument
from stallwatch.imports.report import ImportReport


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it lies in the mailbox."""

    uid: int
    raw: bytes
    """Its headers and bodies, possibly cut at their end."""


class Mailbox(Protocol):
    """A folder of mails that is read and never changed."""

    def uid_validity(self) -> int:
        """The folder's UIDVALIDITY. Where it is another than before, all UIDs are others too.

        Raises:
            MailboxError: the mailbox cannot be read. So do the others.
        """

    def uids_after(self, uid: int, since: date) -> Sequence[int]:
        """The UIDs above one of the mails that came in on a day or later, in ascending order."""

    def mails(self, uids: Sequence[int]) -> Iterator[Mail]:
        """Some mails, in the order of their UIDs; those that are gone are left out."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far the mailbox was read, and what was counted on the way."""

    uid_validity: int = 0
    last_uid: int = 0
    read_at: datetime | None = None
    """When the last run reached the end of the mailbox."""
    mails: int = 0
    """All counts are of all mails read so far; this one is of mails of any kind."""
    aliexpress: int = 0
    added: int = 0
    filled: int = 0
    unplaced: int = 0
    """Mails of AliExpress that named no order, and those whose order could not be taken."""
    shapes: tuple[str, ...] = ()
    """The subjects' shapes of the last unplaced mails, newest first; no text of theirs."""


class BookmarkStore(Protocol):
    """Keeps the bookmark."""

    def read(self) -> Bookmark:
        """The bookmark; an empty one where the mailbox was never read."""

    def move(self, before: Bookmark, after: Bookmark) -> bool:
        """Move it, in one write. False where it no longer stands where `before` says."""


class Importer(Protocol):
    """Takes in what mails tell of orders. The same again changes nothing."""

    def run(self, document: ImportDocument, now: datetime) -> ImportReport:
        """Add orders and fill numbers; returns what became of each."""
