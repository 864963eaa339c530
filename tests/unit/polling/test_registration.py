"""Credits: counted, never paid twice; and a source that takes them as the first one."""

from collections import deque
from itertools import pairwise, product

import pytest

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.parcels import Stage
from stallwatch.polling.state import Pace
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.base_rig import DAY, HOUR, SECOND
from tests.support.two_sources_rig import TwoSourcesRig


@pytest.fixture
def rig() -> TwoSourcesRig:
    return TwoSourcesRig()


# The credits.


def test_the_credits_are_counted(rig: TwoSourcesRig) -> None:
    """What was spent here, and what the source says is left."""
    rig.add("a", "b", silent_days=61)
    rig.live(DAY)
    book = rig.store.credits("17track")
    assert book.quota is not None
    assert (2, 998, 1000) == (book.spent, book.quota.left, book.quota.total)
    assert book.attempt is None


def test_the_quota_is_asked_for_seldom(rig: TwoSourcesRig) -> None:
    """After each registration, and otherwise once a day where the source is used at all."""
    rig.add("fresh", silent_days=1)
    rig.live(2 * DAY)
    assert 0 == rig.track.quotas
    rig.add("a", silent_days=56)
    rig.live(10 * DAY)
    assert 1 <= rig.track.quotas <= 12


def test_a_used_up_quota_stops_the_registering_alone(rig: TwoSourcesRig) -> None:
    """Who is registered is asked about as ever; the others are passed over in time."""
    rig.add("a", silent_days=61)
    rig.live(DAY)
    rig.track.credits_left = 0
    rig.add("b", silent_days=61)
    rig.live(6 * DAY)
    assert {"LP0000000000000a"} == set(rig.track.accounts)
    assert {"a", "b"} == {order for _, order, kind in rig.sent if kind is AlertKind.REFUND_CLAIM}
    assert 1 == rig.store.credits("17track").spent


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_lost_registration_is_counted_all_the_same(rig: TwoSourcesRig, fate: str) -> None:
    """By asking what became of it; and nothing is paid twice."""
    rig.add(*"abc", silent_days=61)
    rig.track.lose = deque([fate])
    rig.live(2 * DAY)
    assert {f"LP{n:0>14}": 1 for n in "abc"} == dict(rig.track.accounts)
    assert 3 == rig.store.credits("17track").spent


class DiedError(Exception):
    """The function was killed."""


WHERE = ("begin_attempt", "register", "settle_attempt", "ask", "save_quota", "keep_second")


@pytest.mark.parametrize(
    ("first", "second"),
    list(product([(w, a) for w in WHERE for a in ("before", "after")], repeat=2)),
)
def test_no_credit_is_lost_or_paid_twice_wherever_runs_die(
    rig: TwoSourcesRig,
    monkeypatch: pytest.MonkeyPatch,
    first: tuple[str, str],
    second: tuple[str, str],
) -> None:
    """Two runs die in two places, before or after what they were about to do."""
    plans = deque([first, second])
    dying: list[tuple[str, str]] = []

    def may_die(target: object, name: str) -> None:
        does = getattr(target, name)

        def call(*args: object, **kwargs: object) -> object:
            if dying == [(name, "before")]:
                raise DiedError
            answer = does(*args, **kwargs)
            if dying == [(name, "after")]:
                raise DiedError
            return answer

        monkeypatch.setattr(target, name, call)

    for name in WHERE:
        may_die(rig.track if name in {"register", "ask"} else rig.store, name)
    rig.add(*"abc", silent_days=61)
    for _ in range(100):
        dying[:] = [plans[0]] if plans else []
        try:
            rig.check()
        except DiedError:
            plans.popleft()
            rig.store.pull_owner = None  # its lease has ended by the next tick
        dying.clear()
        rig.pump()
        rig.clock.advance(hours=1)
    assert {f"LP{n:0>14}": 1 for n in "abc"} == dict(rig.track.accounts)
    assert 3 == rig.store.credits("17track").spent
    assert rig.store.credits("17track").attempt is None
    assert 3 == sum(kind is AlertKind.REFUND_CLAIM for _, _, kind in rig.sent)


def test_an_attempt_that_cannot_be_settled_stops_the_next(rig: TwoSourcesRig) -> None:
    """One is open at a time: else nobody could tell what they have cost."""
    rig.track.lose = deque(["after"])
    rig.registering().register(["LP1"])
    assert (0, 1) == (rig.store.credits("17track").spent, len(rig.track.accounts))
    rig.track.verdicts = deque([Verdict.FAILING])
    rig.registering().register(["LP2"])
    assert {"LP1": 1} == dict(rig.track.accounts)
    rig.registering().register(["LP2"])
    assert {"LP1": 1, "LP2": 1} == dict(rig.track.accounts)
    assert 2 == rig.store.credits("17track").spent


# As the first source.


def test_as_the_first_source_it_is_asked_about_everything(rig: TwoSourcesRig) -> None:
    """Each number is registered once; Cainiao is left alone."""
    rig.first_is_17track = True
    rig.add(*(f"{n:02}" for n in range(45)), silent_days=1)
    rig.live(DAY)
    assert [] == rig.cainiao.asked
    assert 45 == len(rig.track.accounts)
    assert {1} == set(rig.track.accounts.values())
    assert 45 == rig.store.credits("17track").spent
    assert max(len(numbers) for numbers in rig.track.asked) == 40
    traces = [shelf.record.open() for shelf in rig.store.shelves.values()]
    assert all(trace.answered_at is not None for trace in traces)
    assert {"17track"} == {c.source for trace in traces for c in trace.checkpoints}
    assert "cainiao" not in rig.store.healths


def test_as_the_first_source_its_first_answer_is_not_waited_for_long(rig: TwoSourcesRig) -> None:
    """It has to look for the number first, and is asked again within hours."""
    rig.first_is_17track = True
    rig.add("a", silent_days=1)
    rig.live(4 * HOUR)
    assert rig.store.shelves["a"].record.answered_at is not None


def test_as_the_first_source_its_claims_need_no_other(rig: TwoSourcesRig) -> None:
    """It is the one whose answers count."""
    rig.first_is_17track = True
    rig.add("a", silent_days=61)
    assert AlertKind.REFUND_CLAIM in rig.live(DAY)


def test_as_the_first_source_what_it_does_not_know_is_said(rig: TwoSourcesRig) -> None:
    """Its empty answer is an answer."""
    rig.first_is_17track = True
    rig.add("a", silent_days=1)
    rig.track.answers["LP0000000000000a"] = TrackingResult("LP0000000000000a", known=False)
    rig.live(DAY)
    assert Stage.NOT_FOUND is rig.store.shelves["a"].entry.stage


def test_as_the_first_source_it_is_asked_at_its_pace(rig: TwoSourcesRig) -> None:
    """Registrations too."""
    rig.first_is_17track = True
    rig.pace = Pace(batch=4, per_minute=150)
    rig.add(*(f"{n:02}" for n in range(20)), silent_days=1)
    rig.live(DAY)
    gaps = [b - a for a, b in pairwise(sorted(rig.track.asked_at))]
    assert min(gaps) >= SECOND * 60 / 150
