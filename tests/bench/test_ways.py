"""What the ways in and out cost is what the documentation says."""

from tests.bench.ways import BEGIN, END, table_of_ways
from tests.local.machine import ROOT


def test_the_documented_cost_of_the_ways_is_current() -> None:
    """`python -m tests.bench.ways` writes it anew; a month of 1,000 orders stays below a dollar."""
    text = (ROOT / "docs" / "performance.md").read_text("utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert table_of_ways() == table
