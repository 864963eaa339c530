"""One entry a language: whatever else lists the languages has the same."""

from typing import get_args

import pytest
from babel import Locale

from stallwatch.api import fields
from stallwatch.messages.languages import (
    ALERT_LANGUAGES,
    BY_CODE,
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SELLER_LANGUAGES,
    Language,
)
from tests.support.template import template


def test_every_list_of_languages_is_the_same() -> None:
    """What the API takes (`api/fields.py`), and what the stack may be set to (`template.yaml`)."""
    assert ALERT_LANGUAGES == get_args(fields.Language)
    assert SELLER_LANGUAGES == get_args(fields.SellerLanguage)
    assert list(ALERT_LANGUAGES) == template()["Parameters"]["Language"]["AllowedValues"]


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
