"""The mailbox's bookmark and the handovers of the push, over every stand-in for the table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stallwatch.dynamodb.handovers import KEPT, DynamoHandoverStore
from stallwatch.dynamodb.mailbox import DynamoBookmarkStore
from stallwatch.dynamodb.table import Table
from stallwatch.mailbox.ports import Bookmark
from stallwatch.push.ports import Claim, Handover

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
BOOKMARK = Bookmark(7, 50, NOW, 50, 4, 3, 1, 1, ("a 9{16}: a", "a"))
MINE = Handover("m1", "k1", "me")
OTHERS = Handover("m1", "k1", "other")


@pytest.fixture(params=["standin_table", "moto_table"])
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(request.param)
    return found


def test_a_bookmark_comes_back_as_it_was_kept(table: Table) -> None:
    """An empty one before the first."""
    store = DynamoBookmarkStore(table)
    assert Bookmark() == store.read()
    assert store.move(Bookmark(), BOOKMARK)
    assert BOOKMARK == store.read()


def test_a_bookmark_that_another_run_has_moved_stays(table: Table) -> None:
    """Unless the other write was this one, whose acknowledgement was lost."""
    store = DynamoBookmarkStore(table)
    store.move(Bookmark(), BOOKMARK)
    assert not store.move(Bookmark(), replace(BOOKMARK, last_uid=40))
    assert store.move(Bookmark(), BOOKMARK)
    assert store.move(BOOKMARK, replace(BOOKMARK, last_uid=90))
    assert 90 == store.read().last_uid


def test_a_claim_is_one_run_s_until_it_runs_out(table: Table) -> None:
    """Asking again with the same token is no second claim."""
    store = DynamoHandoverStore(table)
    until = NOW + timedelta(minutes=4)
    assert Claim.MINE is store.claim(MINE, until, NOW)
    assert Claim.MINE is store.claim(MINE, until, NOW)
    assert Claim.HELD is store.claim(OTHERS, until, NOW)
    assert Claim.MINE is store.claim(OTHERS, until, until + timedelta(seconds=1))


def test_what_is_done_stays_done_for_a_month(table: Table) -> None:
    """Whoever asks, and for that address alone."""
    store = DynamoHandoverStore(table)
    store.claim(MINE, NOW, NOW)
    store.settle(MINE, NOW)
    later = NOW + timedelta(days=20)
    assert Claim.DONE is store.claim(MINE, later, later)
    assert Claim.DONE is store.claim(OTHERS, later, later)
    assert Claim.MINE is store.claim(replace(MINE, address_key="k2"), later, later)
    item = table.get("PUSH#m1", "k1") or {}
    assert str(int((NOW + KEPT).timestamp())) == item["expires"]["N"]


def test_a_released_claim_is_free(table: Table) -> None:
    """The next try need not wait."""
    store = DynamoHandoverStore(table)
    store.claim(MINE, NOW + timedelta(hours=1), NOW)
    store.release(MINE)
    assert Claim.MINE is store.claim(OTHERS, NOW, NOW)
