"""Places: what stands in brackets in front of a text, and postcodes that nobody keeps."""

import pytest

from stallwatch.sources.places import place_of, split_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("IL,Sometown,District 5339001", "IL,Sometown,District"),
        ("IL,תל אביב - יפו,מחוז תל אביב 5339001", "IL,תל אביב - יפו,מחוז תל אביב"),
        ("75001 Paris", "Paris"),
        ("Paris 75001, FR", "Paris, FR"),
        ("Amsterdam, 1012 AB", "Amsterdam"),
        ("London SW1A 1AA", "London"),
        ("Ottawa, K1A 0B1", "Ottawa"),
        ("Dublin D02 X285", "Dublin"),
        ("00-950 Warszawa", "Warszawa"),
        ("Riga LV-1010", "Riga"),
        ("Praha 110 00", "Praha"),
        ("Lisboa 1000-001", "Lisboa"),
        ("Beverly Hills, CA 90210-1234", "Beverly Hills, CA"),
        ("London sw1a 1aa", "London"),
        ("Tokyo 〒150-0001", "Tokyo"),
        ("Buenos Aires C1425DKF", "Buenos Aires"),
        ("北京市100000", "北京市"),
        ("District5339001", "District"),
        ("28001 Madrid，ES", "Madrid，ES"),
        ("Dongguan", "Dongguan"),
        ("Praha 9", "Praha 9"),
        ("75001", None),
        ("", None),
    ],
)
def test_a_place_has_no_postcode(text: str, place: str | None) -> None:
    """Whatever country's it is; a district's number of one or two digits is none."""
    assert place == place_of(text)


@pytest.mark.parametrize(
    "named",
    [
        "FR",
        "GOFO",
        "Gofo Express",
        "Hub 12",
        "CDG",
        "Sorting Center",
        "4PX",
        "PostNL",
        "USPS",
        "DHL",
        "东莞分拨中心",
    ],
)
def test_brackets_that_hold_no_place_stay_in_the_text(named: str) -> None:
    """Country codes, carriers and hubs."""
    text = f"[{named}] Received by local carrier"
    assert (text, None) == split_place(text)


@pytest.mark.parametrize(
    ("text", "rest", "place"),
    [
        ("[Dongguan] Departed", "Departed", "Dongguan"),
        ("[Xiaoshan District] Departed", "Departed", "Xiaoshan District"),
        ("[Netherlands,Amsterdam] Delivered", "Delivered", "Netherlands,Amsterdam"),
        ("[FR,Centre-Val de Loire] Arrived", "Arrived", "FR,Centre-Val de Loire"),
        ("【东莞市】快件已发出", "快件已发出", "东莞市"),
        ("[法国，巴黎] Arrived", "Arrived", "法国，巴黎"),
        ("[75001] Arrived", "Arrived", None),
        ("[] Arrived", "Arrived", None),
        ("Arrived [Dongguan]", "Arrived [Dongguan]", None),
    ],
)
def test_a_town_in_brackets_is_the_place(text: str, rest: str, place: str | None) -> None:
    """In front of the text; a postcode alone is neither kept as text nor as place."""
    assert (rest, place) == split_place(text)
