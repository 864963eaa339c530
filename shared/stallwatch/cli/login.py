"""The commands `login` and `logout`."""

import sys
from typing import Annotated

import typer

from stallwatch.cli import output
from stallwatch.cli.client import Client
from stallwatch.cli.context import surroundings_of
from stallwatch.cli.credentials import KEY_VARIABLE, URL_VARIABLE, Login, checked_key, checked_url
from stallwatch.cli.errors import InvalidUseError, UnreachableError

_LONGEST_KEY = 1024


def login(
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="`ApiUrl` of the stack's outputs.")
    ] = None,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the key from standard input.")
    ] = False,
    in_file: Annotated[
        bool, typer.Option("--no-keyring", help="Keep the key in a file, not in the keyring.")
    ] = False,
) -> None:
    """Keep the address and the key of your stack, once the stack has taken them.

    The key is asked for, or read from standard input (--key-stdin), or from STALLWATCH_KEY. It is
    never taken as an argument, which other users of a machine could read. It goes into the system's
    keyring where there is one, else into a file that only you can read.

    Example: aws apigateway get-api-key --include-value --query value --output text --api-key ID |
    stallwatch login --url https://….execute-api.….amazonaws.com/live --key-stdin
    """
    surroundings = surroundings_of(context)
    is_asked = sys.stdin.isatty()
    address = url or surroundings.environ.get(URL_VARIABLE)
    if not address:
        if not is_asked:
            raise InvalidUseError(f"The address is missing: give --url, or set {URL_VARIABLE}.")
        address = typer.prompt("Address of the API (ApiUrl)", err=True)
    address = checked_url(address)
    if key_stdin:
        typed = sys.stdin.read(_LONGEST_KEY)
    elif not (typed := surroundings.environ.get(KEY_VARIABLE, "")):
        if not is_asked:
            raise InvalidUseError(
                f"The key is missing: pipe it in with --key-stdin, or set {KEY_VARIABLE}."
            )
        typed = typer.prompt("Key", hide_input=True, err=True)
    key = checked_key(typed)
    client = Client(Login(address, key, "environment"), surroundings.sleep)
    try:
        check_login(client)
    finally:
        client.close()
    kept_in = surroundings.credentials.save(address, key, in_file=in_file)
    where = "the system's keyring" if kept_in == "keyring" else surroundings.credentials.file
    output.say(f"Logged in to {address}; the key is in {where}.")


def check_login(client: Client) -> None:
    """Whether address and key are those of a stack.

    Raises:
        UnreachableError: nothing answers there, or something else does.
        RefusedError: the key is refused.
    """
    if "sources" not in client.get("/stats").json():
        raise UnreachableError("What answers at this address is not Stallwatch's API.")


def logout(context: typer.Context) -> None:
    """Remove the address and the key from this machine. The key itself stays valid."""
    was_there = surroundings_of(context).credentials.forget()
    output.say("Logged out." if was_there else "You were not logged in.")
