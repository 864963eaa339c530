"""The texts of alerts: mails, SMS, and what machines get."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import product
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.advice import advise
from stallwatch.alphabets import gsm7
from stallwatch.facts import facts_of
from stallwatch.letters import Letter, Pending
from stallwatch.messages import compose, order_url
from stallwatch.model import SEVERITY, Alert, Flag, Kind, Order, Stage
from stallwatch.rules import ATTEMPT, PICKUP, RETURNED, SILENCE
from stallwatch.text import clean
from stallwatch.words import Value, Words
from tests.journeys import HOUR, START, Life, journeys

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PAGE = "https://stallwatch.example/live/"
LANGUAGES = sorted(
    path.name.removesuffix(".json")
    for path in files("stallwatch").joinpath("data", "words").iterdir()
)
ACTIONS = (PICKUP, ATTEMPT, *(flag.value for flag in Flag if flag is not Flag.EARLY))
SPOKEN = (
    *((kind, "") for kind in Kind if kind not in {Kind.REFUND_CLAIM, Kind.ACTION_NEEDED}),
    *((Kind.REFUND_CLAIM, reason) for reason in (SILENCE, RETURNED)),
    *((Kind.ACTION_NEEDED, reason) for reason in ACTIONS),
)
"""Every kind of alert with every reason that it may have."""
OF_THE_SOURCE = {Kind.SOURCE_DOWN, Kind.SOURCE_UP}
ABOUT_ORDERS = tuple(spoken for spoken in SPOKEN if spoken[0] not in OF_THE_SOURCE)

ORDER = Order(
    order_id="8123456789012345",
    ordered_on=date(2026, 3, 1),
    destination="DE",
    created_at=NOW,
    born="0",
    tracking_number="LP00000000000001",
    protection_ends_on=date(2026, 6, 20),
    title="USB cable",
    price=Decimal("12.50"),
    currency="EUR",
)
FACTS: dict[str, object] = {
    "stage": "export_customs",
    "silent_days": 61,
    "days_in_transit": 70,
    "untracked_days": 106,
    "service": "standard",
    "window": [15, 25],
    "last_update": "2026-04-15",
    "last_text": "Export customs clearance complete",
    "last_place": "Dongguan",
    "late_on": "2026-05-02",
    "claim_opens_on": "2026-06-14",
    "protection_ends_on": "2026-06-20",
    "delivered_on": "2026-06-14",
    "carrier": ["La Poste", None],
    "known": True,
    "departed": True,
    "destroyed": True,
    "ended_by_design": True,
    "answered_at": "2026-06-15T12:00:00+00:00",
}
"""All that may be known; what is not true or not known is missing."""

ALWAYS = {"stage", "untracked_days", "service", "window", "last_update", "late_on"}
MAYBE = ("carrier", "known", "destroyed", "ended_by_design", "last_place")


@dataclass(frozen=True, slots=True)
class Heard(Words):
    """Words that remember which sentences were said."""

    keys: set[str] = field(default_factory=set)

    def say(self, key: str, **values: Value) -> str:
        self.keys.add(key)
        return Words(self.language).say(key, **values)


def about(kind: Kind) -> str:
    if kind in OF_THE_SOURCE or kind is Kind.UNANSWERED:
        return (NOW - timedelta(days=10)).isoformat()
    return "2026-06-20 first" if kind is Kind.PROTECTION_ENDING else "2026-04-15 08:00:00"


def letter(
    kind: Kind,
    reason: str = "",
    orders: tuple[Order | None, ...] = (ORDER,),
    facts: dict[str, object] | None = None,
) -> Letter:
    members = []
    for order in (None,) if kind in OF_THE_SOURCE else orders:
        known = {"source": "cainiao"} if order is None else FACTS
        alert = Alert(
            kind=kind,
            raised_at=NOW,
            reason=reason,
            about=about(kind),
            number=order.tracking_number if order is not None else None,
            facts=dict(known if facts is None else facts),
        )
        order_id = order.order_id if order is not None else ""
        members.append((Pending(order_id, f"ALERT#0#{alert.key}", kind, NOW), alert, order))
    return Letter("batch-1", kind, NOW, tuple(members))


def all_facts() -> Iterator[dict[str, object]]:
    """Every combination of what may be known of an order."""
    ends = (None, NOW.date() - timedelta(days=1), NOW.date(), NOW.date() + timedelta(days=1))
    for has_text, has_days, ends_on in product(
        (True, False), (True, False), (*ends, date(2026, 6, 20))
    ):
        for chosen in product((True, False), repeat=len(MAYBE)):
            facts = dict(FACTS)
            for name, there in zip(MAYBE, chosen, strict=True):
                if not there:
                    del facts[name]
            if not has_text:
                for name in ("last_text", "last_place"):
                    facts.pop(name, None)
            if not has_days:
                facts |= {"silent_days": 0, "days_in_transit": 1, "untracked_days": 1}
                for name in ("claim_opens_on", "delivered_on"):
                    del facts[name]
            if ends_on is None:
                del facts["protection_ends_on"]
            else:
                facts["protection_ends_on"] = ends_on.isoformat()
            yield facts


def check(message: Any, orders: int = 1) -> None:
    """What holds of any message about one order, or about the source."""
    assert 0 < len(message.subject) <= 100
    assert message.subject == message.subject.strip()
    assert all(" " <= char <= "~" for char in message.subject)
    assert 0 < len(message.sms) <= 160
    assert message.sms == gsm7(message.sms)
    assert {"Cc", "Cf", "Cs", "Zl", "Zp"}.isdisjoint(map(category, message.email.replace("\n", "")))
    assert message.email.endswith("\n")
    assert "None" not in message.email
    assert orders == len(json.loads(message.default)["orders"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_every_alert_can_be_told_whatever_is_known(language: str, kind: Kind, reason: str) -> None:
    """Every kind and reason, with every combination of facts, with and without a number."""
    if kind in OF_THE_SOURCE:
        check(compose(letter(kind), PAGE, Words(language)), orders=0)
        return
    for facts in all_facts():
        for number in (ORDER.tracking_number, None):
            ends_on = facts.get("protection_ends_on")
            order = replace(
                ORDER,
                tracking_number=number,
                title=None if number is None else ORDER.title,
                protection_ends_on=None if ends_on is None else date.fromisoformat(str(ends_on)),
            )
            check(compose(letter(kind, reason, (order,), facts), PAGE, Words(language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_there_for_nothing(language: str) -> None:
    """Each is said by some alert or advice, so that nobody translates what nobody reads."""
    heard = Heard(language)
    some_facts = list(all_facts())[::7]
    for kind, reason in SPOKEN:
        for facts in some_facts:
            for order in (ORDER, replace(ORDER, tracking_number=None, title=None)):
                compose(letter(kind, reason, (order,), facts), PAGE, heard)
                compose(letter(kind, reason, (order, order), facts), PAGE, heard)
    compose(
        letter(Kind.REFUND_CLAIM, SILENCE, facts=FACTS | {"second_passed_over": True}), PAGE, heard
    )
    ahead = {"late_on": "2026-07-02", "claim_opens_on": "2026-07-14"}
    for facts in (FACTS | ahead, FACTS | ahead | {"protection_ends_on": "2026-07-01"}):
        compose(letter(Kind.STALLED, facts=facts), PAGE, heard)
    ends_soon = replace(ORDER, protection_ends_on=date(2026, 7, 1))
    compose(letter(Kind.STALLED, "", (ends_soon,), FACTS | ahead), PAGE, heard)
    again = letter(Kind.ACTION_NEEDED, Stage.READY_FOR_PICKUP)
    ((pending, alert, about_order),) = again.members
    again = replace(again, members=((pending, replace(alert, nth=2), about_order),))
    compose(again, PAGE, heard)
    for service in ("standard", "expedited", "economy"):
        compose(letter(Kind.LATE, facts=FACTS | {"service": service}), PAGE, heard)
    there = json.loads(
        files("stallwatch").joinpath("data", "words", f"{language}.json").read_text("utf-8")
    )
    never = {key for key in there if not key.startswith("advice.")} - heard.keys
    assert set() == never


@settings(max_examples=15, deadline=None)
@given(journeys(days=70))
def test_what_a_journey_raises_can_be_told(journey: Any) -> None:
    """With the facts that the rules give, whatever happens to a parcel."""
    life = Life(journey)
    for hour in range(0, journey.hours, 12):
        for passed in range(hour - 11, hour + 1):
            life.live(passed)
        decision = life.evaluate(hour)
        trace = journey.trace_at(hour, life.order)
        facts = facts_of(life.order, decision, trace)
        json.dumps(facts)
        advice = advise(life.order, decision, trace, START + hour * HOUR, Words())
        assert advice
        assert advice.isprintable()
        for alert in decision.due:
            raised = replace(alert, facts=facts)
            member = (Pending("x", alert.key, alert.kind, alert.raised_at), raised, life.order)
            check(compose(Letter("b", alert.kind, alert.raised_at, (member,)), PAGE, Words()))


@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_a_mail_says_all_that_its_reader_needs(kind: Kind, reason: str) -> None:
    """Which order, what happened, what to do now, the key dates, and where to read on."""
    mail = compose(letter(kind, reason), PAGE, Words()).email
    assert "8123456789012345: USB cable" in mail
    assert "LP00000000000001" in mail
    assert "What happened: " in mail
    assert "What to do now: " in mail
    assert "Ordered on March 1, 2026" in mail
    assert "Buyer protection ends on June 20, 2026" in mail
    assert f"{PAGE}#/orders/8123456789012345" in mail


@pytest.mark.parametrize(
    ("kind", "reason", "days"),
    [
        (Kind.NEVER_SCANNED, "", "106 days"),
        (Kind.LATE, "", "70 days"),
        (Kind.STALLED, "", "61 days"),
        (Kind.REFUND_CLAIM, SILENCE, "61 days"),
        (Kind.PROTECTION_ENDING, "", "5 days"),
        (Kind.UNANSWERED, "", "10 days"),
    ],
)
def test_a_mail_says_since_when(kind: Kind, reason: str, days: str) -> None:
    """Each counts its own days."""
    assert days in compose(letter(kind, reason), PAGE, Words()).email


def test_the_owner_s_mail_says_since_when_nothing_was_checked() -> None:
    """In UTC, with the source's name, and no order."""
    for kind in OF_THE_SOURCE:
        message = compose(letter(kind), PAGE, Words())
        assert "Cainiao" in message.email
        assert "June 5, 2026" in message.email
        assert [] == json.loads(message.default)["orders"]


