"""The picture of the packages, made from the imports: `make picture`.

A package stands one floor above the highest package that it imports, so that every arrow points
down. Arrows that follow from others (a over b over c) are drawn pale: they are imports too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape

from tests.project.imports import PACKAGES, edges
from tests.support.template import ROOT

PICTURE = ROOT / "docs" / "images" / "packages.svg"

_WIDTH, _ROW, _BOX, _HIGH, _GAP = 860, 92, 132, 40, 24


def package_edges() -> set[tuple[str, str]]:
    """Which package imports which, as the code has it now."""
    return {
        (importer, imported)
        for importer, _, imported, _ in edges()
        if {importer, imported} <= PACKAGES
    }


def floors(arrows: Iterable[tuple[str, str]], packages: Iterable[str]) -> dict[str, int]:
    """The floor of each package, from 0. Raises `ValueError` where packages form a circle."""
    below: dict[str, set[str]] = {package: set() for package in packages}
    for importer, imported in arrows:
        below[importer].add(imported)
    found: dict[str, int] = {}
    while len(found) < len(below):
        ready = [p for p, others in below.items() if p not in found and others <= found.keys()]
        if not ready:
            raise ValueError(f"a circle among {sorted(below.keys() - found.keys())}")
        for package in ready:
            found[package] = max((found[other] + 1 for other in below[package]), default=0)
    return found


def _is_implied(arrow: tuple[str, str], arrows: set[tuple[str, str]]) -> bool:
    importer, imported = arrow
    return any(
        one == importer and middle != imported and (middle, imported) in arrows
        for one, middle in arrows
    )


def draw(arrows: set[tuple[str, str]], packages: Iterable[str]) -> str:
    """The picture as an SVG."""
    floor = floors(arrows, packages)
    rows: Mapping[int, list[str]] = defaultdict(list)
    for package in sorted(floor):
        rows[floor[package]].append(package)
    height = (max(rows) + 1) * _ROW + _GAP
    place = {
        package: (
            (_WIDTH - len(row) * (_BOX + _GAP) + _GAP) / 2 + index * (_BOX + _GAP),
            height - (level + 1) * _ROW,
        )
        for level, row in rows.items()
        for index, package in enumerate(row)
    }
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            'font-family="sans-serif" font-size="15" text-anchor="middle">'
        ),
        "<title>The packages of Stallwatch and what each imports</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>'
        ),
    ]
    for importer, imported in sorted(arrows, key=lambda a: (not _is_implied(a, arrows), a)):
        (x1, y1), (x2, y2) = place[importer], place[imported]
        colour = "#dde" if _is_implied((importer, imported), arrows) else "#667"
        lines.append(
            f'<path d="M{x1 + _BOX / 2:.0f} {y1 + _HIGH} C{x1 + _BOX / 2:.0f} {y1 + _ROW - 10} '
            f'{x2 + _BOX / 2:.0f} {y2 - 44} {x2 + _BOX / 2:.0f} {y2 - 2}" fill="none" '
            f'stroke="{colour}" stroke-width="1.3" marker-end="url(#tip)"/>'
        )
    for package, (x, y) in sorted(place.items()):
        lines.append(
            f'<rect x="{x:.0f}" y="{y}" width="{_BOX}" height="{_HIGH}" rx="6" fill="#eef4fb" '
            f'stroke="#35618f"/><text x="{x + _BOX / 2:.0f}" y="{y + 25}">{escape(package)}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw(package_edges(), PACKAGES), "utf-8")
    print(PICTURE.relative_to(ROOT))
