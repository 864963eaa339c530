"""Digest text: what the mail and the SMS of a digest say."""

from datetime import date
from typing import TYPE_CHECKING

from stallwatch.domain.alerts import Situation
from stallwatch.domain.digest import Digest
from stallwatch.messages.advice import ADVICE
from stallwatch.messages.translations import Translations

if TYPE_CHECKING:
    from stallwatch.messages.alert_text import AlertText


def digest_body(text: "AlertText") -> str:
    """The parts of a digest, each with a heading and a line an order; empty ones are left out."""
    digest, words = Digest.of_facts(text.alert.facts), text.translations
    parts = [
        _part(
            words.text("what.digest.pressing", n=digest.pressing_count),
            [
                _about(words, order.order_id, order.title, _advice(words, order.situation))
                for order in digest.pressing
            ],
            digest.pressing_count,
            words,
        ),
        _part(
            words.text("what.digest.deadlines", n=digest.deadline_count),
            [
                _about(words, entry.order_id, entry.title, _deadline(words, entry.name, entry.day))
                for entry in digest.deadlines
            ],
            digest.deadline_count,
            words,
        ),
        _part(
            words.text("what.digest.moved", date=date.fromisoformat(digest.since)),
            [
                _about(
                    words,
                    entry.order_id,
                    entry.title,
                    words.text(
                        "what.digest.scan", date=date.fromisoformat(entry.day), text=entry.text
                    ),
                )
                for entry in digest.moved
            ],
            digest.moved_count,
            words,
        ),
    ]
    if digest.at_risk:
        amounts = ", ".join(f"{entry.amount} {entry.currency}" for entry in digest.at_risk)
        parts.append(words.text("what.digest.money", amounts=amounts))
    return "\n\n".join(part for part in parts if part)


def digest_summary(text: "AlertText") -> str:
    """How many orders need the buyer, how many deadlines are near, and how many moved."""
    digest, words = Digest.of_facts(text.alert.facts), text.translations
    counts = {
        "pressing": digest.pressing_count,
        "deadlines": digest.deadline_count,
        "moved": digest.moved_count,
    }
    return " ".join(words.text(f"sms.digest.{name}", n=n) for name, n in counts.items() if n)


def _part(heading: str, lines: list[str], count: int, words: Translations) -> str:
    if not lines:
        return ""
    left = count - len(lines)
    more = [words.text("what.digest.more", n=left)] if left else []
    return "\n".join([heading, *(f"- {line}" for line in [*lines, *more])])


def _about(words: Translations, order_id: str, title: str | None, said: str) -> str:
    name = title or words.text("order.unnamed", order_id=order_id)
    return words.text("sms.order", order=name, text=said)


def _advice(words: Translations, situation: str) -> str:
    return words.text(f"short.{ADVICE[Situation(situation)].short}")


def _deadline(words: Translations, name: str, day: str) -> str:
    key = "line.protection_ends" if name == "protection_ends_on" else f"line.{name}"
    return words.text(key, date=date.fromisoformat(day))
