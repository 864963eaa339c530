"""Messages handed over: to whoever wants them, and to nobody twice."""

from datetime import timedelta

import pytest

from stallwatch.domain.alerts import Severity
from stallwatch.push.addresses import read_addresses
from stallwatch.push.delivery import PushDelivery, PushReport
from stallwatch.push.message import PushMessage
from tests.support.builders import NOON
from tests.support.memory_push import MemoryHandovers, MemoryServices

TEXT = "ntfy://ntfy.example/a\nntfy://ntfy.example/b late\nntfy://ntfy.example/c stalled"
STALLED = PushMessage("m1", "stalled", Severity.ATTENTION, "Stalled", "")
LATE = PushMessage("m2", "late", Severity.ATTENTION, "Late", "")


def delivery(
    services: MemoryServices,
    handovers: MemoryHandovers,
    owner: str = "me",
    *,
    after: timedelta = timedelta(0),
    remaining: timedelta = timedelta(minutes=3),
) -> PushDelivery:
    return PushDelivery(
        services,
        handovers,
        read_addresses(TEXT),
        owner,
        lambda: NOON + after,
        lambda: remaining,
    )


def test_each_address_gets_the_kinds_it_wants() -> None:
    """Once, however often the same message comes again."""
    services, handovers = MemoryServices(), MemoryHandovers()
    report = delivery(services, handovers).deliver([STALLED, LATE])
    again = delivery(services, handovers, "other").deliver([STALLED, LATE])
    assert {("m1", 1): 1, ("m1", 3): 1, ("m2", 1): 1, ("m2", 2): 1} == services.took
    assert PushReport(handed_over=4) == report
    assert PushReport(already=4) == again


def test_an_address_that_fails_keeps_no_other_waiting() -> None:
    """Only it is tried again, and at once."""
    services, handovers = MemoryServices(refuse={1}), MemoryHandovers()
    assert (1,) == delivery(services, handovers).deliver([STALLED]).failed_lines
    services.refuse = set()
    assert () == delivery(services, handovers, "other").deliver([STALLED]).failed_lines
    assert {("m1", 1): 1, ("m1", 3): 1} == services.took


def test_a_run_that_dies_leaves_a_claim_that_runs_out() -> None:
    """Until then nobody else hands over, and the message is not lost."""
    services, handovers = MemoryServices(dies_on={1}), MemoryHandovers()
    with pytest.raises(KeyboardInterrupt):
        delivery(services, handovers).deliver([STALLED])
    services.dies_on = set()
    early = delivery(services, handovers, "other", after=timedelta(minutes=3))
    assert (1,) == early.deliver([STALLED]).failed_lines
    late = delivery(services, handovers, "third", after=timedelta(minutes=4))
    assert () == late.deliver([STALLED]).failed_lines
    assert {("m1", 1): 1, ("m1", 3): 1} == services.took


def test_nothing_is_begun_without_time_for_it() -> None:
    """It is left to the next try."""
    services, handovers = MemoryServices(), MemoryHandovers()
    short = delivery(services, handovers, remaining=timedelta(seconds=19))
    assert (1, 3) == short.deliver([STALLED]).failed_lines
    assert {} == handovers.kept
