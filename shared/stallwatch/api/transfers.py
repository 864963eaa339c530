"""Routes that take many orders in and give all of them out: import and export."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import ValidationError

from stallwatch.api.context import (
    JSON,
    Services,
    accepted_language,
    read_cursor,
    refusals,
    services_of,
)
from stallwatch.api.models import ImportReportOut, NewOrder
from stallwatch.api.views import action_out
from stallwatch.domain.errors import UnacceptableError
from stallwatch.domain.orders import Order

router = APIGatewayRouter()  # type: ignore[no-untyped-call]

MOST_BYTES = 1024 * 1024
"""How large the body of an import may be."""

_EXPORTED_AT_ONCE = 200

_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}

_NOT_GIVEN = {"created_at", "incarnation", "number_changed_at", "actions"}


@router.post(
    "/orders/import",
    summary="Import orders",
    description=(
        "The body: a table (CSV, TSV, semicolons, XLSX), JSON, JSON lines, a pasted list of numbers"
        " and links, or a mail; at most 2,000 rows and 1 MiB. What is stored is never overwritten:"
        " what it lacks is filled in. Each row is reported."
    ),
    tags=["Import and export"],
    responses={
        200: {"description": "The report", "content": {JSON: {"model": ImportReportOut}}},
        **refusals(413, 422),
    },
)
def import_orders(
    *,
    dry_run: Annotated[bool, Query(description="Report, and write nothing")] = False,
    dates: Annotated[
        Literal["dmy", "mdy"] | None, Query(description="How dates like 5/9/2026 are read")
    ] = None,
    filename: Annotated[
        str | None,
        Query(
            max_length=200, description="The file's name: one known export has the order id in it"
        ),
    ] = None,
) -> ImportReportOut:
    """Import orders."""
    # Only this route needs what reads files, and a cold start should not pay for it.
    from stallwatch.imports.reading import read_import  # noqa: PLC0415
    from stallwatch.orders.documents import DocumentImport  # noqa: PLC0415

    services = services_of(router)
    document = read_import(
        _body(),
        router.current_event.headers.get("content-type"),
        dates=dates,
        filename=filename,
    )
    taking = DocumentImport(services.orders, lambda given: _new_order(given, services))
    report = ImportReportOut.model_validate(
        taking.run(document, services.now, dry_run=dry_run).as_dict()
    )
    language = accepted_language(router.current_event.headers.get("accept-language", ""))
    if language is not None:
        _word(report, language)
    return report


def _word(report: ImportReportOut, language: str) -> None:
    """Say the reasons of a report in a language."""
    from stallwatch.api.refusal_words import in_words  # noqa: PLC0415

    for row in report.rows:
        if row.reason:
            row.reason = in_words(row.reason, language)


def _body() -> bytes:
    event = router.current_event
    body: str = event.raw_event.get("body") or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode()


def _new_order(fields_given: Mapping[str, object], services: Services) -> Order:
    """An order of its fields, as strict as `POST /orders` is with them."""
    try:
        given = NewOrder.model_validate(fields_given).model_dump()
    except ValidationError as error:
        raise UnacceptableError({str(e["loc"][-1]): e["msg"] for e in error.errors()}) from None
    given["destination"] = given["destination"] or services.home_country
    return Order(**given, created_at=services.now, incarnation="")


def _as_fields(order: Order) -> dict[str, Any]:
    """What was given of an order, by the names of the API, with the buyer's actions."""
    given = {
        field.name: getattr(order, field.name)
        for field in fields(order)
        if field.name not in _NOT_GIVEN
    }
    actions = [action_out(a).model_dump(mode="json", exclude_none=True) for a in order.actions]
    return {**given, "actions": actions}


@router.get(
    "/orders/export",
    summary="Export all orders",
    description=(
        "A page at a time: while there is more, the header `X-Next-Cursor` has the next cursor."
        " Importing an export changes nothing."
    ),
    tags=["Import and export"],
    responses={
        200: {
            "description": "Some orders",
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in _TYPES.values()
            },
        },
        **refusals(400, 422),
    },
)
def export_orders(
    format_: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv",
    cursor: Annotated[str | None, Query(max_length=300)] = None,
) -> Response[Any]:
    """Export all orders."""
    from stallwatch.imports.export import csv_header, csv_lines, json_lines  # noqa: PLC0415

    orders, following = services_of(router).orders.export(read_cursor(cursor), _EXPORTED_AT_ONCE)
    given: Sequence[Mapping[str, object]] = [_as_fields(order) for order in orders]
    if format_ == "csv":
        text = ("" if cursor else csv_header()) + "".join(csv_lines(given))
    else:
        text = "".join(json_lines(given))
    headers: dict[str, Any] = {"Cache-Control": "no-store"}
    if following is not None:
        headers["X-Next-Cursor"] = following.as_text()
    return Response(200, _TYPES[format_], text, headers)
