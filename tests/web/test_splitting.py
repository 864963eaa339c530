"""How the page cuts a file: its parts, read one by one, tell what the whole file tells."""

import base64
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from stallwatch.imports import reading
from stallwatch.imports.reading import read_import

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPT = (files("stallwatch") / "web" / "splitting.js").read_text("utf-8")

_LOAD = """async (script) => {
  self.splitting = await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
}"""

_SPLIT = """async ([encoded, most]) => {
  const file = new Blob([Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0))]);
  self.found = await splitting.split(file, most ?? undefined);
  if (found.uncut) return {uncut: found.uncut};
  const bodies = [];
  for (const piece of found.parts) {
    const bytes = new Uint8Array(await splitting.bodyOf(piece).arrayBuffer());
    bodies.push(btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join("")));
  }
  return {bodies, refused: found.refused};
}"""

_JOIN = """(reports) => splitting.joined(
  found.parts.map((piece, index) => ({piece, answer: reports[index]})), []
).rows"""

SMALL = {"rows": 7, "bytes": 1024 * 1024}


@pytest.fixture(scope="module")
def tab(browser: "Browser") -> Iterator["Page"]:
    """An empty tab with the functions that cut."""
    page = browser.new_page()
    page.evaluate(_LOAD, SCRIPT)
    yield page
    page.close()


def split(tab: "Page", data: bytes, most: dict[str, int] | None = None) -> list[bytes]:
    """The bodies of a file's parts."""
    found = tab.evaluate(_SPLIT, [base64.b64encode(data).decode(), most])
    return [base64.b64decode(body) for body in found["bodies"]]


def told(data: bytes) -> list[dict[str, Any]]:
    """What the API reads in a body: rows with their numbers."""
    document = read_import(data)
    taken = [
        {
            "row": order.rows[0],
            "rows": list(order.rows),
            "read": [order.order_id, order.title, sorted(order.tracking_numbers)],
        }
        for order in document.orders
    ]
    rejected = [{"row": one.row, "rows": None, "read": None} for one in document.rejected]
    return sorted(taken + rejected, key=lambda row: row["row"])


def assert_told_alike(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, data: bytes, most: dict[str, int]
) -> list[bytes]:
    """Hold what the parts tell together to what the whole tells; the parts."""
    bodies = split(tab, data, most)
    assert len(bodies) > 1
    joined = tab.evaluate(_JOIN, [{"format": "table", "rows": told(body)} for body in bodies])
    monkeypatch.setattr(reading, "MOST_ROWS", 10_000)

    assert told(data) == [{"rows": None, **row} for row in joined]
    return bodies


def table(count: int, separator: str = ",", end: str = "\n") -> str:
    """A table of orders whose titles need quotes; each third has two rows, far from each other."""
    rows = [
        [
            str(8_190_000_000_000_000 + n),
            f'"Lamp {n}{separator} ""red""{end}and größer"',
            f"LP{n:014}",
        ]
        for n in range(count)
    ]
    rows += [[row[0], '"Cable"', f"LQ{n:014}"] for n, row in enumerate(rows) if n % 3 == 0]
    lines = [["order_id", "title", "tracking_number"], *rows]
    return "".join(separator.join(line) + end for line in lines)


def orders(count: int) -> list[dict[str, Any]]:
    """Orders as JSON."""
    return [
        {"order_id": str(8_190_000_000_000_000 + n), "title": f'Größe {n}: "[{{," \\'}
        for n in range(count)
    ]


