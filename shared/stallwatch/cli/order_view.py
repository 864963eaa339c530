"""How orders look on a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from stallwatch.cli.output import (
    KEY_DATES,
    SEVERITY_STYLE,
    console,
    facts,
    next_date,
    say,
    shown,
    styled,
    table,
)

_CHECKPOINTS = 15


_TITLE = 32


def order_list(orders: Iterable[Mapping[str, Any]], today: str) -> Table:
    """Orders as a table, in their order.

    Args:
        orders: As the API answers them.
        today: The present day, as 2026-05-31.
    """
    return table(
        ["order", "title", "stage", "silent", "pressing", "next date", "what to do"],
        (_row(order, today) for order in orders),
    )


def _row(order: Mapping[str, Any], today: str) -> list[str | Text]:
    severity = order.get("severity")
    silent = order.get("silent_days")
    return [
        styled(shown(order.get("order_id")), severity),
        shown(order.get("title"), _TITLE),
        _words(order.get("stage")),
        "" if silent is None else f"{silent} d",
        styled(_words(order.get("pressing")), severity),
        next_date(order, today),
        shown(order.get("advice")),
    ]


def show_order(order: Mapping[str, Any]) -> None:
    """Print an order: what to do first, then what is known."""
    severity = order.get("severity")
    title = shown(order.get("title"))
    heading = f"{shown(order.get('order_id'))}{': ' if title else ''}{title}"
    say(heading, "bold")
    say(shown(order.get("advice")), SEVERITY_STYLE.get(str(severity), ""))
    carrier = order.get("carrier") or {}
    links = order.get("links") or {}
    console().print(
        facts(
            [
                ("stage", f"{_words(order.get('stage'))} ({_words(order.get('state'))})"),
                ("pressing", _words(order.get("pressing"))),
                ("tracking number", order.get("tracking_number")),
                ("ordered on", order.get("ordered_on")),
                ("shipped on", order.get("shipped_on")),
                *((label, order.get(name)) for name, label in KEY_DATES.items()),
                ("silent for", _days(order.get("silent_days"))),
                ("on its way for", _days(order.get("days_in_transit"))),
                ("price", _price(order)),
                ("seller", order.get("seller")),
                ("carrier", _named(carrier)),
                *((f"page: {shown(name)}", link) for name, link in links.items()),
                ("answered at", order.get("answered_at")),
            ]
        )
    )
    for observation in order.get("observations") or ():
        say(f"Odd: {shown(observation.get('text'))}")
    _print_lists(order)


def _print_lists(order: Mapping[str, Any]) -> None:
    checkpoints = order.get("checkpoints") or []
    if checkpoints:
        rows = [
            [shown(c.get("at")), shown(c.get("text")), shown(c.get("place"))]
            for c in checkpoints[:_CHECKPOINTS]
        ]
        console().print("", table(["checkpoint", "", ""], rows))
        if len(checkpoints) > _CHECKPOINTS:
            say(f"… and {len(checkpoints) - _CHECKPOINTS} earlier ones (--json has them all)")
    if alerts := order.get("alerts"):
        rows = [
            [shown(a.get("sent_at")) or "about to be sent", _words(a.get("kind"))] for a in alerts
        ]
        console().print("", table(["alert", ""], rows))
    if actions := order.get("actions"):
        console().print("", table(["you said", "", "id"], [_action(a) for a in actions]))


def _action(action: Mapping[str, Any]) -> list[str]:
    details = [_words(action.get("action"))]
    details += [
        f"{name} {shown(action[name])}" for name in ("on", "until", "amount") if action.get(name)
    ]
    searched = action.get("answers") or {}
    details += [f"{_words(place)} {shown(day)}" for place, day in searched.items()]
    if action.get("note"):
        details.append(shown(action["note"]))
    return [shown(action.get("at")), ", ".join(details), shown(action.get("action_id"))]


def _words(name: object) -> str:
    return shown(name).replace("_", " ")


def _days(days: object) -> str:
    return "" if days is None else f"{days} days"


def _price(order: Mapping[str, Any]) -> str:
    return f"{shown(order.get('price'))} {shown(order.get('currency'))}".strip()


def _named(carrier: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (shown(carrier.get(n)) for n in ("name", "number", "url"))))