@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_machines_get_what_the_contract_says(kind: Kind, reason: str) -> None:
    """Version 1, field by field; a reason only where there is one."""
    told = json.loads(compose(letter(kind, reason), PAGE, Words()).default)
    orders = told.pop("orders")
    assert {
        "version": 1,
        "id": "batch-1",
        "kind": kind.value,
        "severity": SEVERITY[kind].value,
        "raised_at": "2026-06-15T12:00:00Z",
    } == told
    if kind in OF_THE_SOURCE:
        assert [] == orders
        return
    (order,) = orders
    advice = order.pop("advice")
    assert advice in compose(letter(kind, reason), PAGE, Words()).email
    assert {
        "order_id": "8123456789012345",
        "tracking_number": "LP00000000000001",
        "stage": "export_customs",
        "silent_days": 61,
        "days_in_transit": 70,
        **({"reason": reason} if reason else {}),
        "claim_opens_on": "2026-06-14",
        "protection_ends_on": "2026-06-20",
        "url": f"{PAGE}#/orders/8123456789012345",
    } == order


def test_what_is_not_known_is_null_for_machines() -> None:
    """The fields are there even so."""
    bare = {name: value for name, value in FACTS.items() if name in ALWAYS}
    order = replace(ORDER, tracking_number=None, protection_ends_on=None)
    told = json.loads(compose(letter(Kind.DELIVERED, "", (order,), bare), PAGE, Words()).default)
    (found,) = told["orders"]
    assert {"tracking_number", "silent_days", "days_in_transit", "claim_opens_on", "protection_ends_on"} == {  # noqa: E501
        name for name, value in found.items() if value is None
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_an_sms_about_the_longest_id_says_all_of_it(language: str, kind: Kind, reason: str) -> None:
    """Nothing is cut off where one segment must do."""
    order = replace(ORDER, order_id="W" * 64)
    facts = FACTS | {"silent_days": 999, "days_in_transit": 999, "untracked_days": 999}
    sms = compose(letter(kind, reason, (order,), facts), PAGE, Words(language)).sms
    short = compose(
        letter(kind, reason, (replace(ORDER, order_id="W"),), facts), PAGE, Words(language)
    ).sms
    assert short.replace("W", "W" * 64, 1) == sms
    assert "?" not in sms.replace("Not there?", "")


def test_fifty_orders_in_one_message_fit() -> None:
    """SNS takes 256 KB for all forms together; an SMS names as many as it holds."""
    text = "运" * 200
    facts = FACTS | {"last_text": text, "last_place": "运" * 60, "carrier": ["运" * 80, None]}
    orders = tuple(replace(ORDER, order_id=f"{n:064}", title=text) for n in range(50))
    message = compose(letter(Kind.REFUND_CLAIM, SILENCE, orders, facts), PAGE, Words())
    check(message, orders=50)
    forms = {"default": message.default, "email": message.email, "sms": message.sms}
    assert len(json.dumps(forms).encode()) < 256 * 1024
    assert "50 orders" in message.subject
    assert "50 orders" in message.sms
    assert message.email.startswith("Claim your money: 50 orders\n")


hostile = st.text(max_size=300).map(lambda text: clean(text, 200)) | st.sampled_from(
    [
        clean(text, 200)
        for text in (
            "Subject: x\r\nBcc: everyone@example.org",
            "{order_id} {0} {text!r} %s %(n)d",
            '"}], "version": 2, "x": ["',
            "\u202egnp.exe\u2066 \x00\x1b[31m",
            "a\u2028b\u2029c\x85d\x0be",
            "🎁" * 250,
            "\ud800 \udfff \ufffe",
            "<script>alert(1)</script>",
        )
    ]
)


@settings(max_examples=150, deadline=None)
@given(hostile, hostile, hostile, hostile, st.sampled_from(ABOUT_ORDERS))
def test_text_from_outside_breaks_nothing(
    title: str, text: str, where: str, carrier: str, spoken: tuple[Kind, str]
) -> None:
    """Titles, the carrier's words and names stay where they are put, on one line."""
    kind, reason = spoken
    plain = compose(letter(kind, reason), PAGE, Words())
    facts = FACTS | {"last_text": text, "last_place": where, "carrier": [carrier or "x", None]}
    order = replace(ORDER, title=title or None)

    message = compose(letter(kind, reason, (order,), facts), PAGE, Words())

    check(message)
    assert plain.subject == message.subject
    assert plain.sms == message.sms
    assert len(plain.email.splitlines()) == len(message.email.splitlines())
    (told,) = json.loads(message.default)["orders"]
    assert set(json.loads(plain.default)["orders"][0]) == set(told)
    assert "LP00000000000001" == told["tracking_number"]


@settings(max_examples=50, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), st.sampled_from(ABOUT_ORDERS))
def test_any_id_fits_every_channel(order_id: str, spoken: tuple[Kind, str]) -> None:
    """As the contract allows it."""
    message = compose(letter(*spoken, (replace(ORDER, order_id=order_id),)), PAGE, Words())
    check(message)
    assert order_id in message.subject
    assert order_id in message.sms
    assert order_url(PAGE, order_id) in message.email


