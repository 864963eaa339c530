"""Tracking numbers among other words, and numbers that stand in texts."""

import pytest

from stallwatch.domain.parcels import LocalCarrier
from stallwatch.sources.cainiao import parse
from stallwatch.sources.numbers import number_among_words
from tests.support.cainiao_answers import NUMBER, body, detail, known_answer, module

POST = "RC123456785EE"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("36yph-33 72\u201120.09", "36YPH33722009"),
        ("DHL 0034 0434 1616 1234 5678", "00340434161612345678"),
        ("Colissimo: 6A12345678901", "6A12345678901"),
        ("Colissimo\uff1a6A12345678901", "6A12345678901"),
        ("La Poste 6A12345678901", "6A12345678901"),
        ("6A12345678901, RB123456785FR", "6A12345678901"),
        (f"{NUMBER}/6A12345678901", "6A12345678901"),
        (f"{POST} (Omniva)", POST),
        (f"{POST} \uff08Omniva\uff09", POST),
        (f"{POST} - Omniva", POST),
        (f"Latest Tracking Number {POST}", POST),
        (f"最新运单号 {POST}", POST),
        ("Número de rastreamento mais recente: RC 123 456 785 EE", POST),
        ("Latest Tracking Number CNG00000000000001", "CNG00000000000001"),
        ("cng 0000 0000000001", "CNG00000000000001"),
        ("JJD 0003 9000 1234", "JJD000390001234"),
        (36337263201.0, "36337263201"),
        (2.0**60, None),
        (36337263201.5, None),
        ("Latest Tracking Number", None),
        ("not shipped yet", None),
        (NUMBER.lower(), None),
        ("x" * 500, None),
        ("word " * 400_000 + POST, None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_a_number_is_found_among_words(written: object, number: str | None) -> None:
    """Names of carriers, prose and asides are no part of it, nor is the number known already."""
    assert number == number_among_words(written, "La Poste", NUMBER)


@pytest.mark.parametrize("name", ["copyRealMailNo", "realMailNo"])
def test_the_latest_number_is_none_that_was_made_of_words(name: str) -> None:
    """It is followed, and shown as the number to ask the carrier with."""
    told: dict[str, object] = {name: f"Latest Tracking Number {POST}"}
    assert LocalCarrier(None, None, POST) == known_answer(module(NUMBER, detail(), **told)).carrier
    assert known_answer(module(NUMBER, **told)).points_to == POST
    told = {name: "La Poste 6A12345678901", "destCpInfo": {"cpName": "La Poste"}}
    answer = known_answer(module(NUMBER, detail(), **told))
    assert LocalCarrier("La Poste", None, "6A12345678901") == answer.carrier


def test_a_number_of_figures_alone_may_stand_there_as_a_number() -> None:
    """It is about the parcel all the same."""
    answers = parse(body(module(36337263201, detail())), ["36337263201"]).answers
    assert ["36337263201"] == list(answers)
