"""What the product says, in every language that it speaks."""

import json
import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import pytest

from stallwatch.domain.countries import COUNTRIES
from stallwatch.domain.languages import (
    ALERT_LANGUAGES,
    BY_CODE,
    DEFAULT_LANGUAGE,
    SELLER_LANGUAGES,
)
from stallwatch.messages import translations
from stallwatch.messages.translations import Translations, Value
from tests.project.untranslated import OF_A_COUNTRY, needed

DATA = files("stallwatch").joinpath("messages", "data")

FILES = {
    "": SELLER_LANGUAGES,
    # Whoever decides about a claim reads English.
    "claims/": (DEFAULT_LANGUAGE,),
}
"""The languages of each folder."""

EVERY = [(folder, language) for folder, languages in FILES.items() for language in languages]


def file_of(folder: str, language: str) -> str:
    """Where a language's sentences stand, for a message that names the file to touch."""
    return f"shared/stallwatch/messages/data/{folder}{language}.json"


def text_of(folder: str, language: str) -> str:
    path = DATA.joinpath(f"{folder}{language}.json")
    assert path.is_file(), f"there is no {file_of(folder, language)}: copy en.json and translate it"
    return path.read_text("utf-8")


def sentences(folder: str, language: str) -> dict[str, Any]:
    """The sentences by key, but for names of countries."""
    read: dict[str, Any] = json.loads(text_of(folder, language))
    return {key: value for key, value in read.items() if not key.startswith(OF_A_COUNTRY)}


def placeholders(sentence: str) -> set[str]:
    """What a sentence is filled in with; the carrier may stand in parentheses or without them."""
    names = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
    return {"carrier" if name == "carrier_named" else name for name in names}


def forms(sentence: str | Mapping[str, str]) -> dict[str, str]:
    return {"other": sentence} if isinstance(sentence, str) else dict(sentence)


KEY = "add.days_left"
"""A counted sentence with a date."""

ENGLISH = {folder: sentences(folder, DEFAULT_LANGUAGE) for folder in FILES}


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_a_country_s_name_needs_no_article(folder: str, language: str) -> None:
    """It stands alone, in parentheses or after a colon: nobody says "to Netherlands"."""
    for key, sentence in sentences(folder, language).items():
        for form in forms(sentence).values():
            bare = re.sub(r"(?:\(|: ?|\u202f: )\{(?:country|other)\}", "", form)
            assert not {"country", "other"} & placeholders(bare), key


@pytest.mark.parametrize("folder", FILES)
def test_the_languages_are_those_that_can_be_chosen(folder: str) -> None:
    """A file for each, and no file that nobody can choose."""
    there = [path.name for path in DATA.joinpath(folder).iterdir() if path.is_file()]
    assert {f"{language}.json" for language in FILES[folder]} == set(there), (
        "shared/stallwatch/domain/languages.py: an entry for each file"
    )


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_no_language_has_a_sentence_that_english_has_not(folder: str, language: str) -> None:
    """Each stands once, and is needed; `docs/translations.md` lists what is missing."""
    pairs = json.loads(text_of(folder, language), object_pairs_hook=lambda found: found)
    assert len(pairs) == len(json.loads(text_of(folder, language)))
    keys = set(needed(language)) if folder == "" else set(ENGLISH[folder])
    assert set() == set(sentences(folder, language)) - keys, file_of(folder, language)


def test_what_is_not_translated_is_written_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole sentence, with its own dates and plurals; but a country's name stays German."""
    read = translations._sentences  # noqa: SLF001

    def without(folder: str, language: str) -> Mapping[str, str | Mapping[str, str]]:
        return {k: v for k, v in read(folder, language).items() if (language, k) != ("de", KEY)}

    monkeypatch.setattr(translations, "_sentences", without)
    words = Translations("de")
    values: dict[str, Value] = {"date": date(2026, 6, 20), "n": 2}
    assert words.has(KEY)
    assert Translations().text(KEY, **values) == words.text(KEY, **values)
    assert "Hongkong" == words.country("HK")


def test_a_language_for_sellers_alone_has_no_other_sentence() -> None:
    """A draft that it does not have is not offered, rather than offered in English."""
    assert Translations("zh").has("question.silent")
    assert not Translations("zh").has("dispute.silent")


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_a_sentence_is_filled_in_with_the_same_everywhere(folder: str, language: str) -> None:
    """A translation that asks for another value would fail only when it is sent."""
    for key, translated in sentences(folder, language).items():
        english = placeholders(forms(ENGLISH[folder][key])["other"])
        for form, sentence in forms(translated).items():
            found = placeholders(sentence)
            # The form for one thing, or for none or two, may say the number in words.
            assert english - {"n"} <= found <= english, key
            assert form != "other" or english == found, key


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_what_counts_has_a_form_for_each_plural(folder: str, language: str) -> None:
    """Those that whole numbers can have in that language, and what counts in English does so."""
    needed = set(BY_CODE[language].plurals)
    for key, sentence in sentences(folder, language).items():
        counts = isinstance(ENGLISH[folder][key], Mapping)
        assert counts == isinstance(sentence, Mapping), key
        if counts:
            assert needed == set(sentence), key
            assert "n" in placeholders(sentence["other"]), key


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_a_sentence_is_one_clean_line(folder: str, language: str) -> None:
    """Without blanks around it, for it stands in subjects and lists."""
    for key, sentence in sentences(folder, language).items():
        for form in forms(sentence).values():
            assert form == form.strip() != "", key
            assert form.isprintable(), key


