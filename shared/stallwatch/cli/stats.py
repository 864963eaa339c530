"""The command `stats`: counts, money and delivery days."""

from collections.abc import Mapping
from typing import Any

import typer

from stallwatch.cli import output
from stallwatch.cli.context import client_of
from stallwatch.cli.options import AsJson

_MONEY = ("at_risk", "claimed", "recovered", "lost", "unsettled")


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Count the orders, the alerts and the money, and say how the sources are.

    Example: stallwatch stats --json | jq '.money[] | {currency, at_risk: .at_risk.amount}'
    """
    answer: dict[str, Any] = client_of(context).get("/stats").json()
    if as_json:
        output.print_json(answer)
        return
    console = output.console()
    for name in ("orders", "stages", "alerts"):
        counts: Mapping[str, Any] = answer.get(name) or {}
        largest_first = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        rows = [[_words(key), str(count)] for key, count in largest_first if count]
        if rows:
            console.print(output.table([name, ""], rows), "")
    money = answer.get("money") or []
    if money:
        headings = ["money", *(_words(name) for name in _MONEY)]
        console.print(output.table(headings, (_money(row) for row in money)), "")
    deliveries = answer.get("deliveries") or []
    if deliveries:
        headings = ["delivery days", "to", "parcels", "median", "80 %", "95 %", "usual"]
        console.print(output.table(headings, (_delivery(row) for row in deliveries)), "")
    sources = answer.get("sources") or []
    console.print(output.table(["source", "", "since"], (_source(row) for row in sources)))


def _words(name: object) -> str:
    return output.shown(name).replace("_", " ")


def _money(row: Mapping[str, Any]) -> list[str]:
    sums = (row.get(name) or {} for name in _MONEY)
    cells = [f"{output.shown(s.get('amount'))} ({output.shown(s.get('count'))})" for s in sums]
    return [output.shown(row.get("currency")), *cells]


def _delivery(row: Mapping[str, Any]) -> list[str]:
    days, window = row.get("days") or {}, row.get("window") or {}
    return [
        _words(row.get("service")),
        output.shown(row.get("destination")),
        output.shown(row.get("parcels")),
        *(output.shown(days.get(name)) for name in ("median", "p80", "p95")),
        f"{output.shown(window.get('low'))}-{output.shown(window.get('high'))}",
    ]


def _source(row: Mapping[str, Any]) -> list[Any]:
    verdict = output.shown(row.get("verdict"))
    return [
        output.shown(row.get("name")),
        output.styled(verdict, "" if verdict == "ok" else "claim"),
        output.shown(row.get("down_since")),
    ]