def mail(n: int) -> str:
    """A mail of AliExpress as it stands in an mbox."""
    return (
        "From MAILER Mon Jun 15\nFrom: AliExpress <a@notice.aliexpress.com>\n"
        "Date: Mon, 15 Jun 2026 10:00:00 +0000\n"
        f"Subject: Order {8_190_000_000_000_000 + n}: shipped"
        "\n\nSent.\nFrom here on it is on its way.\n\n"
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_table_is_cut_between_rows(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, separator: str, end: str, encoding: str
) -> None:
    """With its header and encoding, whatever lines a row has, and each order in one part."""
    data = table(20, separator, end).encode(encoding)
    bodies = assert_told_alike(tab, monkeypatch, data, SMALL)

    assert len(bodies) == 4


@pytest.mark.parametrize(
    "head",
    [
        "sep=;\norder_id;title\n",
        "\ufeffsep=;\r\norder_id;title\n",
        "My orders; exported\n\norder_id;title;seller\n",
        "",
    ],
)
def test_what_stands_above_the_rows_goes_with_each_part(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    """A title, the line that tells Excel the separator, or nothing; blank lines count as rows."""
    rows = "".join(f"{8_190_000_000_000_000 + n};Lamp\n\n" for n in range(20))
    bodies = assert_told_alike(tab, monkeypatch, (head + rows).encode(), SMALL)

    assert all(body.startswith(head.encode()) for body in bodies)


@pytest.mark.parametrize("separator", ["\n", " ", ", "])
def test_numbers_are_cut_wherever_they_stand(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    """Each on its line, or all on one."""
    data = separator.join(f"LP{n:014}" for n in range(30)).encode()

    assert_told_alike(tab, monkeypatch, data, SMALL)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(orders(30)),
        json.dumps(orders(30), indent=2, ensure_ascii=False),
        json.dumps({"version": 1, "settings": {"a": [1]}, "orders": orders(30)}),
        json.dumps({"data": {"orders": orders(30), "more": False}}, indent=1),
        "".join(json.dumps(order) + "\n" for order in orders(30)),
        "[" + ",".join(f'{{"order_id": {8_190_000_000_000_000_123 + n}}}' for n in range(30)) + "]",
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_is_cut_between_orders(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, text: str, mark: str
) -> None:
    """In a list, in a list within an object, and on lines; no digit of a number is lost."""
    data = (mark + text).encode()

    assert_told_alike(tab, monkeypatch, data, {"rows": 7, "bytes": len(data) - 1})


@pytest.mark.parametrize("wrapper", [None, "orders"])
def test_rows_of_an_order_come_together_wherever_they_stand_in_json(
    tab: "Page", monkeypatch: pytest.MonkeyPatch, wrapper: str | None
) -> None:
    """In a flat list, whose rows name the parcel before the order; and each keeps its number."""
    found = [{"tracking_number": f"LP{n:014}", **order} for n, order in enumerate(orders(20))]
    found += [{**row, "tracking_number": f"LQ{n:014}"} for n, row in enumerate(found[::3])]
    data = json.dumps({wrapper: found} if wrapper else found).encode()

    assert_told_alike(tab, monkeypatch, data, {"rows": 7, "bytes": len(data) - 1})


def test_a_broken_line_of_json_is_told_with_its_number(
    tab: "Page", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where a part would begin with it."""
    lines = [json.dumps(order) + "\n" for order in orders(30)]
    lines[7] = '{"order_id": "81900000\n'

    assert_told_alike(tab, monkeypatch, "".join(lines).encode(), SMALL)


def test_a_mailbox_is_cut_between_mails(tab: "Page", monkeypatch: pytest.MonkeyPatch) -> None:
    """And not at a line of a mail that begins as one."""
    data = "".join(map(mail, range(20))).encode()

    assert 3 == len(assert_told_alike(tab, monkeypatch, data, SMALL))


def test_no_part_is_larger_than_a_request_takes(tab: "Page") -> None:
    """By its bytes, whatever the number of its rows; a row that is larger is left out and named."""
    rows = [f"{8_190_000_000_000_000 + n},{'ö' * 3000}\n" for n in range(600)]
    rows[3] = f"8190000000000000003,{'x' * 1_100_000}\n"
    data = ("order_id,title\n" + "".join(rows)).encode()
    found = tab.evaluate(_SPLIT, [base64.b64encode(data).decode(), None])
    bodies = [base64.b64decode(body) for body in found["bodies"]]

    assert 4 == len(bodies)
    assert max(map(len, bodies)) <= 1024 * 1024
    assert [5] == found["refused"]
    assert 599 == sum(body.count(b"\n") - 1 for body in bodies)


@pytest.mark.parametrize(
    "data",
    [
        table(3).encode(),
        json.dumps(orders(3)).encode(),
        json.dumps({"orders": orders(3)}).encode(),
        mail(1).encode("utf-16"),
        b"PK\x03\x04 and what follows",
        b"From: a@aliexpress.com\r\nSubject: Order 1\r\n\r\nText",
        b"<table>",
        b"{",
        b"\x00",
    ],
)
def test_what_fits_is_sent_as_it_is(tab: "Page", data: bytes) -> None:
    """Byte for byte, in whatever encoding."""
    assert [data] == split(tab, data)


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (b"PK\x03\x04", "workbook"),
        (b"<html><table>", "large"),
        (b"From: a@aliexpress.com\r\nSubject: Order\r\n\r\n", "large"),
        (b"%PDF-1.7\n", "large"),
        (b'{"order": "', "large"),
        ("a".encode("utf-32"), "large"),
    ],
)
def test_what_cannot_be_cut_says_so(tab: "Page", begin: bytes, why: str) -> None:
    """A workbook apart from the rest, since there is a way for it."""
    data = begin + b"x" * 1024 * 1024 + (b'"}' if begin.startswith(b"{") else b"")

    assert {"uncut": why} == tab.evaluate(_SPLIT, [base64.b64encode(data).decode(), None])


def test_a_part_that_is_too_much_after_all_goes_in_halves(tab: "Page") -> None:
    """Each with what stands above it; a single row has none."""
    split(
        tab,
        ("order_id,title\n" + table(20)[len("order_id,title,tracking_number\n") :]).encode(),
        SMALL,
    )
    texts = tab.evaluate(
        """async () => {
          const two = splitting.halves(found.parts[0]);
          const one = splitting.halves({...found.parts[0], rows: found.parts[0].rows.slice(0, 1)});
          return [one, ...await Promise.all(two.map((half) => splitting.bodyOf(half).text()))];
        }"""
    )

    assert texts[0] is None
    assert ["order_id,title", "order_id,title"] == [text.split("\n")[0] for text in texts[1:]]
    assert 7 == sum(text.count("819000000") for text in texts[1:])
