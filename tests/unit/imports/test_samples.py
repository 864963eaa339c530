"""Each sample of an export, pasted list or mail is read as its format is described."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stallwatch.imports.merge import merge
from stallwatch.imports.reading import read_import
from stallwatch.imports.records import ReadOrder
from tests.support.template import ROOT

SAMPLES = ROOT / "tests" / "data" / "imports"
GIVEN = ROOT.parent / "shared" / "imports" / "samples"
TODAY = date(2026, 11, 28)

ID = "8100000000001234"
ID_2 = "8100000000021234"
ID_3 = "8100000000041234"
LP = "LP00812345678901"
RB = "RB123456785CN"
DAY = date(2026, 9, 5)
LAMP = "Desk lamp 5 W, white"
STORE = "Lamp Star Store"

EXPECTED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "01_chriskomus_headerless.tsv": (
        "chriskomus",
        [
            {"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39", "seller": STORE},
            {"order_id": ID_2, "ordered_on": DAY, "numbers": [], "price": "3.10", "currency": None},
        ],
    ),
    "01_chriskomus_with_header.tsv": (
        "chriskomus",
        [
            {"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39"},
            {"order_id": ID_2, "ordered_on": DAY, "numbers": [], "title": "Set of 10 screws"},
        ],
    ),
    "02_elmagoct_finance.csv": (
        "elmagoct",
        [
            {"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39", "title": LAMP},
            {"order_id": ID_2, "ordered_on": DAY, "numbers": [RB, LP], "currency": "EUR"},
            {"order_id": ID_3, "ordered_on": date(2026, 9, 7), "numbers": [], "price": "5.00"},
        ],
    ),
    "02_elmagoct_data.json": (
        "elmagoct",
        [
            {
                "order_id": ID,
                "ordered_on": DAY,
                "numbers": [LP],
                "destination": "DE",
                "price": "14.39",
                "currency": "EUR",
                "protection_ends_on": date(2026, 11, 19),
                "shipped_on": date(2026, 9, 8),
                "service": "standard",
                "title": LAMP,
            }
        ],
    ),
    "03_shopper_inventory.csv": (
        "shopper_inventory",
        [
            {"order_id": ID, "rows": (2, 3), "price": "1018.60", "currency": "USD", "title": LAMP},
            {"order_id": ID_2, "ordered_on": date(2026, 9, 6), "price": "12.46", "currency": "PLN"},
        ],
    ),
    "03_shopper_inventory.json": (
        "shopper_inventory",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": "USD"}],
    ),
    "04_my_purchases_clipboard.tsv": (
        "my_purchases",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": "USD"}],
    ),
    "04_my_purchases_collector.csv": (
        "shopper_inventory",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": "USD"}],
    ),
    "05_aliexpress_user_data_backup.xlsx": (
        "aliexpress_backup",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": None, "title": LAMP}],
    ),
    "06_nrbrook_orders.csv": (
        "nrbrook_orders",
        [{"order_id": ID, "ordered_on": DAY, "destination": "DE", "price": "14.39"}],
    ),
    "06_nrbrook_order_lines.csv": (
        "nrbrook_lines",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": "EUR"}],
    ),
    "07_melnyk_order_exporter.csv": (
        "melnyk",
        [{"order_id": ID, "ordered_on": DAY, "price": "14.39", "currency": "USD"}],
    ),
    "08_su14iman.csv": (
        "su14iman",
        [{"order_id": ID, "ordered_on": DAY, "price": "12.40", "currency": None}],
    ),
    "09_michaelmil.csv": (
        "michaelmil",
        [{"order_id": None, "ordered_on": DAY, "numbers": [LP], "title": LAMP}],
    ),
    "10_stoneddiscord_logistics.txt": (
        "stoneddiscord",
        [{"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39"}],
    ),
    "10_stoneddiscord_output.txt": (
        "stoneddiscord",
        [{"order_id": ID, "ordered_on": DAY, "numbers": [], "seller": STORE}],
    ),
    "11_razzzila_8100000000001234.csv": (
        "razzzila",
        [{"order_id": ID, "numbers": [LP], "price": "12.40", "seller": STORE}],
    ),
    "12_artem_orderlist.csv": (
        "artem",
        [{"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39", "currency": "USD"}],
    ),
    "13_alexeevdv77.xlsx": (
        "alexeevdv77",
        [{"order_id": ID, "ordered_on": DAY, "price": "2481.00", "currency": "RUB"}],
    ),
    "14_kritarthh_orders.json": (
        "kritarthh",
        [{"order_id": ID, "ordered_on": DAY, "numbers": [LP], "price": "14.39", "title": LAMP}],
    ),
    "15_bernalli_export.csv": (
        "bernalli",
        [{"order_id": ID, "numbers": [LP], "destination": "DE", "title": "Desk lamp"}],
    ),
    "15_bernalli_headerless.csv": (
        "bernalli",
        [{"numbers": [LP], "title": "Desk lamp"}, {"numbers": [RB], "title": "Screws"}],
    ),
    "16_aftership.csv": (
        "aftership",
        [{"order_id": ID, "numbers": [LP], "destination": "DE", "title": "Desk lamp"}],
    ),
    "17_pkge.csv": (
        "pkge",
        [{"order_id": ID, "numbers": [LP], "destination": "DE", "title": "Desk lamp"}],
    ),
    "17_qapla.csv": (
        "qapla",
        [{"order_id": ID, "ordered_on": DAY, "numbers": [LP], "shipped_on": date(2026, 9, 8)}],
    ),
    "18_parcelapp_deliveries.json": (
        "parcelapp",
        [{"order_id": None, "numbers": [LP], "title": "Desk lamp", "ordered_on": None}],
    ),
    "19_17track_plain_list_GUESS.txt": ("list", [{"numbers": [LP]}, {"numbers": [RB]}]),
    "20_dsers_place_orders.csv": (
        "dsers",
        [{"order_id": "1001", "ordered_on": DAY, "destination": "DE", "numbers": []}],
    ),
    "20_shopify_orders_export.csv": (
        "shopify",
        [{"order_id": "1001", "rows": (2, 3), "price": "14.39", "currency": "EUR"}],
    ),
    "21_amazon_privacy.csv": (
        "amazon",
        [
            {
                "order_id": "000-0000000-0000000",
                "ordered_on": DAY,
                "numbers": ["1Z0000000000000000"],
                "price": "1382.11",
            }
        ],
    ),
    "21_temu.csv": (
        "temu",
        [{"order_id": "PO-000-00000000000000001", "price": "70.48", "currency": "PLN"}],
    ),
    "22_mtop_order_list.json": (
        "aliexpress_answer",
        [{"order_id": ID, "ordered_on": DAY, "price": "14.39", "currency": "USD", "title": LAMP}],
    ),
    "30_mail_confirmed_de.eml": ("mail", [{"order_id": ID, "latest_on": DAY, "numbers": []}]),
    "30_mail_order_shipped_en.eml": ("mail", [{"order_id": ID, "latest_on": date(2026, 9, 8)}]),
    "30_mail_package_update_es.eml": ("mail", [{"order_id": ID, "numbers": [LP]}]),
}


def shown(order: ReadOrder, name: str) -> Any:
    if name == "numbers":
        return list(order.tracking_numbers)
    value = getattr(order, name)
    return str(value) if isinstance(value, Decimal) else value


def test_every_sample_has_its_line() -> None:
    """No sample goes untested."""
    assert sorted(EXPECTED) == sorted(path.name for path in SAMPLES.iterdir())


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str) -> None:
    """A sample gives its format and its orders, and rejects no row."""
    document = read_import((SAMPLES / name).read_bytes(), filename=name)
    format_name, orders = EXPECTED[name]
    assert format_name == document.format
    assert () == document.rejected
    assert orders == [
        {field: shown(order, field) for field in wanted}
        for order, wanted in zip(document.orders, orders, strict=True)
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_sample_is_added_once(name: str) -> None:
    """A sample that is imported into nothing adds its orders; a second time changes nothing."""
    document = read_import((SAMPLES / name).read_bytes(), filename=name)
    first = merge(document, [], today=TODAY)
    assert {"added"} == {row.outcome.value for row in first.report.rows}
    stored = [{"order_id": p.row.order_id, **p.fields, "destination": "DE"} for p in first.planned]
    second = merge(document, stored, today=TODAY)
    assert () == second.planned
    assert {"unchanged"} == {row.outcome.value for row in second.report.rows}


@pytest.mark.parametrize("name", EXPECTED)
def test_sample_says_nothing_of_people(name: str) -> None:
    """Placeholders of names, addresses and phones appear nowhere in what is read."""
    document = read_import((SAMPLES / name).read_bytes(), filename=name)
    told = repr(document)
    for word in ("NAME", "STREET", "PHONE", "REGION", "CITY", "MAIL'", "parcels@example.test"):
        assert word not in told


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the given samples are not beside the checkout")
def test_samples_are_the_given_ones() -> None:
    """The copies do not differ from the samples that were given."""
    given = {path.name: path.read_bytes() for path in Path(GIVEN).iterdir()}
    assert given == {path.name: path.read_bytes() for path in SAMPLES.iterdir()}
