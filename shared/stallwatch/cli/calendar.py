"""The commands of `calendar`: addresses that show the deadlines in a calendar."""

from typing import Annotated, Any

import typer

from stallwatch.cli import output
from stallwatch.cli.client import path_of
from stallwatch.cli.context import client_of
from stallwatch.cli.options import AsJson

app = typer.Typer(
    no_args_is_help=True,
    help="Deadlines in your calendar: addresses that need no key, until you revoke them.",
)


@app.command("new")
def new(context: typer.Context, as_json: AsJson = False) -> None:
    """Make an address. It is shown only once; whoever has it sees the deadlines."""
    client = client_of(context)
    made = client.post("/calendar/links", repeatable=False).json()
    address = f"{client.url}/{made.get('path')}"
    if as_json:
        output.print_json({**made, "url": address})
        return
    output.say(address)
    output.note(
        "Subscribe to it in your calendar (by its address, not as an imported file). "
        f"`stallwatch calendar revoke {output.shown(made.get('id'))}` ends it."
    )


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the addresses in use, by their ids; the addresses themselves are not kept."""
    answer: dict[str, Any] = client_of(context).get("/calendar/links").json()
    if as_json:
        output.print_json(answer)
        return
    links = answer.get("links") or []
    if not links:
        output.say("No calendar addresses; `stallwatch calendar new` makes one.")
        return
    rows = [[output.shown(link.get("id")), output.shown(link.get("made_at"))] for link in links]
    output.console().print(output.table(["id", "made at"], rows))


@app.command("revoke")
def revoke(
    context: typer.Context,
    link_id: Annotated[str, typer.Argument(metavar="ID", help="`calendar list` lists them.")],
) -> None:
    """Revoke an address: from now on it shows nothing."""
    client_of(context).delete(path_of("calendar", "links", link_id))
    output.say(f"Revoked: {link_id}.")