@pytest.mark.parametrize(
    ("folder", "language"), [(f, language) for f, language in EVERY if language != DEFAULT_LANGUAGE]
)
def test_nothing_is_left_in_english(folder: str, language: str) -> None:
    """What reads the same in both is a name, or made of placeholders."""
    same = {
        key
        for key, sentence in sentences(folder, language).items()
        if sentence == ENGLISH[folder][key] and len(str(sentence).split()) > 3
    }
    assert set() == same


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_every_country_has_a_name(language: str) -> None:
    """Every destination that an order may have."""
    words = Translations(language)
    assert [] == [code for code in sorted(COUNTRIES) if words.country(code) in {"", code}]


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_hong_kong_has_its_short_name(language: str) -> None:
    """Not "Sonderverwaltungsregion Hongkong"."""
    assert Translations(language).country("HK") in {"Hong Kong", "Hongkong"}


def test_a_country_that_is_none_is_its_code() -> None:
    """It comes from an older order at the worst."""
    assert "ZQ" == Translations().country("ZQ")


def test_counting_chooses_the_form() -> None:
    """One day, two days, and none."""
    texts = [Translations().text("what.refund_claim.no_news", n=n) for n in (0, 1, 2)]
    assert ["For 0 days", "For 1 day ", "For 2 days"] == [text[:10] for text in texts]


@pytest.mark.parametrize(
    ("days", "expected"), [(1, "{n} dzień"), (2, "{n} dni"), (5, "{n} dni"), (22, "{n} dni")]
)
def test_polish_counts_with_three_forms(days: int, expected: str) -> None:
    """One, few and many."""
    text = Translations("pl").text("add.days_left", date=date(2026, 6, 20), n=days)
    assert expected.format(n=days) in text


def test_dates_are_the_language_s_own() -> None:
    """A day without a time, an instant with it and in UTC."""
    words = Translations()
    assert "June 5, 2026" in words.text("advice.snoozed", date=date(2026, 6, 5))
    text = words.text(
        "what.source_up", source="Cainiao", time=datetime(2026, 6, 5, 14, 3, tzinfo=UTC)
    )
    assert "June 5, 2026" in text
    assert "2:03" in text
    assert "UTC" in text


@pytest.mark.parametrize(
    ("language", "key", "day", "expected"),
    [
        ("fr", "add.by", 1, "le 1er juin 2026"),
        ("fr", "add.by", 11, "le 11 juin 2026"),
        ("it", "add.by", 7, "entro il 7 giugno 2026"),
        ("it", "add.by", 8, "entro l'8 giugno 2026"),
        ("it", "add.late_from", 11, "dall'11 giugno 2026"),
        ("it", "add.late_from", 27, "dal 27 giugno 2026"),
        ("it", "add.seller_until", 8, "fino all'8 giugno 2026"),
        ("it", "line.protection_ends", 1, "prima del 1 giugno 2026"),
        ("pl", "add.by", 20, "20 czerwca 2026"),
        ("pt", "add.by", 20, "20 de junho de 2026"),
        ("pt", "add.by", 1, "até 1º de junho de 2026"),
        ("pt-PT", "add.by", 1, "até 1 de junho de 2026"),
    ],
)
def test_a_date_is_written_as_the_language_writes_it(
    language: str, key: str, day: int, expected: str
) -> None:
    """With the ordinal of the first, and the article that the day asks for."""
    assert expected in Translations(language).text(key, date=date(2026, 6, day))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "June 20"), ("de", "20.06."), ("fr", "20/06"), ("nl", "20-06"), ("pl", "20.06")],
)
def test_an_sms_writes_a_day_without_its_year(language: str, expected: str) -> None:
    """As short as the language writes it."""
    assert expected in Translations(language).text("sms.protection_ending", date=date(2026, 6, 20))


def test_what_is_filled_in_is_never_taken_for_a_sentence() -> None:
    """Braces in a title stay braces."""
    assert "{order_id} {0} (order 1)" == Translations().text(
        "line.title", order_id="1", title="{order_id} {0}"
    )


def test_a_sentence_can_be_looked_for() -> None:
    """The first of some keys that there is."""
    words = Translations()
    assert words.has("advice.late")
    assert not words.has("advice.nothing")
    assert "advice.late" == words.first_key("advice.nothing", "advice.late", "advice.x")
    with pytest.raises(KeyError):
        words.first_key("advice.nothing")


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_no_sentence_names_a_number_of_days_that_parameters_change(language: str) -> None:
    """Thresholds are parameters of the stack: days are filled in, or not named."""
    days = r"\b\d+ ?(?:days?|Tagen?|jours?|días?|dias?|giorn[oi]|dag(?:en)?|dni|dnia|dzień)\b"
    for key, sentence in sentences("", language).items():
        assert not any(re.search(days, form) for form in forms(sentence).values()), key
