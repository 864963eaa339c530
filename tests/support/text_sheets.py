"""Write a sheet for each language with every message, advice and draft filled in, to be read.

`python -m tests.support.text_sheets` writes `.local/texts/<language>.md`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from stallwatch.domain.alerts import Situation
from stallwatch.domain.languages import ALERT_LANGUAGES, SELLER_LANGUAGES
from stallwatch.domain.orders import Action, ActionKind, SearchPlace
from stallwatch.messages.advice import advice_text
from stallwatch.messages.compose import compose
from stallwatch.messages.context import OrderContext
from stallwatch.messages.drafts import drafts
from stallwatch.messages.translations import Translations
from stallwatch.rules.anomalies import AnomalyKind
from tests.support.draft_samples import draft_samples
from tests.support.message_samples import (
    ABOUT_ORDERS,
    FACTS,
    NATURAL,
    NOW,
    OF_THE_SOURCE,
    ORDER,
    PAGE,
    dated,
    facts_in,
    notification,
    variants,
)

FOLDER = Path(".local/texts")

COUNTS = (1, 2, 5, 22)
"""One, few and many, in every language."""

_ODD = [
    [
        kind.value,
        {
            "number": "LP00000000000001",
            "n": 3,
            "date": "2026-02-08",
            "country": "DE",
            "other": "ES",
            "order_id": "7",
        },
    ]
    for kind in AnomalyKind
]


def sheet(language: str) -> Iterator[str]:
    """The lines of a language's sheet."""
    yield f"# {language}"
    if language in ALERT_LANGUAGES:
        yield from _mails(language)
        yield from _counted(language)
        yield from _advice(language)
    yield from _drafts(language)


def _mails(language: str) -> Iterator[str]:
    translations = Translations(language)
    for kind, reason in ABOUT_ORDERS:
        facts = facts_in(NATURAL[kind, reason], seen=_ODD, experience=[41, 29])
        message = compose(notification(kind, reason, facts=facts), PAGE, translations)
        again = compose(notification(kind, reason, nth=2), PAGE, translations)
        yield f"## {kind} {reason}"
        yield f"{message.subject}\n\n{again.subject}\n\n```\n{message.email}```\n"
        yield f"{len(message.sms)}: {message.sms}"
    for kind in OF_THE_SOURCE:
        message = compose(notification(kind), PAGE, translations)
        yield f"## {kind}"
        yield f"{message.subject}\n\n```\n{message.email}```\n\n{message.sms}"
    several = tuple(replace(ORDER, order_id=f"{n:016}", title=f"Cable no. {n}") for n in range(9))
    for kind, reason in ABOUT_ORDERS[:3]:
        message = compose(notification(kind, reason, several), PAGE, translations)
        yield f"## several: {kind}\n{message.subject}\n\n{message.sms}"


def _counted(language: str) -> Iterator[str]:
    translations = Translations(language)
    for kind, reason in ABOUT_ORDERS:
        yield f"## counted: {kind} {reason}"
        for days in COUNTS:
            ends_on = NOW.date() + timedelta(days=days)
            if kind == "refund_due":
                ends_on = NOW.date() - timedelta(days=days)
            order = replace(ORDER, protection_ends_on=ends_on)
            for promised_on in (None, "2026-06-01"):
                facts = facts_in(NATURAL[kind, reason], promised_on=promised_on, **dated(days))
                message = compose(notification(kind, reason, (order,), facts), PAGE, translations)
                what = next(line for line in message.email.splitlines()[2:] if line)
                yield f"- {what} | {message.sms}"
                if kind != "late":
                    break


def _advice(language: str) -> Iterator[str]:
    translations = Translations(language)
    searched = Action(
        ActionKind.NOT_FOUND_HERE,
        NOW,
        answers=tuple((place, date(2026, 6, 11)) for place in SearchPlace),
    )
    for situation in Situation:
        yield f"## advice: {situation}"
        said = dict.fromkeys(
            advice_text(OrderContext(order, facts, NOW.date(), translations))
            for _, order, facts in variants(situation)
        )
        looked = replace(ORDER, actions=(searched,))
        said[advice_text(OrderContext(looked, facts_in(situation), NOW.date(), translations))] = (
            None
        )
        yield from (f"- {text}" for text in said)
    odd = FACTS | {"situation": "in_transit", "seen": _ODD}
    yield f"- {advice_text(OrderContext(ORDER, odd, NOW.date(), translations))}"


def _drafts(language: str) -> Iterator[str]:
    for label, order, decision in draft_samples():
        yield f"## drafts: {label}"
        for draft in drafts(order, decision, 12, language):
            yield f"- {draft.kind} ({len(draft.text)}): {draft.text}"


def main() -> None:
    """Write all sheets."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in SELLER_LANGUAGES:
        path = FOLDER / f"{language}.md"
        path.write_text("\n".join(sheet(language)) + "\n", "utf-8")
        print(path)


if __name__ == "__main__":
    main()
