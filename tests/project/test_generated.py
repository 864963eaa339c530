"""What follows from the code is current: `make generate` writes it."""

import pytest

from tests.project.api_table import api_events
from tests.project.generate import GENERATED, current, with_table
from tests.project.sample_events import FOLDER, file_name


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_current(name: str) -> None:
    """The table, list or document in it is the one that the code makes."""
    assert GENERATED[name](current(name)) == current(name), f"{name}: run make generate"


def test_every_route_has_a_sample() -> None:
    """Written once, and then kept as it is."""
    missing = [n for n in api_events() if not (FOLDER / f"{file_name(n)}.json").exists()]
    assert [] == missing, "events/orders_api: run make generate"


def test_a_table_is_replaced_where_it_stands() -> None:
    """What stands before and after it stays, and a page without it is an error."""
    text = "before\n\n| a |\n|---|\n| 1 |\n| 2 |\n\nafter\n"
    assert "before\n\n| a |\n|---|\n| 3 |\n\nafter\n" == with_table(text, "| a |\n|---|\n| 3 |")
    with pytest.raises(ValueError, match="no table"):
        with_table("nothing", "| a |\n|---|")
