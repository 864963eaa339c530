"""The form for the bank: what a card issuer or PayPal asks about goods that were not received.

A page of its own, ready to be printed. What is not known is an empty line, to be filled in by hand.
"""

from collections.abc import Iterator

from stallwatch.claims.document import Claim
from stallwatch.claims.page import document, outside
from stallwatch.claims.sentences import (
    headline,
    say_instant,
    since_lines,
    source_lines,
    word_line,
)
from stallwatch.domain.orders import ActionKind
from stallwatch.messages.translations import Translations

_ATTEMPTS = frozenset({ActionKind.SELLER_CONTACTED, ActionKind.NOT_RECEIVED})


_EMPTY = '<span class="blank"></span>'


def bank_page(claim: Claim, words: Translations) -> str:
    """The form of a claim file for the bank or PayPal.

    Args:
        claim: The claim file, with its checksum.
        words: The language.
    """
    name = words.text("bank.title")
    rows = "".join(
        f"<div><dt>{outside(words.text(f'bank.{field}'))}</dt><dd>{value}</dd></div>"
        for field, value in _fields(claim, words)
    )
    sources = "<br>".join(map(outside, source_lines(claim, words)))
    header = (
        f"<header><h1>{outside(name)}</h1>"
        f"<p>{outside(words.text('as_of', at=say_instant(claim['made_at'])))}</p></header>"
    )
    body = [
        header,
        f'<main class="bank"><p>{outside(words.text("bank.intro"))}</p><dl>{rows}</dl>',
        f"<p>{outside(words.text('bank.documents'))}</p></main>",
        f"<footer>{sources}</footer>",
    ]
    return document(name, words.language, body)


def _fields(claim: Claim, words: Translations) -> Iterator[tuple[str, str]]:
    """The fields of the form, each as HTML."""
    order, asks = claim["order"], claim["asks"]
    seller, paid_with = order["seller"], order["paid_with"]
    amount = None if asks["amount"] is None else f"{asks['amount']} {asks['currency']}"
    merchant = None if seller is None else words.text("bank.merchant", seller=seller)
    yield "order", _filled(order["order_number"] or order["order_id"])
    yield "seller", _filled(merchant)
    yield "goods", _filled(order["title"])
    yield "ordered_on", _filled(order["ordered_on"])
    yield "amount", _filled(amount)
    yield "paid_on", _filled(order["paid_on"])
    yield "paid_with", _filled(paid_with and words.text(f"bank.paid_with.{paid_with}"))
    yield "promised_on", _filled(order["promised_on"])
    yield "destination", _filled(Translations(words.language).country(order["destination"]))
    yield "tracking", _filled(order["tracking_number"])
    state = [headline(claim, words)[0], *since_lines(claim, words)]
    yield "state", "<br>".join(map(outside, state))
    attempts = [
        outside(word_line(word, order, words))
        for word in claim["buyer"]
        if word["action"] in _ATTEMPTS
    ]
    yield "attempts", "<br>".join(attempts) or _EMPTY
    yield "dispute", _filled(_outcome(claim, words))
    yield "signature", _EMPTY


def _outcome(claim: Claim, words: Translations) -> str | None:
    """How the dispute stands, as the buyer noted it; None where none was opened."""
    days_by_action = {word["action"]: word["on"] or word["said_at"][:10] for word in claim["buyer"]}
    if ActionKind.DISPUTE_REJECTED in days_by_action:
        return words.text("bank.dispute.rejected", day=days_by_action[ActionKind.DISPUTE_REJECTED])
    if ActionKind.DISPUTE_OPENED in days_by_action:
        return words.text("bank.dispute.open", day=days_by_action[ActionKind.DISPUTE_OPENED])
    return None


def _filled(value: str | None) -> str:
    return outside(value) if value else _EMPTY
