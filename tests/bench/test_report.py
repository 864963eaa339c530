"""The page on performance and what it is made of."""

import json
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.cost import GROWN, ORDERS, PRICES, scaled_month
from tests.bench.figure import Figure
from tests.bench.floors import FLOORS, LOOKED_AT, NEWS


def test_the_page_shows_the_figures_that_were_saved() -> None:
    """Its tables and its picture; `make figures` writes them."""
    where, figures = report.load(report.DOCS)
    page = report.DOCS / "performance.md"
    picture = report.DOCS / "images" / "performance.svg"

    assert report.with_tables(page.read_text("utf-8"), where, figures) == page.read_text("utf-8")
    assert report.svg(figures) == picture.read_text("utf-8")


def test_no_figure_is_below_its_floor() -> None:
    """Or one of both is wrong; within a tenth, for shares and ratios are measured."""
    _, figures = report.load(report.DOCS)
    known = {figure.key: figure for figure in figures}

    assert FLOORS.keys() <= known.keys()
    for key, floor in FLOORS.items():
        figure = known[key]
        least, most = (figure.ours, floor.value)
        if not figure.more_is_better:
            least, most = most, least
        assert least <= most * 1.1, key


def test_the_shares_of_the_floors_are_those_of_the_orders() -> None:
    """As the saved run counted them."""
    _, figures = report.load(report.DOCS)
    (pull,) = (figure for figure in figures if figure.key == "write_units_pull")

    assert f"{NEWS:.1%} of the checks find news, {LOOKED_AT - NEWS:.1%} are" in pull.note


def test_a_month_grows_by_its_orders_and_not_by_its_ticks() -> None:
    """The schedule and the cold starts stay."""
    counted = dict.fromkeys(PRICES, 1000.0) | {
        "invocations by the schedule": 100.0,
        "invocations": 150.0,
        "GB-seconds of the functions": 7.5 + 10,
    }
    scaled = scaled_month(counted, GROWN)
    times = GROWN / ORDERS

    assert 100 == scaled["invocations by the schedule"]
    assert 100 + 50 * times == scaled["invocations"]
    assert pytest.approx(7.5 + 10 * times) == scaled["GB-seconds of the functions"]
    assert 1000 * times == scaled["write units"]


def test_figures_that_are_not_measured_again_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same machine; another begins anew."""
    first = [Figure("a", "A", "ms", 1.0), Figure("b", "B", "ms", 2.0)]
    report.save(tmp_path, first)
    report.save(tmp_path, [Figure("b", "B", "ms", 3.0)])
    assert {"a": 1.0, "b": 3.0} == {f.key: f.ours for f in report.load(tmp_path)[1]}

    monkeypatch.setattr(report, "machine", lambda: "another")
    report.save(tmp_path, [Figure("b", "B", "ms", 4.0)])
    assert {"b": 4.0} == {f.key: f.ours for f in report.load(tmp_path)[1]}
    assert "another" == json.loads((tmp_path / "performance.json").read_text("utf-8"))["machine"]
