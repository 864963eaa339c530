"""The commands `import` and `export`."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stallwatch.cli import output
from stallwatch.cli.client import Client
from stallwatch.cli.context import client_of
from stallwatch.cli.errors import CommandError, ExitCode, InvalidUseError
from stallwatch.cli.options import AsJson
from stallwatch.cli.splitting import Piece, split

_OUTCOMES = ("added", "filled", "unchanged", "rejected")


_SHOWN_ROWS = 40


_LARGEST_FILE = 256 * 1024 * 1024


_STDIN = "-"


class DateOrder(StrEnum):
    """How dates like 03/04/2026 are read."""

    DMY = "dmy"
    MDY = "mdy"


class ExportForm(StrEnum):
    """The forms of an export."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass
class Report:
    """What became of one file.

    Args:
        file: Its name, as it was given.
    """

    file: str
    format: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    rows: list[dict[str, Any]] = field(default_factory=list)

    def take(self, answer: Mapping[str, Any], first: int) -> None:
        """Take in the report of a piece.

        Args:
            answer: As the API answers it.
            first: How many rows came before the piece.
        """
        self.format = self.format or str(answer.get("format") or "")
        for outcome in _OUTCOMES:
            self.counts[outcome] += int(answer.get(outcome) or 0)
        for row in answer.get("rows") or ():
            shifted = {**row}
            if isinstance(row.get("row"), int):
                shifted["row"] += first
            if isinstance(row.get("rows"), list):
                shifted["rows"] = [number + first for number in row["rows"]]
            self.rows.append(shifted)

    def as_dict(self) -> dict[str, Any]:
        """As it is printed with --json."""
        return {"file": self.file, "format": self.format, **self.counts, "rows": self.rows}


