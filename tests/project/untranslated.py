"""What is not translated yet: the page `docs/translations.md`.

`python -m tests.project.untranslated` fails while something is: no release is made then.
"""

import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from stallwatch.domain.languages import BY_CODE, DEFAULT_LANGUAGE, LANGUAGES

Sentence = str | Mapping[str, str]
"""A sentence, or its form for each plural category."""

OF_A_COUNTRY = "country."
"""Begins the keys that a language has only where CLDR's name does not do."""

TO_SELLERS = ("question.", "reminder.dated", "no_partial", "no_withdrawal", "refund.")
"""Begin the keys that a language only for sellers has."""

_HEAD = """# Translations

A sentence is written in English first, and sent in English to everybody until it is translated.
This page lists what is missing; `make generate` writes it. A release is made only when nothing is.

"""


@lru_cache
def page_sentences(language: str) -> Mapping[str, Sentence]:
    """The page's own sentences in a language, by key."""
    path = files("stallwatch").joinpath("web", "words", f"{language}.json")
    read: Mapping[str, Sentence] = json.loads(path.read_text("utf-8"))
    return read


@lru_cache
def sentences(language: str) -> Mapping[str, Sentence]:
    """The sentences of messages, advice and drafts in a language, by key."""
    path = files("stallwatch").joinpath("messages", "data", f"{language}.json")
    read: Mapping[str, Sentence] = json.loads(path.read_text("utf-8"))
    return read


def needed(language: str) -> list[str]:
    """The keys that a language must have, in the order of English."""
    to_sellers = TO_SELLERS if not BY_CODE[language].for_alerts else ""
    return [
        key
        for key in sentences(DEFAULT_LANGUAGE)
        if not key.startswith(OF_A_COUNTRY) and key.startswith(to_sellers)
    ]


def missing(language: str) -> list[str]:
    """The keys that a language does not have yet, those of the page after those of the messages."""
    of_messages = [key for key in needed(language) if key not in sentences(language)]
    if not BY_CODE[language].for_alerts:
        return of_messages
    known = page_sentences(language)
    return of_messages + [key for key in page_sentences(DEFAULT_LANGUAGE) if key not in known]


def page() -> str:
    """The page."""
    rows = [
        f"| {language.english_name} (`{language.code}`) | {', '.join(f'`{k}`' for k in keys)} |"
        for language in LANGUAGES
        if (keys := missing(language.code))
    ]
    if not rows:
        return f"{_HEAD}Nothing is missing.\n"
    return _HEAD + "\n".join(["| language | not translated |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(
        f"not translated, see docs/translations.md\n{page()}"
        if any(missing(language.code) for language in LANGUAGES)
        else 0
    )
