"""The command `claim`: the files of an order's claim."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from stallwatch.cli import output
from stallwatch.cli.client import Client, path_of
from stallwatch.cli.context import client_of
from stallwatch.cli.errors import CommandError, InvalidUseError, UnreachableError
from stallwatch.cli.options import AsJson, OrderId

_FORMS: Mapping[str, bytes] = {"json": b"{", "html": b"<", "svg": b"<", "png": b"\x89PNG"}
"""The forms of a claim file, and what each begins with."""


class Reader(StrEnum):
    """Whom a claim's page is written for."""

    ALIEXPRESS = "aliexpress"
    BANK = "bank"


def claim(
    context: typer.Context,
    order_id: OrderId,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="None: claim-ORDER, made here."),
    ] = None,
    reader: Annotated[
        Reader, typer.Option("--for", help="For whom: bank is for PayPal or the card issuer.")
    ] = Reader.ALIEXPRESS,
    link: Annotated[
        bool, typer.Option("--link", help="Make a link that opens it without the key for 30 days.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the files of an order's claim: JSON, page, SVG and PNG, with one checksum.

    They are made from one snapshot behind a link. Without --link the link is revoked at once.
    --for bank writes the JSON and the bank's page. With --json: {"order_id", "files", "link"}.

    Example: stallwatch claim 8190001234567890 --link
    """
    client = client_of(context)
    target = folder or Path(f"claim-{order_id}")
    made = client.post(path_of("orders", order_id, "claim", "links"), repeatable=False).json()
    link_path = path_of("orders", order_id, "claim", "links", str(made.get("id")))
    try:
        files = _write(client, str(made.get("path")), target, order_id, reader)
    except CommandError:
        client.delete(link_path)
        raise
    address = None
    if link:
        address = f"{client.url}/{made.get('path')}"
        if reader is Reader.BANK:
            address += "?for=bank"
    else:
        client.delete(link_path)
    result: dict[str, Any] = {"order_id": order_id, "files": [str(f) for f in files]}
    if as_json:
        output.print_json(
            {**result, "link": address, "link_ends_at": made.get("ends_at") if link else None}
        )
        return
    for file in files:
        output.say(str(file))
    if address:
        output.say(f"{address} (until {output.shown(made.get('ends_at'))})")


def _write(client: Client, path: str, folder: Path, order_id: str, reader: Reader) -> list[Path]:
    bank = reader is Reader.BANK
    forms = ("json", "html") if bank else tuple(_FORMS)
    written = []
    for form in forms:
        query = {"as": form, "for": "bank" if bank else None}
        data = client.get(f"/{path}", query, accept="*/*").body
        if not data.lstrip().startswith(_FORMS[form]):
            raise UnreachableError(
                f"The API's answer is not a claim file of the form {form.upper()}."
            )
        file = folder / f"{order_id}{'-bank' if bank else ''}.{form}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # It names an order and what was paid: nobody else's business on a shared machine.
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
        except OSError as error:
            raise InvalidUseError(f"{file} cannot be written: {error.strerror}.") from None
        written.append(file)
    return written
