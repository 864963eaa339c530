"""What the page says, in one of the languages of the alerts.

Its own sentences stand in `web/words/`, a file for each language under the same keys. What the
messages have a word for already (the kinds of alerts and what they say, the services, the places to
look in) is theirs, so that mail and page call a thing by one name.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.languages import ALERT_LANGUAGES, DEFAULT_LANGUAGE, LANGUAGES
from stallwatch.domain.orders import SearchPlace, Service
from stallwatch.messages.translations import Translations
from stallwatch.tracking.profiles import PROFILES

Words = Mapping[str, str | Mapping[str, str]]
"""Sentences by key; a counted one has a form for each plural category of CLDR."""

LANGUAGE_COOKIE = "language"
"""The cookie that keeps the language which somebody has chosen on the page."""


OF_REFUSALS = "refusal."
"""Begins the keys of what the API alone says, in a refusal: the page comes without them."""


@lru_cache
def page_words(language: str) -> Words:
    """All that the page says in a language, its code a key of `ALERT_LANGUAGES`.

    What is not translated yet is said in English.
    """
    own = own_words(language).items()
    words = {key: said for key, said in own if not key.startswith(OF_REFUSALS)}
    messages = Translations(language)
    for family, key, values in (
        ("kind", "title", AlertKind),
        ("says", "says", AlertKind),
        ("service", "service", Service),
        ("place", "spot", SearchPlace),
    ):
        words |= {
            f"{family}.{value}": _capital(messages.text(f"{key}.{value}")) for value in values
        }
    words |= {f"source.{source.name}": source.title for source in PROFILES.values()}
    # A language is called what it calls itself: whoever looks for it can read that.
    return words | {f"language.{known.code}": known.own_name for known in LANGUAGES}


@lru_cache
def own_words(language: str) -> Words:
    """The sentences of `web/words/` in a language, those of refusals among them."""
    return {**_read(DEFAULT_LANGUAGE), **_read(language)}


def chosen_language(cookies: str) -> str | None:
    """The language that somebody has chosen on the page; None where none was, or none is known."""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == LANGUAGE_COOKIE and value in ALERT_LANGUAGES:
            return value
    return None


def _read(language: str) -> Words:
    text = files("stallwatch").joinpath("web", "words", f"{language}.json").read_text("utf-8")
    words: Words = json.loads(text)
    return words


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