def test_a_claim_says_what_its_dates_mean() -> None:
    """Before the deadline, after it, without one, after economy's hand-over, and for a return."""

    def do(reason: str = SILENCE, **changes: object) -> str:
        facts = {
            name: value for name, value in FACTS.items() if name != "ended_by_design"
        } | changes
        facts = {name: value for name, value in facts.items() if value is not None}
        message = compose(letter(Kind.REFUND_CLAIM, reason, facts=facts), PAGE, Words())
        advice: str = json.loads(message.default)["orders"][0]["advice"]
        return advice

    assert "before June 20, 2026" in do()
    assert "ended on June 14, 2026" in do(protection_ends_on="2026-06-14")
    assert "open a dispute" in do(protection_ends_on=None)
    assert "La Poste" in do(ended_by_design=True)
    assert "local carrier" in do(ended_by_design=True, carrier=None)
    assert "goes back" in do(RETURNED)


def test_protection_that_ends_today_says_today() -> None:
    """And tomorrow's asks for the dispute today."""
    for left, told in ((0, "today"), (1, "in 1 day"), (5, "in 5 days")):
        ends_on = (NOW.date() + timedelta(days=left)).isoformat()
        facts = FACTS | {"protection_ends_on": ends_on}
        mail = compose(letter(Kind.PROTECTION_ENDING, facts=facts), PAGE, Words()).email
        assert told in mail
        assert ("dispute today" in mail) is (left <= 1)
