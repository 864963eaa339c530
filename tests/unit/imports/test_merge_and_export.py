"""Merging with what is stored, the report, and export that goes in again."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.text import clean
from stallwatch.imports.export import COLUMNS, csv_header, csv_lines, json_lines
from stallwatch.imports.merge import MergedImport, candidate_ids, merge
from stallwatch.imports.reading import read_import

ID = "8100000000001234"
LP = "LP00812345678901"
RB = "RB123456785CN"
TODAY = date(2026, 11, 28)
HEADER = "Order ID;Order Date;Tracking Number;Title;Total\n"


def merged(text: str, *stored: Mapping[str, Any]) -> MergedImport:
    return merge(read_import(text.encode()), stored, today=TODAY)


def planned(text: str, *stored: Mapping[str, Any]) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [
        (p.row.outcome.value, p.row.order_id, dict(p.fields)) for p in merged(text, *stored).planned
    ]


def stored_order(order_id: str = ID, **given: Any) -> dict[str, Any]:
    return {"order_id": order_id, "ordered_on": "2026-09-05", "destination": "DE", **given}


def test_report() -> None:
    """The report counts the outcomes and says row by row what was read, or why not."""
    text = f"{HEADER}{ID};2026-09-05;{LP};Lamp;€ 2,00\nABC;5/9/2026;;;\n"
    assert {
        "added": 1,
        "filled": 0,
        "unchanged": 0,
        "rejected": 1,
        "format": "table",
        "rows": [
            {
                "row": 2,
                "outcome": "added",
                "order_id": ID,
                "read": {
                    "ordered_on": "2026-09-05",
                    "tracking_number": LP,
                    "title": "Lamp",
                    "price": "2.00",
                    "currency": "EUR",
                },
            },
            {
                "row": 3,
                "outcome": "rejected",
                "order_id": "ABC",
                "reason": "the date can be read as day/month and as month/day: choose dates=dmy "
                "or dates=mdy, or write it like 2026-05-31",
            },
        ],
    } == merged(text).report.as_dict()


def test_empty_is_filled_and_typed_is_kept() -> None:
    """What is typed is never overwritten; what is empty is filled."""
    text = f"{HEADER}{ID};2026-09-01;{LP};Lamp;€ 2,00\n"
    stored = stored_order(title="My lamp", seller="", price=None)
    assert [("filled", ID, {"tracking_number": LP, "price": "2.00", "currency": "EUR"})] == planned(
        text, stored
    )


@pytest.mark.parametrize("price", [Decimal(0), "0.00", Decimal("9.99")])
def test_price_that_is_kept(price: object) -> None:
    """A price that is there, be it none at all, stays."""
    stored = stored_order(tracking_number=LP, title="x", price=price, currency="USD")
    assert [] == planned(f"{HEADER}{ID};2026-09-01;{LP};Lamp;€ 2,00\n", stored)


def test_several_numbers_are_several_orders() -> None:
    """An order in several parcels is several of ours; the price goes with the first."""
    text = f"{HEADER}{ID};2026-09-05;{LP} {RB};Lamp;€ 2,00\n"
    common = {"ordered_on": "2026-09-05", "title": "Lamp"}
    assert [
        ("added", ID, {**common, "tracking_number": LP, "price": "2.00", "currency": "EUR"}),
        ("added", f"{ID}.2", {**common, "tracking_number": RB, "order_number": ID}),
    ] == planned(text)


def test_second_file_brings_the_numbers() -> None:
    """A later file fills the number that is missing, and adds the parcels that are."""
    text = f"{HEADER}{ID};;{LP} {RB};;\n"
    assert [("filled", ID, {"tracking_number": LP})] == planned(text, stored_order())[:1]
    assert [("added", f"{ID}.2")] == [p[:2] for p in planned(text, stored_order())[1:]]
    both = [stored_order(tracking_number=LP), stored_order(f"{ID}.2", tracking_number=RB)]
    assert [] == planned(text, *both)


def test_matched_by_order_number() -> None:
    """An order under an id of the buyer's own is met by the shop's order number."""
    stored = stored_order("lamp", order_number=ID)
    assert [("filled", "lamp", {"tracking_number": LP})] == planned(
        f"{HEADER}{ID};;{LP};;\n", stored
    )


def test_bare_number_that_gets_its_order() -> None:
    """An order that was added by its number alone gets the order number, and no twin."""
    stored = stored_order(LP, tracking_number=LP)
    assert [("filled", LP, {"order_number": ID, "title": "Lamp"})] == planned(
        f"{HEADER}{ID};;{LP};Lamp;\n", stored
    )


def test_combined_delivery() -> None:
    """A number that two orders share is kept with both."""
    text = f"{HEADER}{ID};2026-09-05;{LP};;\n8100000000021234;2026-09-05;{LP};;\n"
    assert [ID, "8100000000021234"] == [p[1] for p in planned(text)]
    both = [stored_order(tracking_number=LP), stored_order("8100000000021234", tracking_number=LP)]
    (row,) = merged(LP, *both).report.rows
    assert ("unchanged", True) == (row.outcome.value, "several orders" in str(row.reason))


def test_number_alone() -> None:
    """A number alone is an order whose id it is, ordered today; where it is known, nothing."""
    assert [("added", LP, {"tracking_number": LP, "ordered_on": "2026-11-28"})] == planned(LP)
    assert [] == planned(LP, stored_order(tracking_number=LP))


def test_rows_of_one_file_meet_each_other() -> None:
    """The same number twice in one body is one order."""
    text = f"Order ID;Tracking Number\n{ID};{LP}\n;{RB}\n{ID};{LP}\n;{RB}\n"
    assert [ID, RB] == [p[1] for p in planned(text)]


def test_orders_that_are_over() -> None:
    """An order whose watch would be over is said to be so; a stored one is filled all the same."""
    text = f"{HEADER}{ID};2026-05-01;{LP};;\n"
    (row,) = merged(text).report.rows
    assert ("rejected", True) == (row.outcome.value, "more than 180 days" in str(row.reason))
    assert [("filled", ID, {"tracking_number": LP})] == planned(
        text, stored_order(ordered_on="2026-05-01")
    )
    assert 1 == len(planned(f"{HEADER}{ID};2026-06-01;{LP};;\n"))


@pytest.mark.parametrize(("day", "word"), [("2026-12-24", "future"), ("2009-12-31", "2010")])
def test_order_dates_that_cannot_be(day: str, word: str) -> None:
    """An order date in the future or before AliExpress is refused."""
    (row,) = merged(f"{HEADER}{ID};{day};;;\n").report.rows
    assert ("rejected", True) == (row.outcome.value, word in str(row.reason))


def test_dates_that_do_not_fit_are_left_out() -> None:
    """A day that the API would refuse beside the order date is left out, and the report says so."""
    text = f"Order ID;Order Date;Ship Date;Protection ends\n{ID};2026-09-05;2026-09-01;2029-01-01\n"
    result = merged(text)
    assert [("added", ID, {"ordered_on": "2026-09-05"})] == planned(text)
    assert "shipped_on" in str(result.report.rows[0].reason)
    assert "protection_ends_on" in str(result.report.rows[0].reason)


def test_price_without_currency_is_left_out() -> None:
    """A price whose currency is not known is no price, and the report says so."""
    text = f"{HEADER}{ID};2026-09-05;;;2.00\n"
    assert [("added", ID, {"ordered_on": "2026-09-05"})] == planned(text)
    assert "currency" in str(merged(text).report.rows[0].reason)


def test_day_of_payment_without_a_way_of_payment_is_left_out() -> None:
    """An order with it alone would be refused."""
    text = f"Order ID;Order Date;Payment Date\n{ID};2026-09-05;2026-09-05\n"
    assert [("added", ID, {"ordered_on": "2026-09-05"})] == planned(text)
    stored = stored_order(paid_with="card")
    assert [("filled", ID, {"paid_on": "2026-09-05"})] == planned(text, stored)


def test_order_number_that_is_none_of_aliexpress() -> None:
    """Another shop's id is no order number; its second parcel is found by the id all the same."""
    text = f"{HEADER}PO-1;2026-09-05;{LP} {RB};;\n"
    assert ["PO-1", "PO-1.2"] == [p[1] for p in planned(text)]
    assert ["order_number" in p[2] for p in planned(text)] == [False, False]
    both = [stored_order("PO-1", tracking_number=LP), stored_order("PO-1.2", tracking_number=RB)]
    assert [] == planned(text, *both)


