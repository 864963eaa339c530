"""The commands about orders: add, list, show, change, act, undo, check, delete."""

import sys
from typing import Annotated, Any

import typer

from stallwatch.cli import output
from stallwatch.cli.client import Answer, path_of
from stallwatch.cli.context import client_of, surroundings_of
from stallwatch.cli.errors import InvalidUseError
from stallwatch.cli.options import AMOUNT, DAY, NUMBER, AsJson, Language, OrderId
from stallwatch.cli.order_view import order_list, show_order
from stallwatch.domain.orders import ActionKind, SearchPlace, Service, State
from stallwatch.domain.parcels import Stage

Tracking = Annotated[
    str | None,
    typer.Option("--tracking-number", "-n", help="Blanks and hyphens may stay.", **NUMBER),
]


ServiceOption = Annotated[
    Service | None, typer.Option(help="The shipping service. Default: by the rules.")
]


Destination = Annotated[
    str | None, typer.Option(metavar="CC", help="A country like DE. Default: the stack's.")
]


Remote = Annotated[
    bool | None,
    typer.Option("--remote/--not-remote", help="Whether the longer windows apply."),
]


ShippedOn = Annotated[str | None, typer.Option(help="The day of dispatch.", **DAY)]


ProtectionEndsOn = Annotated[
    str | None, typer.Option(help="'Refund if no delivery before' on AliExpress.", **DAY)
]


PromisedOn = Annotated[str | None, typer.Option(help="'Delivery by' on AliExpress.", **DAY)]


PaidWith = Annotated[str | None, typer.Option(metavar="card|paypal|other", help="How it was paid.")]


PaidOn = Annotated[str | None, typer.Option(help="The day of the payment.", **DAY)]


OrderNumber = Annotated[
    str | None, typer.Option(metavar="TEXT", help="AliExpress's order number, if the id is not it.")
]


Title = Annotated[str | None, typer.Option(help="What was ordered.")]


Seller = Annotated[str | None, typer.Option(help="The seller's name.")]


Price = Annotated[str | None, typer.Option(help="What was paid, like 23.90.", **AMOUNT)]


Currency = Annotated[
    str | None, typer.Option(metavar="CODE", help="The currency of the price, like EUR.")
]


LanguageOption = Annotated[
    Language | None, typer.Option(help="The language of the message templates.")
]


def add(
    context: typer.Context,
    order_id: OrderId,
    ordered_on: Annotated[
        str | None, typer.Option(help="The day of the order. Default: today.", **DAY)
    ] = None,
    tracking_number: Tracking = None,
    service: ServiceOption = None,
    destination: Destination = None,
    remote: Remote = None,
    shipped_on: ShippedOn = None,
    protection_ends_on: ProtectionEndsOn = None,
    promised_on: PromisedOn = None,
    paid_with: PaidWith = None,
    paid_on: PaidOn = None,
    order_number: OrderNumber = None,
    title: Title = None,
    seller: Seller = None,
    price: Price = None,
    currency: Currency = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Add an order; its first check follows at once.

    The same order again changes nothing. With --protection-ends-on you are warned before buyer
    protection ends: no tracking service tells that date.

    Example: stallwatch add 8190001234567890 --ordered-on 2026-05-20 -n LP00123456789012
    """
    order = _given(
        order_id=order_id,
        ordered_on=ordered_on or surroundings_of(context).today.isoformat(),
        tracking_number=tracking_number,
        service=service,
        destination=destination,
        remote=remote,
        shipped_on=shipped_on,
        protection_ends_on=protection_ends_on,
        promised_on=promised_on,
        paid_with=paid_with,
        paid_on=paid_on,
        order_number=order_number,
        title=title,
        seller=seller,
        price=price,
        currency=currency,
        language=language,
    )
    answer = client_of(context).post("/orders", order)
    was_added = answer.status == 201  # noqa: PLR2004
    _changed(
        answer, as_json, f"Added {order_id}." if was_added else f"{order_id} is there already."
    )


def change(
    context: typer.Context,
    order_id: OrderId,
    ordered_on: Annotated[str | None, typer.Option(help="The day of the order.", **DAY)] = None,
    tracking_number: Tracking = None,
    service: ServiceOption = None,
    destination: Destination = None,
    remote: Remote = None,
    shipped_on: ShippedOn = None,
    protection_ends_on: ProtectionEndsOn = None,
    promised_on: PromisedOn = None,
    paid_with: PaidWith = None,
    paid_on: PaidOn = None,
    order_number: OrderNumber = None,
    title: Title = None,
    seller: Seller = None,
    price: Price = None,
    currency: Currency = None,
    language: LanguageOption = None,
    clear: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Clear a field, like shipped_on.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change an order; what is not named stays.

    Example: stallwatch change 8190001234567890 --shipped-on 2026-05-22 --clear seller
    """
    given = _given(
        ordered_on=ordered_on,
        tracking_number=tracking_number,
        service=service,
        destination=destination,
        remote=remote,
        shipped_on=shipped_on,
        protection_ends_on=protection_ends_on,
        promised_on=promised_on,
        paid_with=paid_with,
        paid_on=paid_on,
        order_number=order_number,
        title=title,
        seller=seller,
        price=price,
        currency=currency,
        language=language,
    )
    cleared = dict.fromkeys((name.replace("-", "_") for name in clear or ()), None)
    if both := given.keys() & cleared.keys():
        raise InvalidUseError(f"{', '.join(sorted(both))} cannot be both set and cleared.")
    if not given and not cleared:
        raise InvalidUseError("Nothing to change; `stallwatch change --help` lists the fields.")
    answer = client_of(context).patch(path_of("orders", order_id), {**given, **cleared})
    _changed(answer, as_json, f"Changed {order_id}.")


def list_orders(
    context: typer.Context,
    state: Annotated[State | None, typer.Option(help="Only orders in this state.")] = None,
    stage: Annotated[Stage | None, typer.Option(help="Only orders in this stage.")] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--q", "-q", metavar="TEXT", help="An id, a number, or part of title or seller."
        ),
    ] = None,
    sort: Annotated[
        str, typer.Option(metavar="urgent|newest|deadline", help="What comes first.")
    ] = "urgent",
    limit: Annotated[
        int, typer.Option("--limit", "-l", min=1, help="The most orders to list.")
    ] = 25,
    all_: Annotated[bool, typer.Option("--all", "-a", help="All of them.")] = False,
    as_json: AsJson = False,
) -> None:
    """List orders, the most urgent first.

    With --json: {"orders": […], "more": whether there may be more than --limit}.

    Example: stallwatch list --state watching --json | jq -r '.orders[].order_id'
    """
    query = {"sort": sort, "state": state, "stage": stage, "q": text}
    orders, more = client_of(context).orders(query, None if all_ else limit)
    if as_json:
        output.print_json({"orders": orders, "more": more})
        return
    if not orders:
        output.say("No orders.")
        return
    output.console().print(order_list(orders, surroundings_of(context).today.isoformat()))
    if more:
        output.note("There may be more: --all lists all of them, --limit N as many as N.")


