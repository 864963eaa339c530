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
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import (
    ATTEMPT,
    DISPUTE,
    PICKUP,
    RETURNED,
    SELLER,
    SEVERITY,
    SILENCE,
    Alert,
    AlertKind,
    AlertRef,
    Notification,
)
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.domain.text import clean
from stallwatch.messages.advice import advise
from stallwatch.messages.alert_text import order_url
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.compose import compose
from stallwatch.messages.encodings import gsm7
from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.annotations import facts_of
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from tests.support.journeys import HOUR, START, Life, journeys

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PAGE = "https://stallwatch.example/live/"
LANGUAGES = sorted(
    path.name.removesuffix(".json")
    for path in files("stallwatch").joinpath("messages", "data", "words").iterdir()
)
ACTIONS = (PICKUP, ATTEMPT, *(flag.value for flag in Flag if flag is not Flag.EARLY))
OF_SEVERAL_REASONS = {AlertKind.REFUND_CLAIM, AlertKind.ACTION_NEEDED, AlertKind.REMINDER}
SPOKEN = (
    *((kind, "") for kind in AlertKind if kind not in OF_SEVERAL_REASONS),
    *((AlertKind.REFUND_CLAIM, reason) for reason in (SILENCE, RETURNED)),
    *((AlertKind.ACTION_NEEDED, reason) for reason in ACTIONS),
    *((AlertKind.REMINDER, reason) for reason in (SELLER, DISPUTE)),
)
"""Every kind of alert with every reason that it may have."""
OF_THE_SOURCE = {AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP}
ABOUT_ORDERS = tuple(spoken for spoken in SPOKEN if spoken[0] not in OF_THE_SOURCE)

ORDER = Order(
    order_id="8123456789012345",
    ordered_on=date(2026, 3, 1),
    destination="DE",
    created_at=NOW,
    incarnation="0",
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
    "carrier": ["La Poste", "https://poste.example/", "RB123456785FR"],
    "second": ["17track", "2026-06-15", "2026-04-15", "Departed"],
    "known": True,
    "departed": True,
    "destroyed": True,
    "ended_by_design": True,
    "word_on": "2026-06-10",
    "word_days": 5,
    "answered_at": "2026-06-15T12:00:00+00:00",
}
"""All that may be known; what is not true or not known is missing."""

ALWAYS = {"stage", "untracked_days", "service", "window", "last_update", "late_on"}
MAYBE = ("carrier", "known", "destroyed", "ended_by_design", "last_place", "second")


def not_here(*answers: tuple[SearchPlace, date]) -> Action:
    """The buyer's word that it is not there."""
    return Action(ActionKind.NOT_FOUND_HERE, NOW, answers=answers)


ODD = [
    Anomaly(
        oddity,
        {
            "number": "LP00000000000001",
            "n": 11,
            "date": "2026-02-20",
            "country": "DE",
            "other": "ES",
            "order_id": "7",
        },
    )
    for oddity in AnomalyKind
]


@dataclass(frozen=True, slots=True)
class Heard(Translations):
    """Words that remember which sentences were said."""

    keys: set[str] = field(default_factory=set)

    def say(self, key: str, **values: Value) -> str:
        self.keys.add(key)
        return Translations(self.language).say(key, **values)


def about(kind: AlertKind) -> str:
    if kind in OF_THE_SOURCE or kind is AlertKind.UNANSWERED:
        return (NOW - timedelta(days=10)).isoformat()
    return "2026-06-20 first" if kind is AlertKind.PROTECTION_ENDING else "2026-04-15 08:00:00"


