"""The application `stallwatch`: its commands, and what their errors become."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from stallwatch import __version__
from stallwatch.cli import calendar, output, subscribers
from stallwatch.cli.claims import claim
from stallwatch.cli.context import Surroundings
from stallwatch.cli.doctor import doctor
from stallwatch.cli.errors import CommandError
from stallwatch.cli.login import login, logout
from stallwatch.cli.orders import act, add, change, check, delete, list_orders, show, undo
from stallwatch.cli.polling import poll
from stallwatch.cli.stats import stats
from stallwatch.cli.transfer import export, import_


class _Group(TyperGroup):
    """The commands; an error of one becomes a sentence on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            output.note(f"stallwatch: {error}")
            raise typer.Exit(error.exit_code) from None
        finally:
            if isinstance(ctx.obj, Surroundings):
                ctx.obj.close()


app = typer.Typer(
    cls=_Group,
    name="stallwatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Exit codes: 0 done; 1 findings or refused rows; 2 wrong use, nothing was sent; "
        "3 the API does not answer; 4 the API refused. "
        "STALLWATCH_URL and STALLWATCH_KEY take precedence over `login`; NO_COLOR=1 turns colours "
        "off; --install-completion completes commands in your shell."
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        output.say(f"stallwatch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Watch AliExpress parcels: add orders, see what is urgent, record what you have done.

    Begin with `stallwatch login`, then `stallwatch import orders.csv` or `stallwatch add`.
    """


app.command(short_help="Keep the address and the key of your stack.")(login)


app.command(short_help="Remove them from this machine.")(logout)


app.command("list", short_help="List orders, the most urgent first.")(list_orders)


app.command(short_help="Show an order: what to do, its dates and scans.")(show)


app.command(short_help="Add an order.")(add)


app.command("import", short_help="Import orders from tables, JSON, mails, lists.")(import_)


app.command(short_help="Export all orders and your actions.")(export)


app.command(short_help="Change an order.")(change)


app.command(short_help="Record what you have done about an order.")(act)


app.command(short_help="Take back one action.")(undo)


app.command(short_help="Check an order now.")(check)


app.command(short_help="Write the files of an order's claim.")(claim)


app.command(short_help="Delete an order and everything known about it.")(delete)


# Its name in version 1.0.0, for scripts that use it.
app.command("forget", hidden=True)(delete)


app.command(short_help="Count orders, alerts and money.")(stats)


app.add_typer(subscribers.app, name="subscribers", short_help="Who gets the alerts, and which.")


app.add_typer(calendar.app, name="calendar", short_help="Deadlines in your calendar.")


app.command(short_help="Check the stack, and say what to do.")(doctor)


app.command(short_help="Ask the carrier from this machine (--here).")(poll)


def main() -> None:
    """Run the command line."""
    # What is printed is UTF-8 wherever the terminal can take it, and never an error.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(obj=Surroundings.of_process())


if __name__ == "__main__":
    main()
