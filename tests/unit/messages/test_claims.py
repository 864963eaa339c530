"""What the message about a claim says and asks."""

import json
from dataclasses import replace
from datetime import date, timedelta

from stallwatch.domain.alerts import DISPUTE, RETURNED, SELLER, SILENCE, AlertKind, Situation
from stallwatch.domain.orders import Action, ActionKind, Order, SearchPlace
from stallwatch.messages.compose import compose
from stallwatch.messages.translations import Translations
from tests.support.message_samples import NATURAL, NOW, ORDER, PAGE, facts_in, notification


def claim(order: Order = ORDER, **changes: object) -> tuple[str, str]:
    """A claim's mail, and its advice to machines."""
    facts = facts_in(Situation.CLAIM_SILENCE, **changes)
    message = compose(
        notification(AlertKind.REFUND_CLAIM, SILENCE, (order,), facts), PAGE, Translations()
    )
    return message.email, json.loads(message.default)["orders"][0]["advice"]


def not_here(*answers: tuple[SearchPlace, date]) -> Action:
    """The buyer's word that it is not there."""
    return Action(ActionKind.NOT_FOUND_HERE, NOW, answers=answers)


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
    june = date(2026, 6, 12)
    said = (
        not_here((SearchPlace.NEIGHBOUR, june)),
        not_here(*((place, june + timedelta(days=1)) for place in list(SearchPlace)[::3])),
    )
    mail, advice = claim(replace(ORDER, actions=said))
    assert "Checked on June 13, 2026: neighbours." in mail
    assert "Checked on June 13, 2026: doorstep." in mail
    assert 2 == mail.count("To check: ")
    assert "(parcel locker, post office)" in advice


def test_a_reminder_names_the_buyer_s_own_word() -> None:
    """When the seller was contacted, or the dispute opened."""

    def mail(reason: str) -> str:
        return compose(notification(AlertKind.REMINDER, reason), PAGE, Translations()).email

    assert "contacted the seller on June 10, 2026" in mail(SELLER)
    disputed = mail(DISPUTE)
    assert "opened the dispute on June 10, 2026; the seller's 5 days" in disputed
    assert "do not withdraw it" in disputed


def test_the_own_parcels_stand_beside_the_usual_window() -> None:
    """Where there are enough of them to speak of."""
    said = "95% of your 41 parcels (standard shipping, destination: Germany) took at most 29 days."
    for kind in (AlertKind.LATE, AlertKind.STALLED):
        facts = facts_in(NATURAL[kind, ""], experience=[41, 29])
        assert said in compose(notification(kind, facts=facts), PAGE, Translations()).email
        assert "95%" not in compose(notification(kind), PAGE, Translations()).email


def test_a_claim_says_what_the_second_source_knows() -> None:
    """Or that it was passed over; other alerts need not."""
    entry = ["17track", "2026-06-15", "2026-04-15", "Departed from China"]
    assert "17TRACK, asked on June 15, 2026, has nothing newer." in claim(second=entry)[0]
    assert "has no record of this number" in claim(second=entry[:2])[0]
    passed_over, _ = claim(second=entry, second_passed_over=True)
    assert "17TRACK has not answered for days" in passed_over
    assert "Departed from China" not in passed_over
    facts = facts_in(Situation.CLAIM_RETURNED, second=entry)
    returned = compose(
        notification(AlertKind.REFUND_CLAIM, RETURNED, facts=facts), PAGE, Translations()
    ).email
    assert "17TRACK" not in returned
