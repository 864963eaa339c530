"""The page of a claim: what is in the claim file, on one sheet of paper or on a phone.

It is complete in itself: nothing is fetched, nothing is run, and its policy says so.
"""

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from stallwatch.claims.canonical import CHECK
from stallwatch.claims.document import Claim
from stallwatch.claims.sentences import (
    ask_line,
    carrier_line,
    chinese_line,
    date_lines,
    headline,
    odd_lines,
    say_instant,
    second_lines,
    since_lines,
    source_lines,
    title,
    transit_line,
    watch_lines,
    word_line,
)
from stallwatch.claims.timeline import bar
from stallwatch.messages.translations import Translations
from stallwatch.tracking.profiles import profile_of


@lru_cache(maxsize=1)
def _style() -> str:
    return files("stallwatch").joinpath("web", "claim.css").read_text("utf-8")


def policy() -> str:
    """What the page's `Content-Security-Policy` must be."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        f" style-src 'sha256-{digest}'"
    )


def page(claim: Claim, words: Translations, address: str = "?as=json") -> str:
    """The page of a claim file.

    Args:
        claim: The claim file, with its checksum.
        words: The language.
        address: The address of its JSON, which is printed.
    """
    name = words.text("page_title", order_id=claim["order"]["order_id"])
    body = [
        *_header(claim, words),
        f'<div class="columns">{_silence(claim, words)}{_order(claim, words)}</div>',
        _buyer(claim, words),
        _checkpoints(claim, words),
        _watching(claim, words),
        _odd(claim, words),
        _check(claim, words, address) + "</main>",
        f"<footer>{'<br>'.join(map(_text, source_lines(claim, words)))}</footer>",
    ]
    return document(name, words.language, body)


def gone_page(words: Translations) -> str:
    """The page of a link that opens nothing any more, whyever."""
    name = words.text("gone.title")
    body = [
        f"<header><h1>{_text(name)}</h1></header>",
        f"<main><p>{_text(words.text('gone.text'))}</p></main>",
    ]
    return document(name, words.language, body)


def document(name: str, language: str, body: Iterable[str]) -> str:
    """A page that is complete in itself.

    Args:
        name: Its title.
        language: Its language.
        body: The parts of its body, as HTML.
    """
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="robots" content="noindex">\n<title>{_text(name)}</title>\n'
        f"<style>{_style()}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(text)


def outside(text: str) -> str:
    """Text with something from outside in it, which may run in either direction."""
    return f"<bdi>{escape(text)}</bdi>"


def _section(title: str, *parts: str, name: str = "") -> str:
    look = f' class="{name}"' if name else ""
    return f"<section{look}><h2>{_text(title)}</h2>{''.join(parts)}</section>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _header(claim: Claim, words: Translations) -> Iterable[str]:
    order = claim["order"]
    text, alarming = headline(claim, words)
    number = order["tracking_number"] or words.text("no_number")
    asked, chinese = ask_line(claim, words), chinese_line(claim, words)
    yield (
        f"<header><h1>{_text(title(claim, words))}</h1>"
        f"<p>{_text(words.text('as_of', at=say_instant(claim['made_at'])))}</p></header>"
    )
    yield (
        f'<main><p class="ids"><span><span>{_text(words.text("label.order"))}</span>'
        f"<strong>{_text(order['order_number'] or order['order_id'])}</strong></span><span>"
        f"<span>{_text(words.text('label.number'))}</span>"
        f"<strong>{_text(number)}</strong></span></p>"
    )
    if asked is not None:
        yield f'<p class="ask">{_text(asked)}</p>'
    if chinese is not None:
        yield f'<p lang="zh-Hans">{_text(chinese)}</p>'
    dates = (
        f"{_text(name)}: {outside(value) if value == order['seller'] else _text(value)}"
        for name, value in date_lines(claim, words)
    )
    yield f'<p class="note">{"; ".join(dates)}</p>'
    look = "head alarm" if alarming else "head"
    below = "<br>".join(map(_text, since_lines(claim, words)))
    yield f'<div class="{look}"><strong>{_text(text)}</strong>{below}</div>'
    yield f'<div class="band">{bar(claim, words)}</div>'
    yield f'<p class="note">{_text(words.text("legend.all"))}</p>'


def _silence(claim: Claim, words: Translations) -> str:
    lines = [_text(line) for line in (transit_line(claim, words),) if line is not None]
    # A number that is not reached speaks for nobody.
    lines += [_text(_rule(rule, claim, words)) for rule in claim["rules"] if rule["reached"]]
    return _section(words.text("part.silence"), _list(lines)) if lines else ""


def _rule(rule: dict[str, Any], claim: Claim, words: Translations) -> str:
    say = words.text
    if rule["name"] == "window":
        text = say(
            "rule.window",
            service=say(f"service.{claim['parcel']['service']}"),
            country=words.country(claim["order"]["destination"]),
            low=rule["from_days"],
            high=rule["days"],
        )
    else:
        text = say(f"rule.{rule['name']}", n=rule["days"])
    return f"{text} ({say('origin.' + rule['origin'])}): {say('rule.reached')}"


def _order(claim: Claim, words: Translations) -> str:
    order, parcel = claim["order"], claim["parcel"]
    price, carrier = order["price"], parcel["local_carrier"]
    facts = {
        "title": order["title"],
        "seller": order["seller"],
        "price": None if price is None else f"{price} {order['currency'] or ''}".rstrip(),
        "ordered_on": order["ordered_on"],
        "shipped_on": order["shipped_on"],
        "destination": words.country(order["destination"]),
        "promised_on": order["promised_on"],
        "protection_ends_on": order["protection_ends_on"],
        "local_carrier": None if carrier is None else carrier_line(carrier, words),
        "stands_for": parcel["stands_for"],
        "earlier": ", ".join(order["earlier_tracking_numbers"]) or None,
    }
    rows = (
        f"<div><dt>{_text(words.text(f'field.{name}'))}</dt><dd>{outside(value)}</dd></div>"
        for name, value in facts.items()
        if value is not None
    )
    return _section(words.text("part.order"), f"<dl>{''.join(rows)}</dl>")


def _checkpoints(claim: Claim, words: Translations) -> str:
    say, title = words.text, words.text("part.checkpoints_all")
    if not claim["checkpoints"]:
        return _section(title, f"<p>{_text(say('untold'))}</p>")
    heads = "".join(
        f'<th scope="col">{_text(say(f"column.{name}"))}</th>'
        for name in ("at", "given", "text", "code", "source")
    )
    newest = next((c for c in claim["checkpoints"] if c["set_aside"] is None), None)
    rows = "".join(_row(c, words, newest=c is newest) for c in claim["checkpoints"])
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return _section(title, table, name="long")


def _row(checkpoint: dict[str, Any], words: Translations, *, newest: bool) -> str:
    say, aside = words.text, checkpoint["set_aside"]
    at = checkpoint["at"][:16].replace("T", " ")
    zone = outside(checkpoint["zone"]) if checkpoint["zone"] else _text(say("zone.none"))
    text = " · ".join(outside(s) for s in (checkpoint["text"], checkpoint["place"]) if s)
    if aside is not None:
        why = say(f"aside.{aside}", number=checkpoint["tracking_number"])
        text += f" <em>({_text(why)})</em>"
    look = ' class="first"' if newest else ' class="aside"' if aside is not None else ""
    sources = [checkpoint["source"], *checkpoint["also_from"]]
    source = _text(", ".join(profile_of(name).title for name in sources))
    code = outside(checkpoint["code"]).replace("_", "_<wbr>")
    return (
        f"<tr{look}><td>{at}</td><td><span>{_text(checkpoint['as_given'])}</span> {zone}</td>"
        f"<td>{text}</td><td>{code}</td><td>{source}</td></tr>"
    )


def _watching(claim: Claim, words: Translations) -> str:
    gaps = claim["watching"]["gaps"]
    lines = [*watch_lines(claim, words, gaps=len(gaps)), *second_lines(claim, words)]
    return _section(words.text("part.watching"), _list(map(_text, lines)))


def _odd(claim: Claim, words: Translations) -> str:
    lines = [_text(line) for line in odd_lines(claim, words)]
    return _section(words.text("part.observations"), _list(lines)) if lines else ""


def _buyer(claim: Claim, words: Translations) -> str:
    lines = [_text(word_line(word, claim["order"], words)) for word in claim["buyer"]]
    return _section(words.text("part.buyer"), _list(lines)) if lines else ""


def _check(claim: Claim, words: Translations, address: str) -> str:
    say = words.text
    links = (
        f'<a href="?{query}">{_text(say(f"link.{word}"))}</a>'
        for query, word in (("as=png", "picture"), ("as=json", "json"), ("for=bank", "bank"))
    )
    return _section(
        say("part.check"),
        f"<p>{_text(say('check'))}</p>",
        f"<p><code>{_text(CHECK)}</code></p>",
        f"<p>{_text(say('link.address', address=address))}</p>",
        f'<p class="sum">SHA-256: <code>{_text(claim["sha256"])}</code></p>',
        f'<p class="links">{"".join(links)}</p>',
    )
