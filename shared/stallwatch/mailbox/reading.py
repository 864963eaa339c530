"""Read a mailbox: each mail once, whatever a run dies of.

A run reads in batches. A batch's orders are written first, and taking the same in again changes
nothing; then one write moves the bookmark, under the condition that it still stands where this run
found it. A run that dies before that write is repeated by the next one; of two runs at once one
moves the bookmark and the other ends.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from stallwatch.imports.columns import Format
from stallwatch.imports.folding import fold
from stallwatch.imports.mails import ReadMail, read_mail
from stallwatch.imports.pasted import cells_of
from stallwatch.imports.records import ImportDocument, Line
from stallwatch.imports.report import ImportReport, Outcome
from stallwatch.mailbox.ports import Bookmark, BookmarkStore, Importer, Mail, Mailbox

BATCH = 50
"""Mails that are read between two moves of the bookmark."""

LAST_BATCH = timedelta(seconds=60)
"""What a batch may take: with less time left none is begun."""

_LOOKS_BACK = timedelta(days=181)
"""Orders older than that are no longer watched, so older mails are not read."""

_MOST_SHAPES = 20

_FORMAT = "mail"


@dataclass(slots=True)
class MailboxReport:
    """What a run did."""

    mails: int = 0
    aliexpress: int = 0
    added: int = 0
    filled: int = 0
    unplaced: int = 0
    left_over: bool = False
    """Whether it ended before the end of the mailbox; the next run goes on."""

    def as_dict(self) -> dict[str, int]:
        """As the function answers it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What some mails told."""

    document: ImportDocument
    mails: int
    aliexpress: int
    shapes: dict[int, str]
    """The subject's shape of each mail of AliExpress, by its row."""
    nothing_in: frozenset[int]
    """The rows of those that told nothing."""


@dataclass(frozen=True, slots=True)
class MailboxRun:
    """A run over the mailbox.

    Args:
        mailbox: The mails.
        bookmarks: How far they were read.
        importer: Where the orders go.
        now: The present instant.
        remaining: How long the run may still take.
    """

    mailbox: Mailbox
    bookmarks: BookmarkStore
    importer: Importer
    now: Callable[[], datetime]
    remaining: Callable[[], timedelta]

    def run(self) -> MailboxReport:
        """Read what came in since the last run.

        Raises:
            MailboxError: the mailbox cannot be read.
        """
        report = MailboxReport()
        now = self.now()
        kept = self.bookmarks.read()
        uid_validity = self.mailbox.uid_validity()
        bookmark = kept
        if uid_validity != kept.uid_validity:
            bookmark = replace(kept, uid_validity=uid_validity, last_uid=0)
        uids = self.mailbox.uids_after(bookmark.last_uid, (now - _LOOKS_BACK).date())
        for batch in _batches(uids):
            if self.remaining() < LAST_BATCH:
                report.left_over = True
                return report
            after = self._take(bookmark, batch, report)
            if not self.bookmarks.move(kept, after):
                report.left_over = True
                return report
            kept = bookmark = after
        self.bookmarks.move(kept, replace(bookmark, read_at=now))
        return report

    def _take(self, bookmark: Bookmark, uids: Sequence[int], report: MailboxReport) -> Bookmark:
        """Take a batch of mails in; returns the bookmark behind it."""
        batch = _read(self.mailbox.mails(uids))
        added, filled, refused = 0, 0, set(batch.nothing_in)
        if batch.document.orders:
            taken = self._import(batch.document)
            added = sum(row.outcome is Outcome.ADDED for row in taken.rows)
            filled = sum(row.outcome is Outcome.FILLED for row in taken.rows)
            refused |= {row.row for row in taken.rows if row.outcome is Outcome.REJECTED}
        unplaced = sorted(refused, reverse=True)
        shapes = dict.fromkeys([*(batch.shapes[row] for row in unplaced), *bookmark.shapes])
        report.mails += batch.mails
        report.aliexpress += batch.aliexpress
        report.added += added
        report.filled += filled
        report.unplaced += len(unplaced)
        return replace(
            bookmark,
            last_uid=uids[-1],
            mails=bookmark.mails + batch.mails,
            aliexpress=bookmark.aliexpress + batch.aliexpress,
            added=bookmark.added + added,
            filled=bookmark.filled + filled,
            unplaced=bookmark.unplaced + len(unplaced),
            shapes=tuple(shapes)[:_MOST_SHAPES],
        )

    def _import(self, document: ImportDocument) -> ImportReport:
        """Take a document in, twice where rows are refused: another write may have been in the way.

        What the first time wrote, the second time finds.
        """
        now = self.now()
        first = self.importer.run(document, now)
        if not any(row.outcome is Outcome.REJECTED for row in first.rows):
            return first
        second = self.importer.run(document, now)
        rows = [
            row if row.outcome in {Outcome.ADDED, Outcome.FILLED} else again
            for row, again in zip(first.rows, second.rows, strict=True)
        ]
        return ImportReport(first.format, rows)


def _batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]


def _read(mails: Iterable[Mail]) -> _Batch:
    """What mails tell. A row is a mail; of those of others only their number is known."""
    lines: list[Line] = []
    shapes: dict[int, str] = {}
    nothing_in: set[int] = set()
    count = 0
    for mail in mails:
        count += 1
        read = read_mail(mail.raw)
        if not read.is_from_aliexpress:
            continue
        shapes[mail.uid] = read.subject_shape
        lines_of_mail = _lines_of(mail.uid, read)
        lines += lines_of_mail
        if not lines_of_mail:
            nothing_in.add(mail.uid)
    orders, rejected = fold(lines, Format(_FORMAT), dates=None)
    return _Batch(
        ImportDocument(_FORMAT, tuple(orders)),
        count,
        len(shapes),
        shapes,
        frozenset(nothing_in | {row.row for row in rejected}),
    )


def _lines_of(uid: int, read: ReadMail) -> list[Line]:
    return [Line(uid, cells_of(found), read.sent_on) for found in read.found]
