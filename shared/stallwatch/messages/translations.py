"""The sentences of a language, filled in.

The sentences of messages, advice and drafts stand in `data/<language>.json`, under the same keys in
each; those of the claim file in `data/claims/`, in English alone. A counted sentence has a form for
each plural category of its language. Dates are written as the language writes them.
`country.<code>` is the name of a country where CLDR's is longer or less usual.

A sentence that is not translated yet is written in English: `docs/translations.md` lists them.

A placeholder takes a format: `{date:short}` is a day without its year. Italian joins a date with
the article before it, so `{date:dal}` writes "dal 7 agosto" and "dall'8 agosto".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from stallwatch.domain.languages import BY_CODE, DEFAULT_LANGUAGE

if TYPE_CHECKING:
    from babel import Locale


Value = str | int | date | datetime
"""What a sentence is filled in with: an instant is written with its time in UTC, a date without."""


_ITALIAN_ARTICLES = {
    "il": ("il ", "l'"),
    "dal": ("dal ", "dall'"),
    "del": ("del ", "dell'"),
    "al": ("al ", "all'"),
}
"""Before a day, and before the two days whose name begins with a vowel."""


_ITALIAN_VOWEL_DAYS = frozenset({8, 11})


_FIRST_OF_MONTH = {"fr": "1er", "pt": "1º"}
"""Who writes the first of a month as an ordinal, which CLDR does not; in Portugal nobody does."""


class _WrittenDate:
    """A day or an instant in a language; the format of its placeholder chooses the form."""

    def __init__(self, value: date, language: str) -> None:
        self._value = value
        self._language = language

    def __format__(self, form: str) -> str:
        value = self._value
        day_or_instant = value.astimezone(UTC) if isinstance(value, datetime) else value
        return _date_text(day_or_instant, self._language, form)


# A message about many orders says the same few dates again and again.
@lru_cache(maxsize=1024)
def _date_text(value: date, language: str, form: str) -> str:
    """A day, or an instant in UTC, as a language writes it."""
    from babel.dates import format_date, format_time  # noqa: PLC0415

    locale = _locale(language)
    at = value if isinstance(value, datetime) else None
    day = value if at is None else at.date()
    if form == "short":
        return str(format_date(day, BY_CODE[language].day_month, locale=locale))
    text = str(format_date(day, "long", locale=locale))
    if day.day == 1 and language in _FIRST_OF_MONTH:
        text = text.replace("1 ", f"{_FIRST_OF_MONTH[language]} ", 1)
    if at is not None:
        text = f"{text}, {format_time(at, 'short', locale=locale)} UTC"
    if form:
        consonant, vowel = _ITALIAN_ARTICLES[form]
        text = (vowel if day.day in _ITALIAN_VOWEL_DAYS else consonant) + text
    return text


@dataclass(frozen=True, slots=True)
class Translations:
    """The sentences of one language.

    Args:
        language: Its code, as its file is called.
        folder: The folder below `data` that the file stands in; empty: `data` itself.
    """

    language: str = DEFAULT_LANGUAGE
    folder: str = ""

    def text(self, key: str, **values: Value) -> str:
        """A sentence, filled in; in English where it is not translated.

        Args:
            key: Its key.
            values: What it is filled in with; `n` is what it counts.

        Raises:
            KeyError: there is no such sentence, or a value is missing.
        """
        sentence = _sentences(self.folder, self.language).get(key)
        if sentence is None:
            if self.language == DEFAULT_LANGUAGE:
                raise KeyError(key)
            return Translations(DEFAULT_LANGUAGE, self.folder).text(key, **values)
        if not isinstance(sentence, str):
            count = values["n"]
            category = _locale(self.language).plural_form(count if isinstance(count, int) else 0)
            sentence = sentence.get(category, sentence["other"])
        written = {
            name: _WrittenDate(value, self.language) if isinstance(value, date) else value
            for name, value in values.items()
        }
        return sentence.format(**written)

    def has(self, key: str) -> bool:
        """Whether there is a sentence with that key.

        A language of alerts has what English has; one that only sellers read has its own alone.
        """
        spoken = DEFAULT_LANGUAGE if BY_CODE[self.language].for_alerts else self.language
        return key in _sentences(self.folder, spoken)

    def first_key(self, *keys: str) -> str:
        """The first of some keys for which there is a sentence.

        Raises:
            KeyError: there is none for any.
        """
        for key in keys:
            if self.has(key):
                return key
        raise KeyError(keys[-1])

    def country(self, code: str) -> str:
        """The short name of a country; its code where it has none."""
        short = _sentences(self.folder, self.language).get(f"country.{code}")
        return str(short or _locale(self.language).territories.get(code, code))


@lru_cache
def _sentences(folder: str, language: str) -> Mapping[str, str | Mapping[str, str]]:
    text = files(__package__).joinpath("data", folder, f"{language}.json").read_text("utf-8")
    sentences: Mapping[str, str | Mapping[str, str]] = json.loads(text)
    return sentences


@lru_cache
def _locale(language: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415

    return Locale.parse(language, sep="-")
