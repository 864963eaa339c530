"""An import that is more than a request takes: cut by the page, read part by part, and added."""

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Route

    from tests.web.visitor import Visitor

SHOW = "Show what it holds"

FIRST = 8_190_000_000_000_000

ROWS = 5000


def table(*, odd: int | None = None) -> str:
    """5,000 orders, each on two lines; a row may have a date that is none."""
    rows = (
        f'{FIRST + n},"Lamp {n},\n""red"" and größer",{"soon" if n == odd else "2026-06-01"}\n'
        for n in range(ROWS)
    )
    return "order_id,title,ordered_on\n" + "".join(rows)


def choose(visitor: "Visitor", name: str, data: bytes) -> "Locator":
    """Choose a file and ask what it holds; the box."""
    visitor.bridge.checks_at_once = False
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    kind = "application/octet-stream"
    box.get_by_label("Or a file").set_input_files(
        {"name": name, "mimeType": kind, "buffer": data}
    )
    box.get_by_role("button", name=SHOW).click()
    return box


def read(visitor: "Visitor") -> int:
    """How many parts were read."""
    return sum("/orders/import" in one and "dry_run=true" in one for one in visitor.bridge.asked)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_of_five_thousand_is_read_in_parts(visitor: "Visitor", encoding: str) -> None:
    """All of it is shown as one, in its encoding; a row that is refused has its number in the file."""
    box = choose(visitor, "orders.csv", table(odd=4321).encode(encoding))
    visitor.expect(box.get_by_role("heading", name="This is what was understood")).to_be_focused()
    visitor.expect(box.get_by_text(f"And {ROWS - 100:,} more rows.")).to_be_visible()
    visitor.expect(box.get_by_role("listitem").nth(1)).to_contain_text('Lamp 0, "red" and größer')
    visitor.expect(box.get_by_role("button", name="Add 5,000 orders")).to_be_visible()
    assert 3 == read(visitor)