def notification(
    kind: AlertKind,
    reason: str = "",
    orders: tuple[Order | None, ...] = (ORDER,),
    facts: dict[str, object] | None = None,
) -> Notification:
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
        members.append((AlertRef(order_id, f"ALERT#0#{alert.key}", kind, NOW), alert, order))
    return Notification("batch-1", kind, NOW, tuple(members))


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
def test_every_alert_can_be_told_whatever_is_known(
    language: str, kind: AlertKind, reason: str
) -> None:
    """Every kind and reason, with every combination of facts, with and without a number."""
    if kind in OF_THE_SOURCE:
        check(compose(notification(kind), PAGE, Translations(language)), orders=0)
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
            check(
                compose(notification(kind, reason, (order,), facts), PAGE, Translations(language))
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_there_for_nothing(language: str) -> None:
    """Each is said by some alert or advice, so that nobody translates what nobody reads."""
    heard = Heard(language)
    some_facts = list(all_facts())[::7]
    for kind, reason in SPOKEN:
        for facts in some_facts:
            for order in (ORDER, replace(ORDER, tracking_number=None, title=None)):
                compose(notification(kind, reason, (order,), facts), PAGE, heard)
                compose(notification(kind, reason, (order, order), facts), PAGE, heard)
    for said in ({"second_passed_over": True}, {"second": ["17track", "2026-06-15"]}):
        compose(notification(AlertKind.REFUND_CLAIM, SILENCE, facts=FACTS | said), PAGE, heard)
    ahead = {"late_on": "2026-07-02", "claim_opens_on": "2026-07-14"}
    for facts in (FACTS | ahead, FACTS | ahead | {"protection_ends_on": "2026-07-01"}):
        compose(notification(AlertKind.STALLED, facts=facts), PAGE, heard)
        compose(notification(AlertKind.REMINDER, SELLER, facts=facts), PAGE, heard)
    day = date(2026, 6, 12)
    looked = replace(ORDER, actions=(not_here(*((spot, day) for spot in SearchPlace)),))
    no_date = {name: value for name, value in FACTS.items() if name != "ended_by_design"}
    for facts in (no_date, {k: v for k, v in no_date.items() if k != "protection_ends_on"}):
        compose(notification(AlertKind.REFUND_CLAIM, SILENCE, (looked,), facts), PAGE, heard)
    ends_soon = replace(ORDER, protection_ends_on=date(2026, 7, 1))
    compose(notification(AlertKind.STALLED, "", (ends_soon,), FACTS | ahead), PAGE, heard)
    compose(notification(AlertKind.LATE, facts=FACTS | {"experience": [41, 29]}), PAGE, heard)
    found = [[o.kind.value, o.values] for o in ODD]
    compose(notification(AlertKind.NEVER_SCANNED, facts=FACTS | {"seen": found}), PAGE, heard)
    for observation in ODD:
        describe(observation, heard)
    again = notification(AlertKind.ACTION_NEEDED, Stage.READY_FOR_PICKUP)
    ((pending, alert, about_order),) = again.members
    again = replace(again, members=((pending, replace(alert, nth=2), about_order),))
    compose(again, PAGE, heard)
    for service in ("standard", "expedited", "economy"):
        compose(notification(AlertKind.LATE, facts=FACTS | {"service": service}), PAGE, heard)
    there = json.loads(
        files("stallwatch")
        .joinpath("messages", "data", "words", f"{language}.json")
        .read_text("utf-8")
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
        advice = advise(life.order, decision, trace, START + hour * HOUR, Translations())
        assert advice
        assert advice.isprintable()
        for alert in decision.due:
            raised = replace(alert, facts=facts)
            member = (AlertRef("x", alert.key, alert.kind, alert.raised_at), raised, life.order)
            check(
                compose(
                    Notification("b", alert.kind, alert.raised_at, (member,)), PAGE, Translations()
                )
            )


@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_a_mail_says_all_that_its_reader_needs(kind: AlertKind, reason: str) -> None:
    """Which order, what happened, what to do now, the key dates, and where to read on."""
    mail = compose(notification(kind, reason), PAGE, Translations()).email
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
        (AlertKind.NEVER_SCANNED, "", "106 days"),
        (AlertKind.LATE, "", "70 days"),
        (AlertKind.STALLED, "", "61 days"),
        (AlertKind.REFUND_CLAIM, SILENCE, "61 days"),
        (AlertKind.PROTECTION_ENDING, "", "5 days"),
        (AlertKind.UNANSWERED, "", "10 days"),
    ],
)
def test_a_mail_says_since_when(kind: AlertKind, reason: str, days: str) -> None:
    """Each counts its own days."""
    assert days in compose(notification(kind, reason), PAGE, Translations()).email


