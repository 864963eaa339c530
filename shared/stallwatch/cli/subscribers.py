"""The commands of `subscribers`: who gets the alerts, and which."""

from typing import Annotated, Any

import typer

from stallwatch.cli import output
from stallwatch.cli.client import path_of
from stallwatch.cli.context import client_of
from stallwatch.cli.errors import InvalidUseError
from stallwatch.cli.options import AsJson, Language
from stallwatch.domain.alerts import AlertKind

app = typer.Typer(no_args_is_help=True, help="Who gets the alerts, by e-mail or SMS, and which.")


Kinds = Annotated[
    list[AlertKind] | None,
    typer.Option("--kind", "-k", help="A kind to send; repeat for each. Default: all."),
]


LanguageOption = Annotated[
    Language | None, typer.Option(help="The language of the alerts. Default: the stack's.")
]


Id = Annotated[str, typer.Argument(metavar="ID", help="`subscribers list` lists them.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the subscribers, and whether they have confirmed."""
    answer: dict[str, Any] = client_of(context).get("/subscriptions").json()
    if as_json:
        output.print_json(answer)
        return
    found = answer.get("subscriptions") or []
    if not found:
        output.say("Nobody gets alerts; `stallwatch subscribers add` adds somebody.")
        return
    output.console().print(
        output.table(
            ["id", "protocol", "endpoint", "confirmed", "language", "kinds"],
            (_row(subscriber) for subscriber in found),
        )
    )


def _row(subscriber: dict[str, Any]) -> list[Any]:
    confirmed = bool(subscriber.get("confirmed"))
    kinds = subscriber.get("kinds")
    return [
        output.shown(subscriber.get("id")),
        output.shown(subscriber.get("protocol")),
        output.shown(subscriber.get("endpoint")),
        output.styled("yes" if confirmed else "not yet", "" if confirmed else "action"),
        output.shown(subscriber.get("language")),
        "all" if kinds is None else ", ".join(map(output.shown, kinds)),
    ]


@app.command("add")
def add(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="An address, or +49151….")],
    kinds: Kinds = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Add somebody: an e-mail address, or a phone number for SMS.

    An e-mail subscriber gets a mail from AWS, and nothing else until its link has been followed.

    Example: stallwatch subscribers add somebody@example.com -k refund_claim -k protection_ending
    """
    protocol = "email" if "@" in endpoint else "sms"
    body: dict[str, Any] = {"protocol": protocol, "endpoint": endpoint, "kinds": kinds or None}
    if language is not None:
        body["language"] = language
    added = client_of(context).post("/subscriptions", body).json()
    _say(added, as_json, "Subscribed")


@app.command("change")
def change(
    context: typer.Context,
    subscription_id: Id,
    kinds: Kinds = None,
    all_kinds: Annotated[bool, typer.Option("--all-kinds", help="All kinds from now on.")] = False,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Change which alerts somebody gets, or their language; what you do not name stays."""
    if kinds and all_kinds:
        raise InvalidUseError("--kind and --all-kinds exclude each other.")
    body: dict[str, Any] = {}
    if kinds or all_kinds:
        body["kinds"] = kinds or None
    if language is not None:
        body["language"] = language
    if not body:
        raise InvalidUseError("Nothing to change; give --kind, --all-kinds or --language.")
    changed = client_of(context).patch(path_of("subscriptions", subscription_id), body).json()
    _say(changed, as_json, "Changed")


@app.command("remove")
def remove(context: typer.Context, subscription_id: Id) -> None:
    """Remove somebody: they get no more alerts."""
    client_of(context).delete(path_of("subscriptions", subscription_id))
    output.say(f"Removed: {subscription_id}.")


@app.command("test")
def send_test(context: typer.Context, as_json: AsJson = False) -> None:
    """Send a test message to all who have confirmed."""
    answer = client_of(context).post("/subscriptions/test", repeatable=False).json()
    if as_json:
        output.print_json(answer)
    else:
        output.say("A test message is on its way to all who have confirmed.")


def _say(subscriber: dict[str, Any], as_json: bool, done: str) -> None:
    if as_json:
        output.print_json(subscriber)
        return
    waits = "" if subscriber.get("confirmed") else "; the link in the mail from AWS confirms it"
    who = output.shown(subscriber.get("endpoint"))
    output.say(f"{done}: {who} ({output.shown(subscriber.get('id'))}){waits}.")
