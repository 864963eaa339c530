"""Random journeys for the rules: what happens to an order, drawn so that it falls on boundaries.

A journey is a row of beats. Most beats lie a whole number of the rules' days (or hours) after
something that has happened, exactly or an hour beside it, since that is where rules meet. All is
said in the reference model's plain values; a comparison translates beats into the product's.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from tests.reference.model import DAY, HOUR, Evaluation, Event, Numbers, Order, Second, Word
from tests.reference.view import View
from tests.reference.world import World

START = datetime(2026, 3, 20, 7, 0, tzinfo=UTC)
"""Days before the clocks change in Europe, where that must not matter."""

NUMBERS = ("LP00000000000001", "CNG00000000000001")
SECOND = "17track"

FORWARD = (
    *("GWMS_ACCEPT", "PU_PICKUP_SUCCESS", "CW_INBOUND", "SC_OUTBOUND_SUCCESS", "CC_EX_SUCCESS"),
    *("LH_DEPART", "LH_ARRIVE", "CC_IM_SUCCESS", "GTMS_ACCEPT", "GTMS_DO_DEPART"),
    *("GTMS_STA_SIGNED", "GTMS_SIGNED"),
)
"""A journey as it should be."""
ODD = (
    *("COMMON_INTRANSIT", "XX_NEW", "LAST_MILE_ASN_NOTIFY", "CC_IM_START", "GTMS_OE_DEPART"),
    *("SC_INBOUND", "CREATE_ORDER_CES", "TD_TRANS_DEPART", "GSTA_INFORM_BUYER", "RT_INBOUND"),
    *("GTMS_DEL_FAILURE", "GTMS_DEL_FAILURE", "CC_IM_FAILURE", "CUS_TAX", "GWMS_CANCEL", "LOST"),
    *("RT_DESTROY", "LH_HO_IN_FAILURE", "GTMS_FAILURE", "GTMS_STA_WAIT_CUST_CHANGE_ADDRESS"),
    *("GTMS_PUDO_SIGNED", "TRANSFER_ARRIVE"),
)
WORDS = (
    *("seller_contacted", "seller_contacted", "dispute_opened", "dispute_opened"),
    *("dispute_rejected", "not_received", "not_received", "snooze", "snooze", "reopen"),
    *("received", "refunded", "lost", "close"),
)
BESIDE = (timedelta(0), timedelta(0), timedelta(0), -HOUR, HOUR, -timedelta(seconds=1))
"""On a boundary, and beside it."""
WAITS = tuple(sorted({getattr(Numbers(), name) for name in Numbers.__dataclass_fields__}))
"""Every number of the rules, as days."""
AHEAD = (-16, -15, -14, -10, -2, -1, 0, 1, 2, 5, 6, 12, 20, 26, 27, 31, 40, 60, 61, 90)
"""How many days a protection may end after the start."""


@dataclass(frozen=True)
class Answered:
    """A valid answer, with the events that it shows first."""

    at: datetime
    events: tuple[Event, ...] = ()
    known: bool = True
    status: str | None = None
    mail_type: str | None = None
    eta: datetime | None = None


@dataclass(frozen=True)
class OthersAnswered:
    """The source answered, but not about this number."""

    at: datetime


@dataclass(frozen=True)
class SecondAsked:
    """The second source was asked about this number."""

    at: datetime
    answered: bool
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Said:
    """A word of the buyer's; always a valid one."""

    at: datetime
    word: Word


@dataclass(frozen=True)
class Renumbered:
    """The order gets another number, or a first one."""

    at: datetime
    number: str


@dataclass(frozen=True)
class Corrected:
    """The buyer corrects dates; None takes one away."""

    at: datetime
    dates: tuple[tuple[str, date | None], ...]


@dataclass(frozen=True)
class Looked:
    """Nothing happens: the order is only evaluated."""

    at: datetime


Beat = Answered | OthersAnswered | SecondAsked | Said | Renumbered | Corrected | Looked


@dataclass(frozen=True)
class Journey:
    """An order and what happens to it, oldest first; it is evaluated after every beat."""

    order: Order
    second: bool
    """Whether a second source is configured."""
    beats: tuple[Beat, ...]


def begin(journey: Journey, n: Numbers | None = None) -> World:
    """The world of a journey before its first beat."""
    world = World(journey.order, start=START, n=n)
    world.second(Second() if journey.second else None)
    return world


def happen(world: World, beat: Beat) -> None:
    """Let a beat happen."""
    match beat:
        case Answered():
            world.answer(beat.at, beat.events, known=beat.known, status=beat.status)
            world.tell(mail_type=beat.mail_type, eta=beat.eta)
        case OthersAnswered():
            world.answer_others(beat.at)
        case SecondAsked():
            ask_second(world, beat)
        case Said():
            world.say(beat.word)
        case Renumbered():
            second = world.known.second
            world.change_number(beat.number, beat.at)
            world.second(None if second is None else Second())
        case Corrected():
            world.correct(**dict(beat.dates))
        case Looked():
            pass


