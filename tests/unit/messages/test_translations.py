"""What the product says, in every language that it speaks."""

import json
import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, get_args

import pytest
from babel import Locale

from stallwatch.api import fields
from stallwatch.domain.countries import COUNTRIES
from stallwatch.messages.drafts import SELLER_LANGUAGES
from stallwatch.messages.translations import DEFAULT_LANGUAGE, LANGUAGES, Translations
from tests.support.template import template

DATA = files("stallwatch").joinpath("messages", "data")

FILES = {
    "words": LANGUAGES,
    "drafts": SELLER_LANGUAGES,
    # Whoever decides about a claim reads English.
    "claims": (DEFAULT_LANGUAGE,),
}
"""The languages of each folder."""

EVERY = [(folder, language) for folder, languages in FILES.items() for language in languages]


def text_of(folder: str, language: str) -> str:
    return DATA.joinpath(folder, f"{language}.json").read_text("utf-8")


def sentences(folder: str, language: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text_of(folder, language))
    return read


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def forms(sentence: str | Mapping[str, str]) -> dict[str, str]:
    return {"other": sentence} if isinstance(sentence, str) else dict(sentence)


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
    found = {path.name.removesuffix(".json") for path in DATA.joinpath(folder).iterdir()}
    assert set(FILES[folder]) == found


def test_every_list_of_languages_is_the_same() -> None:
    """What the API takes, and what the stack may be set to."""
    assert LANGUAGES == get_args(fields.Language)
    assert SELLER_LANGUAGES == get_args(fields.SellerLanguage)
    assert list(LANGUAGES) == template()["Parameters"]["Language"]["AllowedValues"]


@pytest.mark.parametrize(("folder", "language"), EVERY)
def test_every_language_has_every_sentence(folder: str, language: str) -> None:
    """Under the same keys, no more and no less, and each once; Chinese is for the seller alone."""
    pairs = json.loads(text_of(folder, language), object_pairs_hook=lambda found: found)
    there = sentences(folder, language)
    assert len(pairs) == len(there)
    needed = set(ENGLISH[folder])
    if language not in LANGUAGES:
        needed = {key for key in needed if not key.startswith("dispute.")}
    assert needed == set(there)


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
    locale = Locale.parse(language)
    needed = {locale.plural_form(n) for n in range(1000)} | {"other"}
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_a_name(language: str) -> None:
    """Every destination that an order may have."""
    words = Translations(language)
    assert [] == [code for code in sorted(COUNTRIES) if words.country(code) in {"", code}]


def test_a_country_that_is_none_is_its_code() -> None:
    """It comes from an older order at the worst."""
    assert "ZQ" == Translations().country("ZQ")


def test_counting_chooses_the_form() -> None:
    """One day, two days, and none."""
    said = [Translations().say("what.refund_claim.no_news", n=n) for n in (0, 1, 2)]
    assert ["For 0 days", "For 1 day ", "For 2 days"] == [text[:10] for text in said]


def test_dates_are_the_language_s_own() -> None:
    """A day without a time, an instant with it and in UTC."""
    words = Translations()
    assert "June 5, 2026" in words.say("advice.snoozed", date=date(2026, 6, 5))
    told = words.say(
        "what.source_up", source="Cainiao", time=datetime(2026, 6, 5, 14, 3, tzinfo=UTC)
    )
    assert "June 5, 2026" in told
    assert "2:03" in told
    assert "UTC" in told


def test_what_is_filled_in_is_never_taken_for_a_sentence() -> None:
    """Braces in a title stay braces."""
    assert "Order 1: {order_id} {0}" == Translations().say(
        "line.title", order_id="1", title="{order_id} {0}"
    )


def test_a_sentence_can_be_looked_for() -> None:
    """The first of some keys that there is."""
    words = Translations()
    assert words.has("advice.closed")
    assert not words.has("advice.nothing")
    assert "advice.closed" == words.first("advice.nothing", "advice.closed", "advice.disputed")
