"""What the API refuses, in the language of whoever reads it on the page.

The code words its refusals in English, for whoever calls the API. The page asks for its own
language (`Accept-Language`) and shows what it is told, so a refusal is translated on its way out:
each sentence of the code has a key of the page's words. `tests/web/test_refusals.py` finds the
sentences in the code and holds this table to them.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stallwatch.api.page_words import own_words
from stallwatch.domain.languages import DEFAULT_LANGUAGE

SENTENCES: tuple[tuple[str, str], ...] = (
    # What is wrong whatever was asked for.
    ("The body must not be larger than {size} KiB.", "refusal.large"),
    ("The body must be application/json.", "refusal.technical"),
    ("The body is not readable JSON.", "refusal.technical"),
    ("The body must be a JSON object.", "refusal.technical"),
    ("must be an object", "refusal.technical"),
    ("There is no route {route}.", "refusal.technical"),
    ("There is no such file.", "refusal.technical"),
    ("There is no such field.", "refusal.technical"),
    ("There is no such field. Did you mean {field}?", "refusal.technical"),
    ("The body could not be read.", "refusal.unread"),
    ("Some fields are not acceptable.", "refusal.fields"),
    ("This cursor is not valid.", "refusal.cursor"),
    ("This cursor belongs to another list.", "refusal.cursor"),
    ("That was done a moment ago: {when}.", "refusal.soon"),
    ("Other requests were changing the same at this moment. Try again.", "refusal.meanwhile"),
    # What is not there.
    ("There is no order {id}.", "none.order"),
    ("The order {id} has no action {action}.", "refusal.no_action"),
    (
        "There is no order with such a link, or the link was revoked or has ended.",
        "refusal.no_link",
    ),
    ("There is no such link, or it was revoked or has ended.", "refusal.no_link"),
    ("There is no such calendar link, or it was revoked.", "refusal.no_link"),
    ("There is no such subscriber.", "refusal.no_subscriber"),
    ("There is no {thing}.", "none.title"),
    # What makes no sense now.
    ("An order {id} with other content exists already.", "refusal.other_order"),
    ("An order takes at most {n} actions.", "refusal.many_actions"),
    ("There is nothing to take back.", "refusal.nothing_said"),
    ("The watch of this order has ended: too much time has passed.", "refusal.ended"),
    ("The carrier does not report this order as delivered.", "refusal.not_delivered"),
    ("The order is closed. Reopen it first.", "refusal.closed"),
    ("No dispute was recorded that could have been rejected.", "refusal.no_dispute"),
    ("The order has no tracking number to ask about.", "refusal.no_number"),
    ("An order has at most {n} links. Revoke one first.", "refusal.many_links"),
    ("There are {n} calendar links already. Revoke one first.", "refusal.many_links"),
    # Fields.
    ("is needed", "error.needed"),
    ("Field required", "error.needed"),
    ("must be an e-mail address", "refusal.email"),
    ("must be a phone number like +4915112345678", "refusal.phone"),
    ("must lie between {day} and tomorrow", "refusal.day"),
    ("must lie between {day} and now", "refusal.day"),
    ("must lie between ordered_on and tomorrow", "refusal.day_since"),
    ("must lie within a year after ordered_on", "refusal.day_within"),
    ("must be a date like 2026-05-31", "refusal.date"),
    ("is needed with paid_on", "refusal.paid_with"),
    ("must be AliExpress's order number: 8 to 24 digits", "wrong.order_number"),
    ("is needed with a price", "refusal.currency_too"),
    ("is needed with a currency", "refusal.price_too"),
    ("is needed, after today and within {n} days", "refusal.until"),
    ("is allowed with a snooze only", "refusal.misplaced"),
    ("is allowed with a refund only", "refusal.misplaced"),
    ("is allowed with not_found_here only", "refusal.misplaced"),
    ("is not allowed with not_found_here: each answer has its own day", "refusal.misplaced"),
    ("needs the order's price and currency first", "act.no_currency"),
    ("is more than the price, {price}", "refusal.more_than_price"),
    ("must have at most {n} characters", "refusal.long"),
    ("String should have at most {n} characters", "refusal.long"),
    ("is needed: at least one place, with the day on which it was checked", "look.none"),
    ("must not be . or .., which no address can end in", "form.id"),
    ("the order id must have 1 to 64 letters A-Z, digits, dots, - or _", "form.id"),
    ("String should match pattern '^[A-Za-z0-9._-]{1,64}$'", "form.id"),
    ("must have 8 to 40 letters A-Z and digits", "wrong.tracking_number"),
    ("must be a country: its ISO 3166-1 code, like DE, or its English name", "refusal.country"),
    ("must be a currency of ISO 4217, like EUR", "wrong.currency"),
    ('must be a decimal number in quotes, like "12.50"', "wrong.price"),
    ("List should have at least {n} item after validation, not 0", "refusal.kinds"),
    ("must be the link in the confirmation mail", "refusal.token"),
    ("is not known, or has expired: subscribe again for another mail", "refusal.token"),
    # A file that cannot be read.
    ("at most {n} bytes in one request: split the file", "import.large"),
    ("at most {n} rows in one request: split the file", "refusal.rows"),
    ("the JSON holds too many objects: split the file", "refusal.split"),
    ("the JSON holds too many records: split the file", "refusal.split"),
    ("the XLSX unpacks to too much: split the file", "refusal.split"),
    ("there is nothing in it", "refusal.empty"),
    ("an old XLS: save it as XLSX or CSV", "refusal.xls"),
    ("a PDF: export CSV or XLSX instead", "refusal.pdf"),
    ("a gzip archive: unpack it first", "refusal.pdf"),
    ("a web page or XML without a table: export CSV, XLSX or JSON instead", "refusal.pdf"),
    ("the XLSX is damaged", "refusal.damaged"),
    ("the XLSX is damaged or cut", "refusal.damaged"),
    ("a ZIP that holds no XLSX workbook", "refusal.damaged"),
    ("the XLSX declares entities", "refusal.damaged"),
    ("the HTML is damaged", "refusal.damaged"),
    ("the JSON is damaged, cut or nested too deep", "refusal.damaged"),
    ("no {what} has a known column of ids or numbers", "refusal.no_column"),
    ("no column of order ids or tracking numbers: the first row has {seen}", "refusal.no_column"),
    ("no order id and no tracking number under a known key", "refusal.no_column"),
    # A row that is not taken, or what is worth knowing about it.
    ("the watch of this order would be over already: it was ordered {ago}", "doubt.ended"),
    ("the order date lies in the future: is its year right?", "refusal.future"),
    ("the order date lies before 2010", "refusal.before"),
    ("no order date: today is taken", "refusal.today_taken"),
    ("no order date: the day of the mail is taken", "refusal.mail_day_taken"),
    ("the order has another tracking number, which stays", "refusal.other_number"),
    ("the order has a number already: this one is another parcel of it", "refusal.another_parcel"),
    ("several orders have this tracking number: {why}", "refusal.shared_number"),
    ("the price is left out: its currency is not known", "refusal.no_currency"),
    ("the {field} is left out: it does not fit the order date", "refusal.left_out"),
    (
        "the day of payment is left out: what it was paid with is not known",
        "refusal.payment_left_out",
    ),
    ("its watch is over: it is kept for the record", "refusal.for_the_record"),
    ("the file ends within this row", "refusal.cut"),
    ("the line is no JSON object, or was cut", "refusal.cut"),
    ("the row has more cells than the header: {why}", "refusal.wide"),
    ("a spreadsheet has turned the {thing} into a rounded number {how}", "refusal.rounded"),
    ("this row is not an order but totals, or the header again", "refusal.no_order"),
    ("the date can be read as day/month and as month/day: {how}", "refusal.ambiguous"),
    (
        "{field} is not a date that can be read: write it like 2026-05-31",
        "refusal.unreadable_date",
    ),
    ("the price is the sum of the items, without shipping and discounts", "refusal.sum"),
    ("the price cannot be read", "refusal.price"),
    ("the tracking number looks like an order id: {how}", "refusal.looks_like_id"),
    (
        "the tracking number is none: it has 8 to 40 letters A-Z and digits",
        "refusal.no_such_number",
    ),
    (
        "the check digit of the tracking number does not fit: a typing error?",
        "refusal.check_digit",
    ),
    ("no order id and no tracking number", "refusal.names_nothing"),
    ("no order id: this export has it in the name of its file only, {why}", "refusal.file_name"),
    ("no order and no parcel of AliExpress in this mail (subject: {shape})", "refusal.mail"),
    ("the actions are not a list as the export writes it", "refusal.actions"),
    ("the destination is no country that is known", "refusal.country"),
    ("the currency is none that is known", "wrong.currency"),
    ("was changed meanwhile: import it again", "refusal.meanwhile"),
    ("an order takes at most {n} parcels", "refusal.parcels"),
    ("cannot be read", "refusal.unread"),
    ("no. {place} cannot be read", "refusal.actions"),
    ("no. {place}: {what}", "refusal.actions"),
)
"""Each sentence of the code, and the key of the words that say it."""

_TRIED = re.compile(r"(.+) \(tried: .+\)")
"""What the API adds for whoever calls it: as what it had read a file."""

_OF_FIELD = re.compile(r"([a-z_]+(?:\.[a-z_]+)?) (.+)")
"""A reason that names its field in front."""

Answer = dict[str, Any]


def in_words(sentence: str, language: str) -> str:
    """What a refusal says, or several that stand in one line, in a language of the page."""
    said = ""
    for part in sentence.split("; "):
        between = "" if not said else " " if said.endswith((".", "?")) else "; "
        said += between + _said(part, language)
    return said


def translated_body(body: str, language: str) -> str:
    """A refusal's body in a language; one that is none of ours stays as it is."""
    try:
        refused: Answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(refused, dict) or "message" not in refused:
        return body
    refused["message"] = in_words(str(refused["message"]), language)
    for error in refused.get("errors") or ():
        error["reason"] = in_words(str(error["reason"]), language)
    return json.dumps(refused, ensure_ascii=False, separators=(",", ":"))


