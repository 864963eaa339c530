"""What a run does not come to: nobody starves, and half a run proves nothing."""

from stallwatch.polling.state import Pace
from stallwatch.tracking.source import TrackingResult
from tests.support.base_rig import DAY, HOUR, SECOND
from tests.support.poll_rig import Rig, neighbours, number_of

# Time.


def test_a_run_that_runs_out_of_time_is_taken_up_where_it_stopped() -> None:
    """By the next one: each order of the turn is served once, and nobody starves."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(9)
    rig.add_settled(*ids)
    rig.to_turn_of(ids[0])
    turn = rig.schedule.turn_at(rig.clock.now())
    began = rig.clock.now()
    rig.source.takes, rig.seconds = SECOND, 2
    left = []
    for _ in range(3):
        report = rig.check()
        left.append(report.left_over)
        rig.clock.advance(minutes=1)
    assert [5, 1, 0] == left
    assert [number_of(order_id) for order_id in ids] == rig.source.numbers_asked
    (run,) = rig.store.runs(turn.name)
    assert (began, True, 9, 9) == (run.at, run.answered, run.due, run.checked)


def test_half_a_run_proves_nothing_about_the_rest() -> None:
    """Until it is done, nobody's last answer follows from it."""
    rig = Rig(pace=Pace(batch=1, per_minute=6000))
    first, *_, last = neighbours(3)
    rig.add_settled(*neighbours(3))
    before = rig.answered_at(last)
    rig.source.mute = {number_of(last)}
    rig.to_turn_of(first)
    rig.check()
    assert before == rig.answered_at(last)
    rig.to_turn_of(first)
    rig.source.takes, rig.seconds = SECOND, 1
    rig.check()
    assert before == rig.answered_at(last)


def test_what_failed_when_the_time_ran_out_is_not_taken_for_answered() -> None:
    """There was no time to ask about it alone, and the next run begins behind it."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(6)
    rig.add_settled(*ids)
    before = rig.answered_at(ids[1])
    rig.to_turn_of(ids[0])
    rig.source.poison = {number_of(ids[0])}
    rig.source.takes, rig.seconds = SECOND, 2
    assert 2 == rig.check().left_over
    rig.source.poison = set()
    rig.seconds = None
    rig.clock.advance(minutes=1)
    rig.forget_the_past()
    rig.check()
    assert [[number_of(ids[4]), number_of(ids[5])]] == rig.source.asked
    assert before == rig.answered_at(ids[1])
    assert before != rig.answered_at(ids[2])


def test_a_placeholder_holds_nobody_up_when_time_runs_out() -> None:
    """The next run goes on behind what was asked, and not at the placeholder again."""
    rig = Rig(pace=Pace(batch=2, per_minute=6000))
    ids = neighbours(6)
    rig.add_settled(*ids)
    before = rig.answered_at(ids[0])
    rig.source.answers[number_of(ids[0])] = TrackingResult(
        number_of(ids[0]), known=True, points_to="CNG00000000000001"
    )
    rig.to_turn_of(ids[0])
    rig.source.takes, rig.seconds = SECOND, 1
    for _ in range(3):
        rig.check()
        rig.clock.advance(minutes=1)
    assert {number_of(order_id) for order_id in ids} <= set(rig.source.numbers_asked)
    assert before == rig.answered_at(ids[0])
    assert before != rig.answered_at(ids[5])


def test_ticks_that_were_missed_are_made_up_for(rig: Rig) -> None:
    """As far back as it is told; what is older waits for its next turn."""
    ids = [f"{n:03}" for n in range(200)]
    rig.add_settled(*ids)
    rig.live(HOUR)
    rig.forget_the_past()
    since = rig.clock.now()
    rig.clock.advance(hours=9, minutes=7)
    rig.check()
    due = {
        number_of(order_id)
        for order_id in ids
        if rig.clock.now() - HOUR
        < (rig.schedule.next_turn(rig.slot(order_id) or "", since) or since)
        <= rig.clock.now()
    }
    assert due == set(rig.source.numbers_asked)
    assert 0 < len(due) < 40


def test_after_an_outage_of_ours_the_wheel_just_goes_on(rig: Rig) -> None:
    """No stampede: within a day every order is asked about as often as ever."""
    ids = [f"{n:03}" for n in range(60)]
    rig.add_settled(*ids)
    rig.clock.advance(days=3, hours=5, minutes=11)
    rig.forget_the_past()
    rig.live(DAY)
    counts = [rig.source.numbers_asked.count(number_of(order_id)) for order_id in ids]
    assert {2, 3} >= set(counts)
