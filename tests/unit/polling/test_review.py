"""The review after an update: which orders the evaluation looks at, when, and how often."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stallwatch.domain.errors import UnavailableError
from stallwatch.domain.orders import State
from stallwatch.orders.snapshot import WatchEntry
from stallwatch.polling import review
from stallwatch.polling.state import WatchRow
from tests.support.base_rig import DAY
from tests.support.builders import NOON
from tests.support.poll_rig import Rig


def updated(rig: Rig) -> None:
    """The stack as an earlier version left it: nothing says where an order stands by urgency."""
    for stored in rig.store.shelves.values():
        stored.entry = replace(stored.entry, pressing=None)
    rig.store.progress_kept = replace(rig.store.progress_kept, reviewed_version=0)
    rig.forget_the_past()


def entry(rig: Rig, order_id: str) -> WatchEntry:
    return rig.store.shelves[order_id].entry


def test_the_first_run_after_an_update_has_every_watched_order_looked_at(rig: Rig) -> None:
    """So that each has its place among those that press; the run asks the source about none."""
    rig.add_settled("a", "b", "c")
    updated(rig)
    rig.check()
    assert [] == rig.source.asked
    assert {"a", "b", "c"} == set(rig.store.stream) - {""}
    rig.pump()
    assert all(entry(rig, order_id).pressing is not None for order_id in "abc")


def test_a_review_is_made_once(rig: Rig) -> None:
    """The next run finds nothing due, and writes nothing."""
    rig.add_settled("a")
    updated(rig)
    rig.check()
    rig.pump()
    rig.forget_the_past()
    rig.check()
    assert [] == rig.store.journal


def test_a_new_stack_has_nothing_to_review(rig: Rig) -> None:
    """Its first run looks at what is new, and nobody looks a second time."""
    rig.add("a")
    rig.check()
    assert [] == [name for name in rig.store.journal if name == "touch"]
    rig.pump()
    rig.forget_the_past()
    rig.check()
    assert [] == rig.store.journal


def test_many_orders_are_reviewed_in_several_runs_the_oldest_first(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those are nearest to their claim."""
    monkeypatch.setattr(review, "MOST_REVIEWED", 2)
    for n, order_id in enumerate(("young", "middle", "old")):
        rig.add(order_id, ordered_on=(NOON - (3 + 10 * n) * DAY).date())
    rig.check()
    rig.pump()
    updated(rig)
    rig.check()
    assert ["old", "middle"] == [order_id for order_id in rig.store.stream if order_id]
    rig.pump()
    rig.check()
    assert ["young"] == [order_id for order_id in rig.store.stream if order_id]


def test_a_run_without_time_leaves_the_review_to_the_next(rig: Rig) -> None:
    """From the order on to which it did not come."""
    rig.add_settled("a", "b")
    updated(rig)
    rig.seconds = 0
    rig.check()
    assert [] == rig.store.stream
    rig.seconds = None
    rig.check()
    assert {"a", "b"} == set(rig.store.stream) - {""}


def test_a_closed_order_is_not_reviewed(rig: Rig) -> None:
    """It has no place."""
    rig.add_settled("a", "b")
    rig.store.shelves["a"].entry = replace(entry(rig, "a"), state=State.CLOSED, slot=None)
    updated(rig)
    rig.check()
    assert {"b"} == set(rig.store.stream) - {""}


def test_a_review_that_the_store_fails_costs_the_run_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is given back with all that was served, and the next run reviews."""
    rig.add_settled("a")
    updated(rig)

    def failing(_: str | None, __: int) -> tuple[Sequence[tuple[WatchRow, str]], str | None]:
        raise UnavailableError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(rig.store, "watched", failing)
        rig.check()
    assert "release_lease" in rig.store.journal
    assert [] == rig.store.stream
    rig.check()
    assert {"a"} == set(rig.store.stream) - {""}
