"""An import that is more than a request takes: cut by the page, read part by part, and added."""

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Route

    from tests.web.visitor import Visitor

SHOW = "Show what is in it"

FIRST = 8_190_000_000_000_000

ROWS = 4100
"""A few more than two parts of a table hold."""


def table(rows: int, *, unnamed: int | None = None) -> str:
    """Orders, each on two lines; one may have no id."""
    lines = (
        f'{"" if n == unnamed else FIRST + n},"Größe {n} ""red"",\nand so on",2026-06-01\n'
        for n in range(rows)
    )
    return "order_id,title,ordered_on\n" + "".join(lines)


def choose(visitor: "Visitor", name: str, data: bytes) -> "Locator":
    """Choose a file and ask what it holds; the box."""
    visitor.bridge.checks_at_once = False
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    kind = "application/octet-stream"
    box.get_by_label("Or a file").set_input_files({"name": name, "mimeType": kind, "buffer": data})
    box.get_by_role("button", name=SHOW).click()
    return box


def read(visitor: "Visitor") -> int:
    """How many parts were read."""
    return sum("/orders/import" in one and "dry_run=true" in one for one in visitor.bridge.asked)


def expect_understood(visitor: "Visitor", box: "Locator", count: int) -> None:
    """All orders of a file are shown, as one list."""
    visitor.expect(box.get_by_role("heading", name="This is what was understood")).to_be_focused()
    visitor.expect(box.get_by_role("button", name=f"Add {count:,} orders")).to_be_visible()
    visitor.expect(box.get_by_role("progressbar")).to_be_hidden()


@pytest.mark.parametrize(
    ("encoding", "rows", "parts"),
    [("utf-8-sig", ROWS, 3), ("utf-16", 2100, 2), ("cp1252", 2100, 2)],
)
def test_a_table_is_shown_as_one(visitor: "Visitor", encoding: str, rows: int, parts: int) -> None:
    """In its encoding; a row that is refused has its number in the file, not in its part."""
    unnamed = rows - 20
    box = choose(visitor, "orders.csv", table(rows, unnamed=unnamed).encode(encoding))
    expect_understood(visitor, box, rows - 1)
    visitor.expect(box.get_by_text(f"And {rows - 100:,} more rows.")).to_be_visible()
    # The first order stands in row 2.
    refused = f"Rejected row {unnamed + 2:,}"
    visitor.expect(box.get_by_role("listitem").nth(0)).to_contain_text(refused)
    visitor.expect(box.get_by_role("listitem").nth(1)).to_contain_text('Größe 0 "red"')
    assert parts == read(visitor)


def test_a_broken_connection_keeps_what_was_read(visitor: "Visitor") -> None:
    """The next press has only the rest read; other dates, or another file, all of it."""
    sent: list[str] = []

    def second_breaks(route: "Route") -> None:
        sent.append(route.request.post_data_buffer.decode().split("\n")[1][:16])  # type: ignore[union-attr]
        route.abort("connectionreset") if len(sent) == 2 else route.continue_()

    visitor.page.route("**/orders/import*", second_breaks)
    box = choose(visitor, "orders.csv", table(ROWS).encode())
    visitor.expect(box.get_by_role("alert")).to_contain_text("only the rest is sent")
    visitor.expect(box.get_by_text(f"2,000 of {ROWS:,} rows are read.")).to_be_visible()
    visitor.expect(box.get_by_role("progressbar")).to_be_visible()
    box.get_by_role("button", name=SHOW).click()
    expect_understood(visitor, box, ROWS)

    assert [str(FIRST + n) for n in (0, 2000, 2000, 4000)] == sent
    visitor.complaints = [c for c in visitor.complaints if "ERR_CONNECTION_RESET" not in c]


def test_json_lines_of_three_megabytes_are_read_and_added(visitor: "Visitor") -> None:
    """By their size, not by their number; what is added is what was read."""
    orders = [
        {
            "order_id": str(FIRST + n),
            "ordered_on": "2026-06-01",
            "title": f"Lamp {n}",
            "x": "ö" * 15_500,
        }
        for n in range(99)
    ]
    lines = "".join(json.dumps(order, ensure_ascii=False) + "\n" for order in orders).encode()
    assert len(lines) > 3_000_000
    box = choose(visitor, "orders.jsonl", lines)
    expect_understood(visitor, box, 99)
    assert 3 == read(visitor)
    box.get_by_role("button", name="Add 99 orders").click()
    visitor.expect(visitor.page.get_by_text("99 added, 0 filled in.")).to_be_visible()

    assert "Lamp 98" == visitor.bridge.world.call("GET", f"/orders/{FIRST + 98}")[1]["title"]


def test_a_pasted_list_of_numbers_is_read_in_parts(visitor: "Visitor") -> None:
    """Though no file was chosen."""
    visitor.go("#/add")
    box = visitor.part("Paste or drop")
    numbers = "\n".join(f"LP{n:014}" for n in range(2100))
    box.get_by_role("textbox").evaluate("(box, text) => { box.value = text; }", numbers)
    box.get_by_role("button", name=SHOW).click()
    expect_understood(visitor, box, 2100)
    assert 2 == read(visitor)


def test_a_workbook_that_is_too_large_is_to_be_saved_as_csv(visitor: "Visitor") -> None:
    """It is not even sent: a browser cannot cut it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as workbook:
        workbook.writestr("xl/workbook.xml", b"x" * 1_100_000)
    box = choose(visitor, "orders.xlsx", held.getvalue())
    visitor.expect(box.get_by_label("Or a file")).to_have_accessible_description(
        "This workbook is too large, and a browser cannot cut it."
        " Save its sheet as CSV, and choose that."
    )
    assert 0 == read(visitor)
