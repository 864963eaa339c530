"""The figures as tables, as JSON, and as a picture.

`make figures` writes the tables and the picture of the documentation anew from the saved figures.
"""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.cost import GROWN, HOUSEHOLD, ORDERS, PRICES, scaled_month
from tests.bench.figure import Figure
from tests.bench.floors import FLOORS
from tests.local.machine import ROOT

HEAD = ("figure", "floor", "bar", "ours", "the plain way", "a client's way", "ratio", "")

DOCS = ROOT / "docs"

WIDTH = 860
ROW = 44
LABELS = 380
SCALE = (WIDTH - LABELS - 70) / 1.5

_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
 font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a"
 aria-label="How much of its bar each figure takes">
<rect width="{width}" height="{height}" fill="#ffffff"/>
<text x="16" y="26" font-size="16" font-weight="600">How much of its bar each figure takes</text>
"""

_ROW = """\
<text x="16" y="{above}">{name}</text>
<text x="16" y="{below}" font-size="11" fill="#5a5a5a">{value}</text>
<rect x="{x}" y="{top}" width="{width}" height="22" rx="3" fill="{color}"/>
<text x="{end}" y="{middle}">{share}</text>
"""

_LINE = """\
<line x1="{x}" x2="{x}" y1="40" y2="{foot}" stroke="#1a1a1a" stroke-dasharray="4 3"/>
<text x="{x}" y="{label}" text-anchor="middle">the bar</text>
</svg>
"""


def machine() -> str:
    """This machine, in a line."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    return (
        f"{os.cpu_count()} × {cpu}, {platform.system()}, Python {platform.python_version()}, "
        f"botocore {version('botocore')}"
    )


def row(figure: Figure) -> tuple[str, ...]:
    """A line of the table."""
    sign = "≥" if figure.more_is_better else "≤"
    floor = FLOORS.get(figure.key)
    return (
        figure.name,
        "" if floor is None else number(floor.value),
        "" if figure.bar is None else f"{sign} {number(figure.bar)} {figure.unit}",
        f"{number(figure.ours)} {figure.unit}",
        "" if figure.plain is None else number(figure.plain),
        "" if figure.client is None else number(figure.client),
        "" if figure.ratio is None else f"{number(figure.ratio)} ×",
        "" if figure.bar is None else "met" if figure.met else "MISSED",
    )


def number(value: float) -> str:
    """A number with three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.0001 else f"{value:.1g}"


def text(figures: Sequence[Figure]) -> str:
    """The table for a terminal."""
    rows = [HEAD, *map(row, figures)]
    widths = [max(len(r[column]) for r in rows) for column in range(len(HEAD))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    lines.insert(1, "-" * sum(widths))
    return "\n".join(lines)


def markdown(figures: Iterable[Figure]) -> str:
    """The table for the docs."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(row(figure)) + " |" for figure in figures]
    return "\n".join(lines)


def split(figure: Figure) -> str:
    """What a figure is made of, for the docs."""
    lines = ["| part | " + figure.unit + " |", "|---|---|"]
    lines += [f"| {name} | {number(value)} |" for name, value in figure.parts.items()]
    return "\n".join(lines)


def bill(figure: Figure) -> str:
    """The arithmetic of the cost of a month, for the docs."""
    lines = ["| | quantity | price | dollars |", "|---|---|---|---|"]
    for name, price in PRICES.items():
        quantity = figure.parts[name]
        lines.append(
            f"| {name} | {number(quantity)} | {price:.10f}".rstrip("0")
            + f" | {quantity * price:.4f} |"
        )
    lines.append(f"| **together** | | | **{figure.ours:.4f}** |")
    return "\n".join(lines)


def floors(figures: Iterable[Figure]) -> str:
    """What sets each floor, for the docs."""
    lines = ["| figure | floor | set by |", "|---|---|---|"]
    lines += [
        f"| {figure.name} | {number(FLOORS[figure.key].value)} | {FLOORS[figure.key].why} |"
        for figure in figures
        if figure.key in FLOORS
    ]
    return "\n".join(lines)