def test_the_owner_s_mail_says_since_when_nothing_was_checked() -> None:
    """In UTC, with the source's name, and no order."""
    for kind in OF_THE_SOURCE:
        message = compose(notification(kind), PAGE, Translations())
        assert "Cainiao" in message.email
        assert "June 5, 2026" in message.email
        assert [] == json.loads(message.default)["orders"]


@pytest.mark.parametrize(("kind", "reason"), SPOKEN)
def test_machines_get_what_the_contract_says(kind: AlertKind, reason: str) -> None:
    """Version 1, field by field; a reason only where there is one."""
    told = json.loads(compose(notification(kind, reason), PAGE, Translations()).default)
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
    assert advice in compose(notification(kind, reason), PAGE, Translations()).email
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
    told = json.loads(
        compose(notification(AlertKind.DELIVERED, "", (order,), bare), PAGE, Translations()).default
    )
    (found,) = told["orders"]
    assert {"tracking_number", "silent_days", "days_in_transit", "claim_opens_on", "protection_ends_on"} == {  # noqa: E501
        name for name, value in found.items() if value is None
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_an_sms_about_the_longest_id_says_all_of_it(
    language: str, kind: AlertKind, reason: str
) -> None:
    """Nothing is cut off where one segment must do."""
    order = replace(ORDER, order_id="W" * 64)
    facts = FACTS | {"silent_days": 999, "days_in_transit": 999, "untracked_days": 999}
    sms = compose(notification(kind, reason, (order,), facts), PAGE, Translations(language)).sms
    short = compose(
        notification(kind, reason, (replace(ORDER, order_id="W"),), facts),
        PAGE,
        Translations(language),
    ).sms
    assert short.replace("W", "W" * 64, 1) == sms
    assert "?" not in sms.replace("Not there?", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_says_its_title_without_a_mark_for_what_it_lacks(language: str) -> None:
    """Also where it repeats itself about an order of AliExpress, whose ids have 16 digits."""
    for kind, reason in ABOUT_ORDERS:
        again = notification(kind, reason)
        ((pending, alert, order),) = again.members
        again = replace(again, members=((pending, replace(alert, nth=2), order),))
        if alert.reason not in {ATTEMPT, *(flag.value for flag in Flag)}:
            subject = compose(again, PAGE, Translations(language)).subject
            assert subject.endswith(ORDER.order_id)
            assert "?" not in subject


def test_fifty_orders_in_one_message_fit() -> None:
    """SNS takes 256 KB for all forms together; an SMS names as many as it holds."""
    text = "运" * 200
    facts = FACTS | {"last_text": text, "last_place": "运" * 60, "carrier": ["运" * 80, None]}
    orders = tuple(replace(ORDER, order_id=f"{n:064}", title=text) for n in range(50))
    message = compose(
        notification(AlertKind.REFUND_CLAIM, SILENCE, orders, facts), PAGE, Translations()
    )
    check(message, orders=50)
    forms = {"default": message.default, "email": message.email, "sms": message.sms}
    assert len(json.dumps(forms, ensure_ascii=False).encode()) < 256 * 1024
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
    title: str, text: str, where: str, carrier: str, spoken: tuple[AlertKind, str]
) -> None:
    """Titles, the carrier's words and names stay where they are put, on one line."""
    kind, reason = spoken
    plain = compose(notification(kind, reason), PAGE, Translations())
    page, number = FACTS["carrier"][1:]  # type: ignore[index]
    facts = FACTS | {
        "last_text": text,
        "last_place": where,
        "carrier": [carrier or "x", page, number],
        "second": ["17track", "2026-06-15", "2026-04-15", text],
    }
    order = replace(ORDER, title=title or None)

    message = compose(notification(kind, reason, (order,), facts), PAGE, Translations())

    check(message)
    assert plain.subject == message.subject
    assert plain.sms == message.sms
    assert len(plain.email.splitlines()) == len(message.email.splitlines())
    (told,) = json.loads(message.default)["orders"]
    assert set(json.loads(plain.default)["orders"][0]) == set(told)
    assert "LP00000000000001" == told["tracking_number"]


@settings(max_examples=50, deadline=None)
@given(
    st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    st.sampled_from(ABOUT_ORDERS),
    st.sampled_from(LANGUAGES),
)
@example("W" * 64, (AlertKind.REFUND_CLAIM, SILENCE), "fr")
def test_any_id_fits_every_channel(
    order_id: str, spoken: tuple[AlertKind, str], language: str
) -> None:
    """As the contract allows it, in every language."""
    message = compose(
        notification(*spoken, (replace(ORDER, order_id=order_id),)), PAGE, Translations(language)
    )
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
        message = compose(
            notification(AlertKind.REFUND_CLAIM, reason, facts=facts), PAGE, Translations()
        )
        advice: str = json.loads(message.default)["orders"][0]["advice"]
        return advice

    assert "before June 20, 2026" in do()
    assert "ended on June 14, 2026" in do(protection_ends_on="2026-06-14")
    assert "open a dispute" in do(protection_ends_on=None)
    assert "La Poste" in do(ended_by_design=True)
    assert "local carrier" in do(ended_by_design=True, carrier=None)
    assert "goes back" in do(RETURNED)


def claim(order: Order = ORDER, **changes: object) -> tuple[str, str]:
    """A claim's mail, and its advice to machines."""
    facts = {name: value for name, value in FACTS.items() if name != "ended_by_design"} | changes
    message = compose(
        notification(AlertKind.REFUND_CLAIM, SILENCE, (order,), facts), PAGE, Translations()
    )
    return message.email, json.loads(message.default)["orders"][0]["advice"]


def test_a_claim_asks_where_it_may_lie_unscanned() -> None:
    """A line each: with the neighbours, in a locker, at the post office, on the doorstep."""
    mail, advice = claim()
    asked = [line for line in mail.splitlines() if line.startswith("To check: ")]
    assert 4 == len(asked)
    (post_office,) = (line for line in asked if "post office" in line)
    assert post_office.endswith("Ask La Poste; there the parcel has the number RB123456785FR.")
    mail, _ = claim(carrier=["La Poste", None])
    assert "Ask La Poste with the tracking number LP00000000000001." in mail
    assert "(neighbours, parcel locker, post office, doorstep)" in advice


def test_a_claim_never_asks_again_what_was_answered() -> None:
    """It says when it was checked instead; later answers add to earlier ones."""
    said = (
        not_here((SearchPlace.NEIGHBOUR, date(2026, 6, 12))),
        not_here(
            (SearchPlace.NEIGHBOUR, date(2026, 6, 13)), (SearchPlace.DOORSTEP, date(2026, 6, 13))
        ),
    )
    mail, advice = claim(replace(ORDER, actions=said))
    assert "Checked on June 13, 2026: neighbours." in mail
    assert "Checked on June 13, 2026: doorstep." in mail
    assert 2 == mail.count("To check: ")
    assert "(parcel locker, post office)" in advice


def test_a_claim_goes_on_where_all_was_looked_at() -> None:
    """Nothing is left to ask, and taking it back asks again."""
    said = not_here(*((spot, date(2026, 6, 12)) for spot in SearchPlace))
    mail, advice = claim(replace(ORDER, actions=(said,)))
    assert "To check: " not in mail
    assert "nowhere" in advice
    assert "before June 20, 2026" in advice
    taken_back = (said, Action(ActionKind.REOPEN, NOW))
    assert 4 == claim(replace(ORDER, actions=taken_back))[0].count("To check: ")


def test_a_reminder_names_the_word_and_the_nearer_date() -> None:
    """When the seller was contacted, what opens next, and Cainiao's own page for the parcel."""

    def mail(reason: str, **changes: object) -> str:
        return compose(
            notification(AlertKind.REMINDER, reason, facts=FACTS | changes), PAGE, Translations()
        ).email

    ahead = {"claim_opens_on": "2026-07-14", "protection_ends_on": "2026-08-01"}
    told = mail(SELLER, **ahead)
    assert "contacted the seller on June 10, 2026" in told
    assert "a claim opens on July 14, 2026" in told
    assert "https://global.cainiao.com/newDetail.htm?mailNoList=LP00000000000001" in told
    told = mail(SELLER, **ahead | {"protection_ends_on": "2026-07-01"})
    assert "before the buyer protection ends on July 1, 2026" in told
    told = mail(DISPUTE)
    assert "opened the dispute on June 10, 2026; the seller's 5 days" in told
    assert "escalate" in told


def test_the_own_parcels_stand_beside_the_guide_s_window() -> None:
    """Where there are enough of them to speak of."""
    said = "95 % of your 41 parcels (standard shipping, destination: Germany) took at most 29 days."
    for kind in (AlertKind.LATE, AlertKind.STALLED):
        mail = compose(
            notification(kind, facts=FACTS | {"experience": [41, 29]}), PAGE, Translations()
        ).email
        assert said in mail
        assert "95 %" not in compose(notification(kind), PAGE, Translations()).email


def test_never_scanned_tells_what_is_odd() -> None:
    """The first thing with the advice, the others in lines of their own; itself not twice."""
    found = [[o.kind.value, o.values] for o in ODD if o.kind is not AnomalyKind.CHECK_DIGIT]
    message = compose(
        notification(AlertKind.NEVER_SCANNED, facts=FACTS | {"seen": found}), PAGE, Translations()
    )
    assert "number is right: The first scan under the number was on February 20" in message.email
    said = "The destination in the tracking (Spain) is not that of the order (Germany)."
    assert f"\n{said}\n" in message.email
    assert "does not know the number" not in message.email
    (order,) = json.loads(message.default)["orders"]
    assert "February 20" in order["advice"]


def test_protection_that_ends_today_says_today() -> None:
    """And tomorrow's asks for the dispute today."""
    for left, told in ((0, "today"), (1, "in 1 day"), (5, "in 5 days")):
        ends_on = (NOW.date() + timedelta(days=left)).isoformat()
        facts = FACTS | {"protection_ends_on": ends_on}
        mail = compose(
            notification(AlertKind.PROTECTION_ENDING, facts=facts), PAGE, Translations()
        ).email
        assert told in mail
        assert ("dispute today" in mail) is (left <= 1)


def test_a_claim_says_what_the_second_source_knows() -> None:
    """Or that it was passed over; other alerts need not."""

    def mail(kind: AlertKind, reason: str = "", **said: object) -> str:
        facts = {name: value for name, value in FACTS.items() if name != "second"}
        return compose(notification(kind, reason, facts=facts | said), PAGE, Translations()).email

    knows = ["17track", "2026-06-15", "2026-04-15", "Departed from China"]
    assert (
        "17TRACK was asked too, on June 15, 2026."
        " The last it knows is of April 15, 2026: Departed from China"
    ) in mail(AlertKind.REFUND_CLAIM, SILENCE, second=knows)
    nothing = mail(AlertKind.REFUND_CLAIM, SILENCE, second=knows[:2])
    assert "17TRACK was asked too, on June 15, 2026, and knows nothing of the parcel." in nothing
    passed_over = mail(AlertKind.REFUND_CLAIM, SILENCE, second=knows, second_passed_over=True)
    assert "has not answered for days" in passed_over
    assert "17TRACK" not in passed_over
    for told in (
        mail(AlertKind.REFUND_CLAIM, SILENCE),
        mail(AlertKind.REFUND_CLAIM, RETURNED, second=knows),
        mail(AlertKind.STALLED, second=knows, second_passed_over=True),
    ):
        assert "17TRACK" not in told
        assert "second source" not in told


def test_the_local_carrier_is_named_with_its_number_and_page() -> None:
    """By which the buyer can ask it."""
    customs = notification(AlertKind.ACTION_NEEDED, "customs")
    email = compose(customs, PAGE, Translations()).email
    assert "Ask La Poste (number RB123456785FR) or the customs office" in email
    assert "Ask La Poste (number RB123456785FR): https://poste.example/\n" in email
    for carrier, expected in (
        (["La Poste", None, None], "Ask La Poste or the customs"),
        (["La Poste", None], "Ask La Poste or the customs"),
        (None, "Ask the local carrier or the customs"),
    ):
        facts = {name: value for name, value in FACTS.items() if name != "carrier"}
        facts |= {} if carrier is None else {"carrier": carrier}
        told = compose(
            notification(AlertKind.ACTION_NEEDED, "customs", facts=facts), PAGE, Translations()
        ).email
        assert expected in told
        assert "poste.example" not in told