def import_(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Files, or - for standard input.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what the import would do with each row.")
    ] = False,
    dates: Annotated[
        DateOrder | None, typer.Option(help="How dates like 03/04/2026 are read.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import orders from files: tables, JSON, mails, or a pasted list of numbers.

    Takes CSV, TSV, XLSX, JSON, JSON lines, .eml, mbox and plain text, found out from what is in
    them. What you have typed is never overwritten, what is empty is filled, and the same file again
    changes nothing. Larger files are sent in pieces of at most 2,000 rows and 1 MiB.

    Ends with 1 where a row was refused. With --json: {"added", "filled", "unchanged", "rejected",
    "dry_run", "files": [{"file", "format", …, "rows": […]}]}.

    Example: stallwatch import --dry-run orders.csv
    """
    pieces = [(name, piece) for name in files for piece in _pieces(name)]
    reports = {name: Report(name) for name in files}
    query = {"dry_run": "true" if dry_run else None, "dates": dates}
    try:
        _send(client_of(context), pieces, reports, query)
    except CommandError:
        if not dry_run and (sent := sum(sum(r.counts.values()) for r in reports.values())):
            output.note(
                f"{sent} rows were imported before this and stay as they are; "
                "run the same command again for the rest."
            )
        raise
    totals = {name: sum(r.counts[name] for r in reports.values()) for name in _OUTCOMES}
    if as_json:
        all_files = [report.as_dict() for report in reports.values()]
        output.print_json({**totals, "dry_run": dry_run, "files": all_files})
    else:
        for report in reports.values():
            _print_report(report, dry_run=dry_run)
    if totals["rejected"]:
        raise typer.Exit(ExitCode.FINDINGS)


def _pieces(name: str) -> list[Piece]:
    try:
        return split(_read(name))
    except InvalidUseError as error:
        raise InvalidUseError(f"{name}: {error}") from None


def _read(name: str) -> bytes:
    try:
        if name == _STDIN:
            data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidUseError(f"it cannot be read: {error.strerror}.") from None
    if len(data) > _LARGEST_FILE:
        raise InvalidUseError(f"it is larger than {_LARGEST_FILE // 1024 // 1024} MiB.")
    return data


def _send(
    client: Client,
    pieces: Sequence[tuple[str, Piece]],
    reports: Mapping[str, Report],
    query: Mapping[str, str | None],
) -> None:
    with _progress(sum(piece.rows for _, piece in pieces)) as advance:
        for name, piece in pieces:
            if piece.refusal:
                row = {"row": 1, "outcome": "rejected", "reason": piece.refusal}
                outcome: dict[str, Any] = {"rejected": 1, "rows": [row]}
            else:
                # One exporter's files tell the order's id by their name alone.
                named = {**query, "filename": None if name == _STDIN else Path(name).name[-200:]}
                outcome = client.post_file(
                    "/orders/import", piece.data, piece.content_type, named
                ).json()
            reports[name].take(outcome, piece.first)
            advance.by(piece.rows)


class _Bar:
    """The progress bar, which only a terminal shows."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("Importing", total=total)

    def by(self, rows: int) -> None:
        """Go on by so many rows."""
        self._progress.advance(self._task, rows)


@contextmanager
def _progress(total: int) -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        yield _Bar(progress, total)


def _print_report(report: Report, *, dry_run: bool) -> None:
    form = f" ({output.shown(report.format)})" if report.format else ""
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    tried = "; nothing was written (--dry-run)" if dry_run else ""
    output.say(f"{output.shown(report.file)}{form}: {counts or 'no rows'}{tried}", "bold")
    # What was refused or changed is worth a look; what stays as it was is not.
    rows = sorted(report.rows, key=lambda row: row.get("outcome") != "rejected")
    rows = [row for row in rows if dry_run or row.get("outcome") != "unchanged"]
    if not rows:
        return
    cells: list[list[output.Cell]] = [
        [
            output.shown(row.get("row")),
            output.shown(row.get("order_id")),
            output.styled(output.shown(row.get("outcome")), _severity(row)),
            output.shown(row.get("reason")),
        ]
        for row in rows[:_SHOWN_ROWS]
    ]
    output.console().print(output.table(["row", "order", "outcome", "why"], cells))
    if len(rows) > _SHOWN_ROWS:
        output.say(f"… and {len(rows) - _SHOWN_ROWS} more rows (--json has them all)")


def _severity(row: Mapping[str, Any]) -> str:
    return "claim" if row.get("outcome") == "rejected" else ""


def export(
    context: typer.Context,
    form: Annotated[ExportForm, typer.Option("--format", "-f", help="The form.")] = ExportForm.CSV,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="None: standard output.")
    ] = None,
) -> None:
    """Export all orders with all that you have said of them; importing that changes nothing.

    A file is written as a whole or not at all, and only its owner can read it.

    Example: stallwatch export --format jsonl -o orders.jsonl
    """
    pages = client_of(context).export_pages(form)
    if to is None:
        _write(pages, sys.stdout.buffer, form)
        sys.stdout.buffer.flush()
    else:
        _write_file(pages, to, form)
        output.note(f"Exported to {to}.")


def _write_file(pages: Iterator[bytes], to: Path, form: ExportForm) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}-")
    except OSError as error:
        raise InvalidUseError(f"{to} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            _write(pages, file, form)
        Path(name).replace(to)
    except OSError as error:
        raise InvalidUseError(f"{to} cannot be written: {error.strerror}.") from None
    finally:
        Path(name).unlink(missing_ok=True)


def _write(pages: Iterator[bytes], file: BinaryIO, form: ExportForm) -> None:
    """Write the pages one after another, the header of a table once."""
    header: bytes | None = None
    for page in pages:
        lines = page
        if form is ExportForm.CSV:
            begin, _, rest = page.partition(b"\n")
            if header is None:
                header = begin
            elif begin == header:
                lines = rest
        file.write(lines)
        if lines and not lines.endswith(b"\n"):
            file.write(b"\n")
