"""Random journeys for tests of the rules: orders, what the source shows of them and when.

Everything happens at full hours after `START`; the instants inside the data may lie anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property

from hypothesis import strategies as st

from stallwatch.domain.alerts import Alert
from stallwatch.domain.orders import ENDING_ACTIONS, Action, ActionKind, Order, PaidWith, Service
from stallwatch.domain.parcels import Checkpoint, SecondOpinion, Trace
from stallwatch.domain.thresholds import Thresholds
from stallwatch.rules.decision import Decision, InitialFindings
from stallwatch.rules.evaluate import evaluate
from stallwatch.rules.journey import read_journey
from stallwatch.tracking.codes import stage_of

START = datetime(2026, 3, 20, 7, 0, tzinfo=UTC)
"""Days before the clocks change in Europe, where that must not matter."""

HOUR = timedelta(hours=1)
DEFAULTS = Thresholds()

CODES = (
    *("GWMS_ACCEPT", "PU_PICKUP_SUCCESS", "SC_OUTBOUND_SUCCESS", "CC_EX_SUCCESS", "LH_DEPART"),
    *("LH_ARRIVE", "CC_IM_START", "CC_IM_SUCCESS", "GTMS_ACCEPT", "GTMS_OE_DEPART"),
    *("GTMS_DO_DEPART", "GTMS_STA_SIGNED", "GSTA_INFORM_BUYER", "GTMS_DEL_FAILURE"),
    *("GTMS_SIGNED", "RT_INBOUND", "RT_DESTROY", "LH_HO_IN_FAILURE", "CC_IM_FAILURE", "CUS_TAX"),
    *("GTMS_STA_WAIT_CUST_CHANGE_ADDRESS", "COMMON_INTRANSIT", "LAST_MILE_ASN_NOTIFY"),
    *("GTMS_NEVER_SEEN_BEFORE", "GTMS_FAILURE", "GTMS_RE_DELIVERING", "LOST", "GWMS_CANCEL"),
    *("CW_INBOUND", "XX_NEW"),
)

NUMBERS = ("LP00000000000001", "CNG00000000000001")


@dataclass(frozen=True)
class Shown:
    """An event that the source shows from some hour on."""

    hour: int
    at: datetime
    code: str
    zone_hours: int
    source: str
    number: str


@dataclass(frozen=True)
class Said:
    """Something the buyer does at some hour."""

    hour: int
    deed: ActionKind | None
    """None: another number, or another protection date."""
    days: int
    number: str | None


@dataclass(frozen=True)
class Answers:
    """The hours at which a source answers: every so many, but for its outages."""

    first: int
    every: int
    outages: tuple[tuple[int, int], ...] = ()
    """The hour at which each begins, and how many it lasts."""

    @cache  # noqa: B019
    def at(self, hour: int) -> bool:
        return (
            hour >= self.first
            and (hour - self.first) % self.every == 0
            and not any(start <= hour < start + length for start, length in self.outages)
        )

    @cache  # noqa: B019
    def last(self, hour: int) -> int | None:
        """The last answer until an hour."""
        if hour < self.first:
            return None
        return next((h for h in range(hour, self.first - 1, -1) if self.at(h)), None)

    @cache  # noqa: B019
    def next(self, hour: int, until: int) -> int | None:
        """The first answer from an hour on."""
        return next((h for h in range(max(hour, 0), until + 1) if self.at(h)), None)


@dataclass(frozen=True)
class Journey:
    """An order and all that happens to it."""

    order: Order
    shown: tuple[Shown, ...]
    said: tuple[Said, ...]
    answers: Answers
    hours: int
    mail_type: str | None
    eta: datetime | None
    unanswered: tuple[int, ...]
    """The hours at which a spell without answers has become too long."""
    second: bool
    second_answers: Answers

    def _asked_from(self, number: str) -> int | None:
        """From which hour on a number may be asked about; None: the order never has it."""
        if number == self.order.tracking_number:
            return 0
        changes = (said for said in self.said if said.deed is None and said.number == number)
        return min((said.hour for said in changes), default=None)

    @cached_property
    def _seen(self) -> tuple[tuple[int, Checkpoint], ...]:
        """What is ever seen, and from which hour on."""
        found = []
        for shown in self.shown:
            asked_from = self._asked_from(shown.number)
            if asked_from is None:
                continue
            seen = self.answers.next(max(shown.hour, asked_from), self.hours)
            if seen is not None:
                found.append((seen, _checkpoint(shown, START + seen * HOUR)))
        return tuple(found)

    @cached_property
    def busy_hours(self) -> frozenset[int]:
        """The hours at which the buyer does anything."""
        return frozenset(said.hour for said in self.said)

    def trace_at(self, hour: int, order: Order) -> Trace:
        """What is known at an hour: whatever was shown by the last answer."""
        answered = self.answers.last(hour)
        changed = order.number_changed_at
        if answered is not None and changed is not None and START + answered * HOUR < changed:
            answered = None
        checkpoints = tuple(checkpoint for seen, checkpoint in self._seen if seen <= hour)
        last = None if answered is None else START + answered * HOUR
        spell = [h for h in self.unanswered if h <= hour and (answered is None or answered < h)]
        return Trace(
            number=order.tracking_number,
            checkpoints=checkpoints,
            answered_at=last,
            asked_at=last,
            known=bool(checkpoints),
            mail_type=self.mail_type if last else None,
            eta=self.eta if last else None,
            unanswered_since=START + spell[-1] * HOUR if spell else None,
            second=self._second_at(hour) if self.second else None,
        )

    def _second_at(self, hour: int) -> SecondOpinion | None:
        answered = self.second_answers.last(hour)
        return None if answered is None else SecondOpinion(START + answered * HOUR, None)


def _checkpoint(shown: Shown, seen: datetime) -> Checkpoint:
    stage, flag = stage_of(shown.code)
    wall = shown.at + timedelta(hours=shown.zone_hours)
    return Checkpoint(
        number=shown.number,
        at=shown.at,
        wall=wall.strftime("%Y-%m-%d %H:%M:%S"),
        zone=f"GMT{shown.zone_hours:+}",
        code=shown.code,
        stage=stage,
        flag=flag,
        text=shown.code,
        place=None,
        source=shown.source,
        first_seen=seen,
    )


@dataclass
class Life:
    """An order as it goes through its journey, evaluated now and then."""

    journey: Journey
    order: Order = field(init=False)
    alerts: list[Alert] = field(default_factory=list)
    memory: InitialFindings = field(default_factory=InitialFindings)
    decision: Decision | None = None

    def __post_init__(self) -> None:
        self.order = self.journey.order

    def live(self, hour: int) -> bool:
        """Let happen what the buyer does at an hour; whether anything did."""
        if hour not in self.journey.busy_hours:
            return False
        now = START + hour * HOUR
        before = self.order
        for said in self.journey.said:
            if said.hour == hour:
                self.order = self._after(said, now)
        return self.order != before

    def _after(self, said: Said, now: datetime) -> Order:
        order = self.order
        if said.deed is None:
            if said.number is not None:
                if said.number == order.tracking_number:
                    return order
                first = order.tracking_number is None and order.number_changed_at is None
                return replace(
                    order,
                    tracking_number=said.number,
                    number_changed_at=order.number_changed_at if first else now,
                )
            return replace(order, protection_ends_on=now.date() + timedelta(days=said.days))
        trace = self.journey.trace_at(int((now - START) / HOUR), order)
        action = Action(
            kind=said.deed,
            at=now,
            # Some name an earlier day than that on which they are said.
            on=now.date() - timedelta(days=said.days % 4) if said.days % 2 else None,
            until=now.date() + timedelta(days=said.days + 1)
            if said.deed is ActionKind.SNOOZE
            else None,
            episode=read_journey(
                order,
                trace.checkpoints,
                DEFAULTS,
                first_answer_at=self.memory.answered_at,
            ).episode,
        )
        return replace(order, actions=(*order.actions, action))

    def evaluate(self, hour: int, thresholds: Thresholds = DEFAULTS) -> Decision:
        """Evaluate the order at an hour and send what is due."""
        now = START + hour * HOUR
        self.decision = evaluate(
            self.order,
            self.journey.trace_at(hour, self.order),
            self.alerts,
            self.memory,
            now,
            thresholds,
            second_source=self.journey.second,
        )
        self.memory = self.decision.memory
        self.alerts += [replace(alert, sent_at=now) for alert in self.decision.due]
        return self.decision

    def evaluate_every(self, step: int) -> Iterator[tuple[int, Decision]]:
        """Live through the journey, evaluating it every so many hours: at which, and with what."""
        for hour in range(0, self.journey.hours, step):
            for passed in range(hour - step + 1, hour + 1):
                self.live(passed)
            yield hour, self.evaluate(hour)


@st.composite
def journeys(draw: st.DrawFn, *, days: int = 100, events: int = 10) -> Journey:
    """Any journey; many make no sense, as real ones don't."""
    hours = days * 24
    ordered_ago = draw(st.sampled_from([0, 1, 3, 10, 30, 55, 70, 119, 121, 160]))
    ordered_on = (START - timedelta(days=ordered_ago)).date()
    number = draw(st.sampled_from([NUMBERS[0], NUMBERS[0], NUMBERS[0], None]))
    shipped = draw(st.none() | st.integers(0, 5))
    protection = draw(st.none() | st.integers(-20, 110))
    promised = draw(st.none() | st.none() | st.integers(-10, 60))
    order = Order(
        order_id="x",
        incarnation="0",
        ordered_on=ordered_on,
        created_at=START - timedelta(days=1),
        destination=draw(st.sampled_from(["DE", "BR"])),
        tracking_number=number,
        service=draw(st.sampled_from([None, *Service])),
        shipped_on=None if shipped is None else ordered_on + timedelta(days=shipped),
        protection_ends_on=None
        if protection is None
        else START.date() + timedelta(days=protection),
        promised_on=None if promised is None else START.date() + timedelta(days=promised),
        paid_with=draw(st.sampled_from([None, None, *PaidWith])),
    )
    reach = max(hours, 24)
    shown = draw(
        st.lists(
            st.builds(
                _shown,
                hour=st.integers(0, reach),
                before=st.sampled_from([0, 1, 5, 20, 60, 200, 300, 700, 1500, -5, -30]),
                minutes=st.integers(0, 59),
                code=st.sampled_from(CODES),
                zone=st.sampled_from([8, 8, 8, 0, -3]),
                source=st.sampled_from(["cainiao", "cainiao", "cainiao", "17track"]),
                number=st.sampled_from([NUMBERS[0], NUMBERS[0], NUMBERS[1]]),
            ),
            max_size=events,
        )
    )
    said = draw(
        st.lists(
            st.builds(
                Said,
                hour=st.integers(1, reach),
                deed=st.sampled_from(
                    [
                        None,
                        None,
                        *(d for d in ActionKind if d not in ENDING_ACTIONS),
                        ActionKind.RECEIVED,
                    ]
                ),
                days=st.integers(0, 40),
                number=st.sampled_from([None, *NUMBERS]),
            ),
            max_size=4,
        )
    )
    outage = st.tuples(st.integers(0, hours), st.sampled_from([5, 30, 200, 800]))
    answers = Answers(
        first=draw(st.integers(0, 30)),
        every=draw(st.sampled_from([1, 6, 12, 24])),
        outages=tuple(draw(st.lists(outage, max_size=3))),
    )
    return Journey(
        order=order,
        shown=tuple(shown),
        said=tuple(sorted(said, key=lambda s: s.hour)),
        answers=answers,
        hours=hours,
        mail_type=draw(st.sampled_from([None, None, "Economy"])),
        eta=draw(st.none() | st.integers(-10, 120).map(lambda d: START + timedelta(days=d))),
        unanswered=tuple(draw(st.lists(st.integers(0, hours), max_size=1))),
        second=draw(st.booleans()),
        second_answers=Answers(0, draw(st.sampled_from([5, 20, 30]))),
    )


def _shown(
    hour: int, before: int, minutes: int, code: str, zone: int, source: str, number: str
) -> Shown:
    at = START + timedelta(hours=hour - before, minutes=minutes)
    return Shown(hour, at, code, zone, source, number)
