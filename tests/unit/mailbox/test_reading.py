"""A mailbox read in memory: each mail once, whatever a run dies of."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from stallwatch.domain.thresholds import Thresholds
from stallwatch.imports.records import ImportDocument
from stallwatch.imports.report import ImportReport, Outcome
from stallwatch.mailbox.access import MailboxError
from stallwatch.mailbox.ports import Importer
from stallwatch.mailbox.reading import BATCH, MailboxReport, MailboxRun
from stallwatch.orders.documents import DocumentImport, make_order
from stallwatch.orders.service import OrderService
from stallwatch.tracking.schedule import PollSchedule
from tests.support import mailbox as samples
from tests.support.mailbox import START, expected, whole_mailbox
from tests.support.memory_mailbox import MemoryBookmarks, MemoryMailbox
from tests.support.memory_store import MemoryStore


@dataclass
class Parts:
    """A mailbox, its bookmark, and the orders."""

    mailbox: MemoryMailbox
    bookmarks: MemoryBookmarks = field(default_factory=MemoryBookmarks)
    store: MemoryStore = field(default_factory=MemoryStore)
    remaining: timedelta = timedelta(minutes=10)

    def run(self, importer: Importer | None = None) -> MailboxReport:
        service = OrderService(
            self.store, lambda _=(): None, PollSchedule(30), Thresholds(), import_workers=1
        )
        make = partial(make_order, home_country="DE", now=START)
        taking = importer or DocumentImport(service, make)
        return MailboxRun(
            self.mailbox, self.bookmarks, taking, lambda: START, lambda: self.remaining
        ).run()

    def orders(self) -> dict[str, samples.Expected]:
        return {
            order_id: samples.Expected(stored.order.tracking_number, stored.order.ordered_on)
            for order_id, stored in self.store.shelves.items()
            if stored.order is not None
        }


@pytest.fixture
def parts() -> Parts:
    return Parts(MemoryMailbox(dict(enumerate(whole_mailbox(), 1))))


def test_forty_mails_of_five_hundred_become_their_orders(parts: Parts) -> None:
    """And no others; a second run finds nothing new."""
    report = parts.run()
    assert expected() == parts.orders()
    assert (500, 40, 24) == (report.mails, report.aliexpress, report.added)
    assert (0, False) == (report.unplaced, report.left_over)
    assert MailboxReport() == parts.run()
    assert (500, 40) == (parts.bookmarks.kept.mails, parts.bookmarks.kept.aliexpress)
    assert list(range(1, 501)) == parts.mailbox.fetched


@pytest.mark.parametrize("dies_after", [0, 1, BATCH - 1, BATCH, BATCH + 1, 333, 499])
def test_a_run_whose_connection_breaks_is_made_up_for(parts: Parts, dies_after: int) -> None:
    """The next one goes on behind the last whole batch: each order once, each mail counted once."""
    parts.mailbox.dies_after = dies_after
    with pytest.raises(MailboxError):
        parts.run()
    assert dies_after // BATCH * BATCH == parts.bookmarks.kept.last_uid
    parts.mailbox.dies_after = None
    parts.run()
    assert expected() == parts.orders()
    assert (500, 40) == (parts.bookmarks.kept.mails, parts.bookmarks.kept.aliexpress)


@dataclass
class DyingImporter:
    """Writes some orders of the document, or all, and then the run dies."""

    inner: Importer
    documents: int
    whole: bool

    def run(self, document: ImportDocument, now: datetime) -> ImportReport:
        self.documents -= 1
        if self.documents:
            return self.inner.run(document, now)
        half = document.orders if self.whole else document.orders[: len(document.orders) // 2]
        self.inner.run(ImportDocument(document.format, half), now)
        raise KeyboardInterrupt


@pytest.mark.parametrize("documents", [1, 2, 5])
@pytest.mark.parametrize("whole", [False, True])
def test_a_run_that_dies_among_its_writes_is_made_up_for(
    parts: Parts, documents: int, *, whole: bool
) -> None:
    """What it wrote is found, what it did not write is written: each order once."""
    service = OrderService(
        parts.store, lambda _=(): None, PollSchedule(30), Thresholds(), import_workers=1
    )
    inner = DocumentImport(service, partial(make_order, home_country="DE", now=START))
    with pytest.raises(KeyboardInterrupt):
        parts.run(DyingImporter(inner, documents, whole))
    parts.run()
    assert expected() == parts.orders()
    assert 500 == parts.bookmarks.kept.mails


def test_of_two_runs_one_moves_the_bookmark(parts: Parts) -> None:
    """The other ends, and says that something is left."""
    parts.bookmarks.lost = 1
    report = parts.run()
    assert report.left_over
    assert (0, BATCH) == (parts.bookmarks.moves, report.mails)
    parts.run()
    assert expected() == parts.orders()


def test_a_run_ends_before_its_time_does(parts: Parts) -> None:
    """And says so; nothing is half read."""
    parts.remaining = timedelta(seconds=59)
    assert MailboxReport(left_over=True) == parts.run()
    assert [] == parts.mailbox.fetched


def test_another_validity_reads_everything_again(parts: Parts) -> None:
    """The UIDs are others then; what is known stays as it is."""
    parts.run()
    parts.mailbox.validity = 2
    report = parts.run()
    assert (500, 0, 0) == (report.mails, report.added, report.filled)
    assert expected() == parts.orders()
    assert 2 == parts.bookmarks.kept.uid_validity


def test_a_mail_that_vanishes_is_passed_over(parts: Parts) -> None:
    """Between being listed and being fetched."""
    parts.mailbox.gone = {500}
    assert 499 == parts.run().mails
    assert 500 == parts.bookmarks.kept.last_uid


def test_mails_older_than_any_watch_are_not_read(parts: Parts) -> None:
    """An order is watched for 180 days."""
    parts.run()
    assert (START - timedelta(days=181)).date() == parts.mailbox.since


def test_what_names_no_order_is_kept_by_its_subjects_shape() -> None:
    """The newest first, each shape once, and no word of it."""
    sales = [
        samples.mail("Big sale for Erika Mustermann", "<p>Buy</p>", 3),
        samples.mail("Your coupon 500 ends", "<p>Buy</p>", 2),
        samples.mail("Your coupon 501 ends", "<p>Buy</p>", 1),
    ]
    parts = Parts(MemoryMailbox(dict(enumerate(sales, 1))))
    report = parts.run()
    kept = parts.bookmarks.kept
    assert (3, 3, 3, 0) == (report.aliexpress, report.unplaced, kept.unplaced, report.added)
    assert 2 == len(kept.shapes)
    assert "9{3}" in kept.shapes[0]
    assert not {"sale", "erika", "coupon"} & set(" ".join(kept.shapes).lower().split())


def test_an_order_whose_watch_would_be_over_is_not_added() -> None:
    """It is counted among the unplaced."""
    old = samples.mail(f"Order {samples.order_id(1)}: order confirmed", samples.detail(1), 181)
    parts = Parts(MemoryMailbox({1: old}))
    assert (0, 1) == ((report := parts.run()).added, report.unplaced)
    assert {} == parts.orders()


def test_a_row_refused_by_another_write_is_taken_again() -> None:
    """A number that the API was filling meanwhile is no reason to lose it."""

    @dataclass
    class BusyOnce:
        inner: Importer
        calls: int = 0

        def run(self, document: ImportDocument, now: datetime) -> ImportReport:
            self.calls += 1
            report = self.inner.run(document, now)
            if self.calls > 1:
                return report
            for row in report.rows:
                object.__setattr__(row, "outcome", Outcome.REJECTED)
            return report

    confirmed = samples.mail("Order", samples.pair(3), 3)
    parts = Parts(MemoryMailbox({1: confirmed}))
    service = OrderService(parts.store, lambda _=(): None, PollSchedule(30), Thresholds())
    inner = DocumentImport(service, partial(make_order, home_country="DE", now=START))
    busy = BusyOnce(inner)
    report = parts.run(busy)
    assert (2, 0) == (busy.calls, report.unplaced)
    assert {samples.order_id(3)} == parts.store.shelves.keys()


@pytest.mark.parametrize(
    "hostile",
    [b"From: " + b"(" * 5000, b"Subject: a\n\n@notice.aliexpress.com http://&#" + b"9" * 5000],
    ids=["the sender", "the body"],
)
def test_a_mail_that_anybody_may_send_stops_no_run(hostile: bytes) -> None:
    """Else it would stop all that follow it, too, for half a year."""
    parts = Parts(MemoryMailbox({1: hostile, 2: samples.mail("Order", samples.pair(3), 3)}))
    assert 2 == parts.run().mails
    assert {samples.order_id(3)} == parts.store.shelves.keys()
