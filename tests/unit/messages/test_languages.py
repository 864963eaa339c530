"""One entry a language: whatever else lists the languages has the same."""

import pytest
from babel import Locale

from stallwatch.domain.languages import (
    ALERT_LANGUAGES,
    BY_CODE,
    DEFAULT_LANGUAGE,
    LANGUAGES,
    Language,
)


def test_each_language_has_one_entry() -> None:
    """And the default is one of them."""
    assert len(LANGUAGES) == len(BY_CODE)
    assert DEFAULT_LANGUAGE in ALERT_LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_an_entry_says_the_plurals_that_its_language_has(language: Language) -> None:
    """Those of whole numbers that a sentence may count."""
    locale = Locale.parse(language.code, sep="-")
    used = {locale.plural_form(n) for n in range(1000)}
    assert used | {"other"} == set(language.plurals)
