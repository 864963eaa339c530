"""One record an alert kind: whatever misses something is named with the file to touch."""

import pytest

from stallwatch.domain.alerts import ASKED_BY, PROFILES, AlertKind
from stallwatch.domain.languages import DEFAULT_LANGUAGE
from stallwatch.messages.translations import Translations
from tests.project.untranslated import sentences
from tests.support.message_samples import WITHOUT_ORDER


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_has_its_records(kind: AlertKind) -> None:
    """Severity, and advice unless its profile says that it asks for nothing."""
    assert kind in PROFILES, "add it to PROFILES in shared/stallwatch/domain/alerts.py"
    asked = {kind for kind, _ in ASKED_BY.values()}
    assert kind in asked or kind in WITHOUT_ORDER or PROFILES[kind].asks_to.startswith("nothing"), (
        "name its situations in PROFILES in shared/stallwatch/domain/alerts.py, "
        f"or let its profile begin asks_to with nothing: {PROFILES[kind].asks_to}"
    )


@pytest.mark.parametrize("kind", AlertKind)
def test_a_kind_has_its_texts(kind: AlertKind) -> None:
    """A title, what it says, what happened, and the SMS, in English: other languages follow."""
    file = "shared/stallwatch/messages/data/en.json"
    keys = sentences(DEFAULT_LANGUAGE)
    shared_with = {AlertKind.STALLED: "what.silence"}
    what = shared_with.get(kind, f"what.{kind}")
    wanted = (f"title.{kind}", f"says.{kind}", what, f"sms.{kind}")
    for prefix in wanted:
        assert any(key.startswith(prefix) for key in keys), f"add {prefix} to {file}"


def test_a_missing_sentence_is_an_error() -> None:
    """Never another kind's sentence."""
    with pytest.raises(KeyError):
        Translations().text("what.nothing")