def test_candidate_ids() -> None:
    """The ids to look for cover an order's parcels and bare numbers."""
    document = read_import(f"{HEADER}{ID};;{LP};;\n".encode())
    assert [ID, f"{ID}.2", f"{ID}.3", LP] == candidate_ids(document)


def texts() -> st.SearchStrategy[str | None]:
    words = st.text(max_size=60).map(lambda text: clean(text, 200))
    odd = st.sampled_from(
        ["=1+2", "-", "N/A", "'tis", "@x", "+1", 'a","b', 'a""b', "https://x.test/a", "a|b;c\td"]
    )
    return st.none() | (words | odd.map(lambda text: clean(text, 200))).map(lambda t: t or None)


def days(first: date) -> st.SearchStrategy[date | None]:
    return st.none() | st.dates(first, min(date(2026, 11, 20), first + timedelta(days=365)))


ACTIONS = st.lists(
    st.fixed_dictionaries(
        {"action": st.just("seller_contacted"), "at": st.just(datetime(2026, 10, 1, tzinfo=UTC))},
        optional={"on": st.just(date(2026, 10, 1)), "note": st.text(max_size=20)},
    ),
    max_size=2,
)


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Orders as they are stored, each with its own id."""
    ids = draw(
        st.lists(
            st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}", fullmatch=True),
            unique=True,
            min_size=1,
            max_size=4,
        )
    )
    found = []
    for order_id in ids:
        ordered_on = draw(st.dates(date(2025, 6, 10), date(2026, 9, 1)))
        paid_with = draw(st.sampled_from([None, "card", "paypal", "other"]))
        price = draw(st.none() | st.decimals("0", "999999", places=2))
        found.append(
            {
                "order_id": order_id,
                "order_number": draw(st.none() | st.just(ID)),
                "ordered_on": ordered_on,
                "tracking_number": draw(st.none() | st.sampled_from([LP, RB, ID, "A1B2C3D4"])),
                "service": draw(st.sampled_from([None, "standard", "expedited", "economy"])),
                "destination": draw(st.sampled_from(["DE", "US", "NO"])),
                "remote": draw(st.sampled_from([None, True, False])),
                "shipped_on": draw(days(ordered_on)),
                "protection_ends_on": draw(days(ordered_on)),
                "promised_on": draw(days(ordered_on)),
                "paid_on": draw(days(ordered_on)) if paid_with else None,
                "paid_with": paid_with,
                "title": draw(texts()),
                "seller": draw(texts()),
                "price": price,
                "currency": None if price is None else draw(st.sampled_from(["EUR", "KWD", "TRY"])),
                "language": draw(st.sampled_from([None, "de", "pt-PT"])),
                "actions": draw(ACTIONS),
            }
        )
    return found


def given_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of an order, as JSON has it."""
    (line,) = json_lines([order])
    return {name: value for name, value in json.loads(line).items() if value not in (None, [])}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@settings(deadline=None)
@given(stored=orders())
def test_export_goes_in_again(kind: str, stored: list[dict[str, Any]]) -> None:
    """An export changes nothing where it came from, and restores everything elsewhere."""
    lines = [csv_header(), *csv_lines(stored)] if kind == "csv" else list(json_lines(stored))
    document = read_import("".join(lines).encode())
    assert ("stallwatch", ()) == (document.format, document.rejected)
    again = merge(document, stored, today=TODAY)
    assert () == again.planned
    assert ["unchanged"] * len(stored) == [row.outcome.value for row in again.report.rows]
    restored = merge(document, [], today=TODAY)
    assert [given_of(order) for order in stored] == [
        {
            "order_id": p.row.order_id,
            **p.fields,
            **({"actions": [dict(a) for a in p.actions]} if p.actions else {}),
        }
        for p in restored.planned
    ]


def test_formulas_are_escaped() -> None:
    """No cell of a CSV begins as a formula does."""
    (line,) = csv_lines([stored_order(title="=HYPERLINK(1)", seller="@x")])
    assert "'=HYPERLINK(1)" in line
    assert ",'@x," in line
    assert csv_header().strip().split(",") == list(COLUMNS)
