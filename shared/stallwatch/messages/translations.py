"""What the product says, in the languages it speaks.

The sentences stand in `data/words/`, those of the drafts in `data/drafts/`, a file for each
language, under the same keys. A sentence that counts has a form for each of the language's plurals.
Dates and the names of countries are the language's own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale


DEFAULT_LANGUAGE = "en"


LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "pl", "nl")
"""The languages that alerts and drafts are written in."""


Value = str | int | date | datetime
"""What a sentence is filled in with: an instant is written with its time in UTC, a date without."""


@dataclass(frozen=True, slots=True)
class Translations:
    """The sentences of one language.

    Args:
        language: Its code, as its file is called.
        folder: The folder of `data` that the file stands in.
    """

    language: str = DEFAULT_LANGUAGE
    folder: str = "words"

    def say(self, key: str, **values: Value) -> str:
        """A sentence, filled in.

        Args:
            key: Its key.
            values: What it is filled in with; `n` is what it counts.
        """
        sentence = _sentences(self.folder, self.language)[key]
        if isinstance(sentence, Mapping):
            count = values["n"]
            category = self._locale.plural_form(count if isinstance(count, int) else 0)
            sentence = sentence.get(category, sentence["other"])
        return sentence.format(**{name: self._written(v) for name, v in values.items()})

    def has(self, key: str) -> bool:
        """Whether there is a sentence with that key."""
        return key in _sentences(self.folder, self.language)

    def first(self, *keys: str) -> str:
        """The first of some keys for which there is a sentence."""
        return next(key for key in keys if self.has(key))

    def country(self, code: str) -> str:
        """The name of a country."""
        return str(self._locale.territories.get(code, code))

    @property
    def _locale(self) -> "Locale":
        return _locale(self.language)

    def _written(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        from babel.dates import format_date, format_time  # noqa: PLC0415

        if isinstance(value, datetime):
            at = value.astimezone(UTC)
            day = format_date(at.date(), "long", locale=self._locale)
            return f"{day}, {format_time(at, 'short', locale=self._locale)} UTC"
        if isinstance(value, date):
            return str(format_date(value, "long", locale=self._locale))
        return str(value)


@lru_cache
def _sentences(folder: str, language: str) -> Mapping[str, str | Mapping[str, str]]:
    text = files(__package__).joinpath("data", folder, f"{language}.json").read_text("utf-8")
    sentences: Mapping[str, str | Mapping[str, str]] = json.loads(text)
    return sentences


@lru_cache
def _locale(language: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415

    return Locale.parse(language)
