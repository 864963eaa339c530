"""What the page says: every sentence is there, and none is left over."""

import json
import re
from enum import StrEnum
from importlib.resources import files

import pytest

from stallwatch.api.static import MODULES
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import ActionKind, Service, State
from stallwatch.domain.parcels import Stage
from stallwatch.messages.drafts import SELLER_LANGUAGES, DraftKind

FOLDER = files("stallwatch") / "web"
PAGE = "".join(
    FOLDER.joinpath(f"{name}.js").read_text("utf-8") for name in MODULES if name != "words"
)
WORDS: dict[str, str | dict[str, str]] = json.loads(
    FOLDER.joinpath("words.js")
    .read_text("utf-8")
    .partition("export const WORDS = ")[2]
    .rstrip(";\n")
)

CHOSEN = set(re.findall(r"\b(?:say|word|known)\(`?\"?([a-z_]+)(?:\.\$\{|\")", PAGE))
"""The families of words of which the page chooses one."""


def test_every_sentence_that_is_said_is_there() -> None:
    """As far as its key stands in the code."""
    said = set(re.findall(r'\bsay\("([^"]+)"', PAGE))

    assert set() == said - set(WORDS)


def test_no_sentence_is_left_over() -> None:
    """Each is said by its key, or chosen from its family."""
    named = {key for key in WORDS if f'"{key}"' in PAGE}
    chosen = {key for key in WORDS if key.partition(".")[0] in CHOSEN | {"hint"}}

    assert set() == set(WORDS) - named - chosen


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("stage", Stage),
        ("state", State),
        ("kind", AlertKind),
        ("service", Service),
        ("action", ActionKind),
        ("does", ActionKind),
        ("draft", DraftKind),
    ],
)
def test_there_is_a_word_for_every_value_of_the_api(family: str, values: type[StrEnum]) -> None:
    """And for no other."""
    known = {key.partition(".")[2] for key in WORDS if key.startswith(f"{family}.")}

    assert set(values) == known


def test_every_language_has_a_name() -> None:
    """Those of the alerts, and the one that only sellers get."""
    assert {f"language.{code}" for code in SELLER_LANGUAGES} == {
        key for key in WORDS if key.startswith("language.")
    }


def test_what_counts_has_both_forms() -> None:
    """English has two, and both say the number."""
    counted = [forms for forms in WORDS.values() if isinstance(forms, dict)]

    assert counted
    for forms in counted:
        assert {"one", "other"} == set(forms)
        assert all("{n}" in form for form in forms.values())