def show(context: typer.Context, order_id: OrderId, as_json: AsJson = False) -> None:
    """Show an order: what to do, its dates, checkpoints, alerts, and your actions."""
    order = client_of(context).get(path_of("orders", order_id)).json()
    if as_json:
        output.print_json(order)
    else:
        show_order(order)


def act(
    context: typer.Context,
    order_id: OrderId,
    action: Annotated[
        ActionKind, typer.Argument(metavar="ACTION", help=f"One of: {', '.join(ActionKind)}.")
    ],
    on: Annotated[
        str | None, typer.Option(help="The day it happened. Default: today.", **DAY)
    ] = None,
    until: Annotated[str | None, typer.Option(help="The day a snooze ends.", **DAY)] = None,
    amount: Annotated[
        str | None, typer.Option(help="What was refunded, in the order's currency.", **AMOUNT)
    ] = None,
    note: Annotated[str | None, typer.Option(help="In your own words.")] = None,
    searched: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE[=DATE]",
            help=f"With not_found_here: {', '.join(SearchPlace)}; the day you looked. Default: "
            "today.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what you have done about an order; Stallwatch then stops advising it.

    The same again changes nothing; `undo` takes it back.

    Example: stallwatch act 8190001234567890 snooze --until 2026-06-30
    """
    today = surroundings_of(context).today.isoformat()
    places = dict(_searched(place, today) for place in searched or ())
    body = _given(
        action=action, on=on, until=until, amount=amount, note=note, answers=places or None
    )
    answer = client_of(context).post(path_of("orders", order_id, "actions"), body)
    _changed(answer, as_json, f"Recorded for {order_id}: {action}.")


def undo(
    context: typer.Context,
    order_id: OrderId,
    action_id: Annotated[str, typer.Argument(metavar="ACTION_ID", help="`show` lists them.")],
    as_json: AsJson = False,
) -> None:
    """Take back one action on an order, and nothing else."""
    answer = client_of(context).delete(path_of("orders", order_id, "actions", action_id))
    _changed(answer, as_json, f"Taken back from {order_id}: {action_id}.")


def check(context: typer.Context, order_id: OrderId, as_json: AsJson = False) -> None:
    """Check an order now; at most once in ten minutes for each."""
    answer = client_of(context).post(path_of("orders", order_id, "check"), repeatable=False)
    _changed(answer, as_json, f"{order_id} is being checked; `show` has the answer in a minute.")


def delete(
    context: typer.Context,
    order_id: OrderId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete an order and everything known about it."""
    if not yes:
        if not sys.stdin.isatty():
            raise InvalidUseError("There is no terminal to ask in; --yes confirms.")
        typer.confirm(f"Delete {order_id} and everything known about it?", abort=True)
    client_of(context).delete(path_of("orders", order_id))
    output.say(f"Deleted: {order_id}.")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _searched(text: str, today: str) -> tuple[str, str]:
    place, _, day = text.partition("=")
    if place not in set(SearchPlace):
        raise InvalidUseError(f"--searched takes one of {', '.join(SearchPlace)}, not {place!r}.")
    return place, day or today


def _changed(answer: Answer, as_json: bool, message: str) -> None:
    """Say what was done, and what the order advises now; or print the order as JSON alone."""
    order = answer.json()
    if as_json:
        output.print_json(order)
        return
    output.say(message)
    if advice := output.shown(order.get("advice")):
        output.say(advice)