def months(figures: Iterable[Figure]) -> str:
    """What a month costs by the number of orders, for the docs: counted, and the last scaled."""
    by_key = {figure.key: figure for figure in figures}
    counted = [(HOUSEHOLD, by_key.get("household")), (ORDERS, by_key["cost"])]
    columns = [
        (orders, {name: figure.parts[name] * price for name, price in PRICES.items()})
        for orders, figure in counted
        if figure is not None
    ]
    scaled = scaled_month(by_key["cost"].parts, GROWN)
    columns.append((GROWN, {name: n * PRICES[name] for name, n in scaled.items()}))
    lines = ["| dollars a month | " + " | ".join(f"{n:,} orders" for n, _ in columns) + " |"]
    lines.append("|---|" + "---|" * len(columns))
    lines += [
        f"| {name} | " + " | ".join(f"{dollars[name]:.4f}" for _, dollars in columns) + " |"
        for name in PRICES
    ]
    sums = " | ".join(f"**{sum(d.values()):.4f}**" for _, d in columns)
    lines.append(f"| **together** | {sums} |")
    return "\n".join(lines)


def save(folder: Path, figures: Sequence[Figure]) -> None:
    """Write the figures and the picture into a folder, and into the page on performance there.

    Figures of this machine that were saved before and not measured again stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "performance.json"
    new = {figure.key: figure for figure in figures}
    if path.exists():
        where, saved = load(folder)
        if where == machine():
            kept = {figure.key: figure for figure in saved}
            new = kept | new
    path.write_text(as_json(list(new.values())), encoding="utf-8")
    write_page(folder)


def load(folder: Path) -> tuple[str, list[Figure]]:
    """The machine and the figures that were saved in a folder."""
    saved = json.loads(folder.joinpath("performance.json").read_text(encoding="utf-8"))
    names = [field.name for field in fields(Figure)]
    return saved["machine"], [Figure(**{n: f[n] for n in names}) for f in saved["figures"]]


def write_page(folder: Path) -> None:
    """Write the picture and the page's tables from the figures that were saved in a folder."""
    where, figures = load(folder)
    images = folder / "images"
    images.mkdir(exist_ok=True)
    images.joinpath("performance.svg").write_text(svg(figures), encoding="utf-8")
    page = folder / "performance.md"
    if page.exists():
        text = page.read_text(encoding="utf-8")
        page.write_text(with_tables(text, where, figures), encoding="utf-8")


def with_tables(text: str, where: str, figures: Sequence[Figure]) -> str:
    """The page with its tables made of the figures."""
    by_key = {figure.key: figure for figure in figures}
    made = {
        "figures": f"Measured on {where}.\n\n{markdown(figures)}",
        "floors": floors(figures),
    }
    if "write_units" in by_key:
        made["split"] = split(by_key["write_units"])
    if "cost" in by_key:
        made["bill"] = bill(by_key["cost"])
        made["months"] = months(figures)
    for name, block in made.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        if not mark:
            raise LookupError(f"the page has no place for {name}")
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{mark}{block}\n{end}{after}"
    return text


def as_json(figures: Sequence[Figure]) -> str:
    """All that was measured."""
    told: list[dict[str, Any]] = [
        {**asdict(f), "met": f.met, "ratio": f.ratio, "parts": dict(f.parts)} for f in figures
    ]
    return json.dumps({"machine": machine(), "figures": told}, indent=2, ensure_ascii=False) + "\n"


def svg(figures: Sequence[Figure]) -> str:
    """A picture: how much of its bar each figure takes; the bar stands at the line."""
    barred = [figure for figure in figures if figure.bar is not None]
    height = ROW * len(barred) + 70
    line = LABELS + SCALE
    parts = [_SVG.format(width=WIDTH, height=height)]
    for n, figure in enumerate(barred):
        share = figure.share_of_bar
        width = min(share, 1.5) * SCALE
        parts.append(
            _ROW.format(
                x=LABELS,
                above=46 + ROW * n + 17,
                below=46 + ROW * n + 33,
                top=46 + ROW * n + 6,
                middle=46 + ROW * n + 22,
                width=f"{width:.1f}",
                end=f"{LABELS + width + 8:.1f}",
                color="#2a7f62" if figure.met else "#b3402a",
                name=escape(figure.name),
                value=escape(f"{row(figure)[3]} (bar {row(figure)[2]})"),
                share=f"{share:.0%}",
            )
        )
    parts.append(_LINE.format(x=f"{line:.1f}", foot=height - 22, label=height - 8))
    return "".join(parts)


if __name__ == "__main__":
    write_page(DOCS)
