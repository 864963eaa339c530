"""One record an alert kind: whatever misses something is named with the file to touch."""

import json
from importlib.resources import files

import pytest

from stallwatch.domain.alerts import PROFILES, AlertKind
from stallwatch.messages.advice import ADVICE
from stallwatch.messages.alert_kinds import ALERT_TEXTS
from stallwatch.messages.languages import ALERT_LANGUAGES
from stallwatch.messages.translations import Translations
from tests.support.message_samples import ABOUT_ORDERS, NATURAL, OF_THE_SOURCE


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_has_its_records(kind: AlertKind) -> None:
    """Severity, texts, advice, and the page's word."""
    assert kind in PROFILES, "add it to PROFILES in shared/stallwatch/domain/alerts.py"
    assert kind in ALERT_TEXTS, "add it to ALERT_TEXTS in shared/stallwatch/messages/alert_kinds.py"
    asked = {advice.alert[0] for advice in ADVICE.values() if advice.alert is not None}
    quiet = {AlertKind.DELIVERED, AlertKind.MOVING_AGAIN} | OF_THE_SOURCE
    assert kind in asked | quiet, "give a situation of it in shared/stallwatch/messages/advice.py"


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_has_its_word_on_the_page(kind: AlertKind) -> None:
    """In `web/words/`, what it will say; its name is the messages' own."""
    words = files("stallwatch").joinpath("web", "words", "en.json").read_text("utf-8")
    word = f'"says.{kind}"'
    assert word in words, f"add {word} to shared/stallwatch/web/words/"


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_has_its_texts(kind: AlertKind, language: str) -> None:
    """A title, what happened, and the SMS."""
    file = f"shared/stallwatch/messages/data/words/{language}.json"
    text = files("stallwatch").joinpath("messages", "data", "words", f"{language}.json")
    keys = json.loads(text.read_text("utf-8"))
    shared_with = {AlertKind.STALLED: "what.silence"}
    wanted = (f"title.{kind}", shared_with.get(kind, f"what.{kind}"), f"sms.{kind}")
    for prefix in wanted:
        assert any(key.startswith(prefix) for key in keys), f"add {prefix} to {file}"


def test_each_kind_and_reason_has_a_situation_that_is_natural_to_it() -> None:
    """So that the sheets of texts show it."""
    assert set(ABOUT_ORDERS) == set(NATURAL)


def test_a_missing_sentence_is_an_error() -> None:
    """Never another kind's sentence."""
    with pytest.raises(KeyError):
        Translations().text("what.nothing")
