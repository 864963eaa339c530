"""What the page says: every sentence is there in every language, and none is left over."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

import pytest

from stallwatch.api.page_words import Words, chosen_language, page_words
from stallwatch.api.static import MODULES, served_file
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.languages import ALERT_LANGUAGES, BY_CODE
from stallwatch.domain.orders import ActionKind, SearchPlace, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.messages.drafts import SELLER_LANGUAGES, DraftKind
from stallwatch.messages.translations import Translations

FOLDER = files("stallwatch") / "web"
PAGE = "".join(FOLDER.joinpath(f"{name}.js").read_text("utf-8") for name in MODULES)
ENGLISH = page_words("en")

CHOSEN = set(re.findall(r"\b(?:say|word|known)\(`?\"?([a-z_]+)(?:\.\$\{|\")", PAGE))
"""The families of words of which the page chooses one."""

BY_NAME = {"hint", "wrong", "doubt", "noscript"}
"""Those that are chosen otherwise: by a field's name, or by the page itself."""


def written(language: str) -> Words:
    """The file of a language."""
    text = FOLDER.joinpath("words", f"{language}.json").read_text("utf-8")
    words: Words = json.loads(text)
    return words


def forms(sentence: str | Mapping[str, str]) -> list[str]:
    """A sentence in all its forms."""
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", sentence))


def test_every_sentence_that_is_said_is_there() -> None:
    """As far as its key stands in the code."""
    said = set(re.findall(r'\bsay\("([^"]+)"', PAGE))

    assert set() == said - set(ENGLISH)


def test_no_sentence_is_left_over() -> None:
    """Each is said by its key, or chosen from its family."""
    named = {key for key in ENGLISH if f'"{key}"' in PAGE}
    chosen = {key for key in ENGLISH if key.partition(".")[0] in CHOSEN | BY_NAME}

    assert set() == set(ENGLISH) - named - chosen


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("stage", Stage),
        ("state", State),
        ("kind", AlertKind),
        ("says", AlertKind),
        ("service", Service),
        ("place", SearchPlace),
        ("ask", SearchPlace),
        ("action", ActionKind),
        ("does", ActionKind),
        ("draft", DraftKind),
    ],
)
def test_there_is_a_word_for_every_value_of_the_api(family: str, values: type[StrEnum]) -> None:
    """And for no other."""
    known = {key.partition(".")[2] for key in ENGLISH if key.startswith(f"{family}.")}

    assert set(values) == known


def test_every_language_has_a_name() -> None:
    """Those of the alerts, and the one that only sellers get."""
    assert {f"language.{code}" for code in SELLER_LANGUAGES} == {
        key for key in ENGLISH if key.startswith("language.")
    }


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_every_language_says_what_english_says(language: str) -> None:
    """In the same order, and filled in alike; `docs/translations.md` lists what it lacks."""
    words, english = written(language), written("en")

    assert [key for key in english if key in words] == list(words)
    for key in words:
        sentence = english[key]
        wanted = placeholders(forms(sentence)[-1])
        for form in forms(words[key]):
            assert form == form.strip() != "", key
            assert wanted == placeholders(form), key


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_a_view_and_what_it_is_about_have_one_name(language: str) -> None:
    """In the navigation, above the view, at an order and in a message."""
    words = page_words(language)
    alerts = str(words["nav.subscriptions"]).lower()

    assert words["nav.list"] == words["list.title"]
    assert words["nav.stats"] == words["stats.title"]
    assert words["nav.add"] == words["form.add_go"]
    for sentence in ("order.alerts", "stats.alerts", "subs.all", "field.kinds", "banner.alerts"):
        assert alerts in str(words[sentence]).lower(), sentence
    assert alerts in Translations(language).text("what.test").lower()


def test_french_signs_stay_with_their_words() -> None:
    """The blank that French has beside them breaks no line."""
    said = [form for sentence in written("fr").values() for form in forms(sentence)]

    assert [] == [form for form in said if re.search(" [:;?!»%]|« ", form)]


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_what_counts_has_a_form_for_each_plural(language: str) -> None:
    """Of CLDR, as the browser chooses among them; all say the number."""
    counted = {key: forms for key, forms in written(language).items() if isinstance(forms, dict)}

    english = {k for k, forms in written("en").items() if isinstance(forms, dict)}
    assert counted.keys() == english & written(language).keys()
    for key, by_category in counted.items():
        assert set(BY_CODE[language].plurals) == set(by_category), key
        assert all("{n}" in form for form in by_category.values()), key


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_the_page_comes_with_the_words_of_its_language_alone(language: str) -> None:
    """As data that nothing in them can end, and with the whole first load far below its limit."""
    page = served_file("index.html", language)
    text = page.content.decode()
    (data,) = re.findall(r'<script type="application/json" id="words">(.*?)</script>', text)

    assert json.loads(data) == dict(page_words(language))
    assert f'<html lang="{language}">' in text
    assert str(page_words(language)["noscript"]) in text
    assert len(page.compressed) + len(served_file("app.js").compressed) < 45_000


def test_no_word_stands_in_the_code() -> None:
    """A text between two words that are not code would be English in every language."""
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", PAGE, flags=re.DOTALL)
    texts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', code)
    sentences = [text for text in texts if re.search(r"[A-Z][a-z]+ [a-z]|[a-z]{2}[.!?]$", text)]
    children = re.findall(r'h\("[a-z0-9.-]+",(?: \{[^{}]*\},)? "([^"]*[A-Za-z]{2}[^"]*)"', code)

    assert [] == sentences + children


@pytest.mark.parametrize(
    ("cookies", "language"),
    [
        ("", None),
        ("language=de", "de"),
        ("a=b; language=pt-PT; c=d", "pt-PT"),
        ("language=zh", None),
        ("language=../en", None),
        ("xlanguage=de", None),
    ],
)
def test_a_chosen_language_is_read_from_its_cookie(cookies: str, language: str | None) -> None:
    """One that the page does not speak is as if none was chosen."""
    assert language == chosen_language(cookies)