def ask_second(world: World, beat: SecondAsked) -> None:
    """Note how the second source answered: a valid answer of it is one about the number."""
    before = world.known.second or Second()
    if beat.answered:
        world.answer(beat.at, beat.events, source=SECOND)
        world.second(Second(answered_at=beat.at))
    else:
        world.second(Second(before.answered_at, before.failing_since or beat.at))


def live(journey: Journey, n: Numbers | None = None) -> list[tuple[Beat, Evaluation]]:
    """Live through a journey; gives what each beat's evaluation decided."""
    world = begin(journey, n)
    decided = []
    for beat in journey.beats:
        happen(world, beat)
        decided.append((beat, world.evaluate(beat.at)))
    return decided


@st.composite
def journeys(draw: st.DrawFn, *, beats: int = 25) -> Journey:
    """Any journey of some beats; many make no sense, as real ones don't."""
    journey = Journey(draw(orders()), draw(st.sampled_from([False, False, True])), ())
    quiet = draw(st.booleans())
    world = begin(journey)
    now, state, done = START, "watching", []
    for _ in range(draw(st.integers(1, beats))):
        beat = draw(_beats(world, now, state, quiet=quiet and len(world.known.events) > 1))
        now = beat.at
        happen(world, beat)
        state = world.evaluate(now).state
        done.append(beat)
    return replace(journey, beats=tuple(done))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order whose dates often meet: both deadlines, or a deadline and the bank's, on one day."""
    today = START.date()

    def day(days: int) -> date:
        return today + timedelta(days=days)

    ordered = -draw(st.sampled_from([0, 1, 1, 3, 3, 9, 10, 11, 16, 27, 60, 100, 120, 121, 180]))
    protection = draw(st.none() | st.sampled_from(AHEAD))
    near = 0 if protection is None else protection
    promised = draw(st.none() | st.sampled_from([near - 6, near - 5, near, near + 15, near - 106]))
    paid_with = draw(st.sampled_from([None, None, "paypal", "card"]))
    paid = draw(
        st.sampled_from([None, ordered, near + 15 - 180, near + 16 - 166, 14 - 180, -166, -180])
    )
    shipped = draw(st.sampled_from([None, None, 0, 1, 5]))
    return Order(
        ordered_on=day(ordered),
        destination=draw(st.sampled_from(["DE", "DE", "BR"])),
        number=draw(st.sampled_from([NUMBERS[0], NUMBERS[0], NUMBERS[0], None])),
        service=draw(st.sampled_from([None, "standard", "expedited", "economy"])),
        remote=draw(st.sampled_from([None, None, True, False])),
        shipped_on=None if shipped is None else day(ordered + shipped),
        protection_ends_on=None if protection is None else day(protection),
        promised_on=None if promised is None else day(promised),
        paid_with=paid_with,
        paid_on=None if paid_with is None or paid is None else day(min(paid, 0)),
    )


def _anchors(world: World) -> list[datetime]:
    """What boundaries are counted from."""
    known, order = world.known, world.order
    days = (order.ordered_on, order.shipped_on, order.protection_ends_on, order.promised_on)
    untils = [w.until for w in order.words]
    return [
        *(e.at for e in known.events[-4:]),
        *(a.at for a in known.answers[-1:]),
        *(s.at for s in world.sent[-3:]),
        *(w.counts_from for w in order.words[-2:]),
        *(
            datetime(day.year, day.month, day.day, tzinfo=UTC)
            for day in (*days, *untils)
            if day is not None
        ),
        *(at for at in (known.eta, known.asked_since) if at is not None),
    ]


@st.composite
def _instants(draw: st.DrawFn, world: World, now: datetime) -> datetime:
    """When the next beat is: near, or some days of the rules after something."""
    if draw(st.sampled_from([True, False, False])):
        return now + draw(st.sampled_from([0, 1, 6, 12, 20, 24, 25, 72])) * HOUR
    anchor = draw(st.sampled_from([now, *_anchors(world)]))
    waits = [*WAITS, -5, -1, 0, 8, 16, 19, 35, 46, 56]
    at = anchor + draw(st.sampled_from(waits)) * DAY + draw(st.sampled_from(BESIDE))
    far = now + 70 * DAY
    return at if now <= at <= far else now + draw(st.sampled_from([1, 24, 24 * 5])) * HOUR