def key_of(sentence: str) -> str | None:
    """The key of the words for one sentence of the code; None where the table has none."""
    found = _found(_without_tried(sentence))
    return None if found is None else found[0]


def _said(sentence: str, language: str) -> str:
    bare = _without_tried(sentence).removesuffix(".") if "(tried" in sentence else sentence
    words = own_words(language)
    found = _found(bare)
    if found is not None:
        key, values = found
        return _filled(words, key, values)
    of_field = _OF_FIELD.fullmatch(bare)
    if of_field is not None and f"field.{of_field[1]}" in words and _found(of_field[2]) is not None:
        return f"{words[f'field.{of_field[1]}']}: {_said(of_field[2], language)}"
    if language == DEFAULT_LANGUAGE:
        return sentence
    return str(words["refusal.other"]).replace("{reason}", sentence)


def _filled(words: Mapping[str, object], key: str, values: Mapping[str, str]) -> str:
    text = str(words[key])
    for name, value in values.items():
        shown = words.get(f"field.{value}", value) if name == "field" else value
        text = text.replace(f"{{{name}}}", str(shown))
    return text


def _without_tried(sentence: str) -> str:
    tried = _TRIED.fullmatch(sentence)
    return sentence if tried is None else tried[1]


def _found(sentence: str) -> tuple[str, Mapping[str, str]] | None:
    # A sentence that ends in a full stop or not is the same: the answer adds one to some.
    for pattern, key in _patterns():
        match = pattern.fullmatch(sentence)
        if match is not None:
            return key, match.groupdict()
    return None


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The table, those that say most first: they are not taken for a wider one."""
    by_length = sorted(SENTENCES, key=lambda one: -len(re.sub(r"\{[a-z]+\}", "", one[0])))
    return tuple((_pattern(sentence), key) for sentence, key in by_length)


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{([a-z]+)\}", sentence.removesuffix("."))
    escaped = [f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts)]
    return re.compile("".join(escaped) + r"\.?", re.DOTALL)