@st.composite
def _beats(draw: st.DrawFn, world: World, now: datetime, state: str, *, quiet: bool) -> Beat:
    """The next beat; of a quiet journey seldom one that shows anything."""
    at = draw(_instants(world, now))
    if state == "closed":  # nobody asks about it any more
        kinds = ["word", "word", "dates", "look"]
    elif world.order.number is None:
        kinds = ["word", "number", "number", "dates", "look", "look"]
    else:
        kinds = [
            *(["answer"] * 9),
            *("others", "others", "look", "word", "word", "word", "number", "dates"),
            *(["second"] * 3 if world.known.second is not None else []),
        ]
    kind = draw(st.sampled_from(kinds))
    if kind == "answer":
        return draw(_answers(world, at, quiet=quiet))
    if kind == "others":
        spell = max([world.known.asked_since or now, *(a.at for a in world.known.answers)])
        over = spell + world.n.unanswered * DAY + draw(st.sampled_from(BESIDE))
        return OthersAnswered(over if over >= now and draw(st.booleans()) else at)
    if kind == "second":
        answered = draw(st.booleans())
        events = draw(st.lists(_events(world, at, SECOND), max_size=1)) if answered else []
        return SecondAsked(at, answered, tuple(events))
    if kind == "word":
        return draw(_words(world, at))
    if kind == "number":
        number = draw(st.sampled_from(NUMBERS))
        return Looked(at) if number == world.order.number else Renumbered(at, number)
    if kind == "dates":
        return draw(_corrections(world, at))
    return Looked(at)


@st.composite
def _answers(draw: st.DrawFn, world: World, at: datetime, *, quiet: bool) -> Answered:
    count = draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1] if quiet else [0, 0, 0, 1, 1, 1, 2, 3]))
    events = tuple(draw(_events(world, at, "cainiao")) for _ in range(count))
    known = world.known
    eta = known.eta
    if draw(st.sampled_from([False, False, True])):
        # An estimate at the end of the window, at the end of its grace, or beside them.
        view = View(world.order, known, at, world.n, world.sent, world.memory)
        days = view.window + draw(st.sampled_from([0, 1, 1, 2, 31]))
        eta = view.dispatched_at + days * DAY + draw(st.sampled_from(BESIDE))
    return Answered(
        at,
        events,
        known=bool(events or known.events) or draw(st.booleans()),
        status=draw(st.sampled_from([None, None, None, None, "DELIVERING", "DELIVERED"])),
        mail_type=known.mail_type or draw(st.sampled_from([None, None, None, "Economy"])),
        eta=eta,
    )


@st.composite
def _events(draw: st.DrawFn, world: World, seen: datetime, source: str) -> Event:
    """An event: the next of a journey, an odd one, or a known one dated anew."""
    number = world.order.number or NUMBERS[0]
    before = [e for e in world.known.events if e.number == number]
    code = draw(st.sampled_from(ODD))
    if draw(st.sampled_from([True, True, False])):
        passed = [FORWARD.index(e.code) for e in before if e.code in FORWARD]
        code = FORWARD[min(max(passed, default=0) + draw(st.sampled_from([0, 1, 1, 2, 4])), 11)]
    ages = [0, 0, 1, 1, 2, 20, 24, 25, 5 * 24, 12 * 24, 13 * 24, 20 * 24, 60 * 24, -23, -24, -25]
    at = seen - draw(st.sampled_from(ages)) * HOUR
    if before and draw(st.sampled_from([True, False, False, False])):
        # Beside a known one: the same instant, dated anew, or days of the rules later.
        other = draw(st.sampled_from(before))
        code = draw(st.sampled_from([code, other.code]))
        apart = draw(st.sampled_from([0, 0, 1, 19, 20, 21, 24, 30 * 24, 30 * 24 + 1, -1]))
        at = min(other.at + apart * HOUR, seen)
    zone = draw(st.sampled_from([8, 8, 8, 0, -3]))
    wall = (at + zone * HOUR).strftime("%Y-%m-%d %H:%M:%S")
    return Event(number, at, wall, code, seen, source)


@st.composite
def _words(draw: st.DrawFn, world: World, at: datetime) -> Beat:
    fitting = (
        ["not_received"] * 8 if world.may_say("not_received", at) else ["seller_contacted"] * 3
    )
    kind = draw(st.sampled_from([*WORDS, *fitting]))
    if not world.may_say(kind, at):
        return Looked(at)
    ago, until = draw(st.sampled_from([None, None, None, 0, 1, 5, 10])), None
    if kind == "snooze":
        until = at.date() + timedelta(days=draw(st.sampled_from([1, 2, 5, 12, 30])))
    elif kind == "reopen":
        ago = None
    answers = world.known.answers
    return Said(
        at,
        Word(
            kind,
            at,
            on=None if ago is None else at.date() - timedelta(days=ago),
            until=until,
            after_answer=bool(answers) and answers[-1].at == at,
        ),
    )


@st.composite
def _corrections(draw: st.DrawFn, world: World, at: datetime) -> Corrected:
    today = at.date()
    if draw(st.sampled_from([True, True, True, False])):
        days = draw(st.none() | st.sampled_from(AHEAD))
        ends_on = None if days is None else today + timedelta(days=days)
        return Corrected(at, (("protection_ends_on", ends_on),))
    moved = draw(st.sampled_from([-365, -30, -1, 1]))
    ordered_on = min(world.order.ordered_on + timedelta(days=moved), START.date())
    return Corrected(at, (("ordered_on", ordered_on),))
