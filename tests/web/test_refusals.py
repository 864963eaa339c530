"""What the API refuses is said in the page's language: each sentence of the code has its words."""

import ast
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from stallwatch.api.models import NewOrder
from stallwatch.api.page_words import own_words
from stallwatch.api.refusal_words import SENTENCES, in_words, key_of, translated_body
from stallwatch.api.subscription_models import SubscriptionIn
from stallwatch.domain.languages import ALERT_LANGUAGES

_SOURCES = (
    *("api", "imports", "orders", "claims", "calendar"),
    *("domain/validation.py", "domain/actions.py", "alerting/subscriptions.py"),
)
"""Where the sentences stand that can reach the page."""

_SAYING = {
    "SenselessError",
    "UnacceptableError",
    "UnreadableError",
    "ImportUnreadableError",
    "ImportTooLargeError",
    "RejectedRow",
    "CellError",
    "ValueError",
    "refusal",
    "_rejected",
}
"""What is called with a sentence."""

_FOR_DEVELOPERS = {
    "domain/thresholds.py",
    "imports/columns.py",
    "api/claim_models.py",
}

_CAUGHT = {
    *("no id", "no answers", "no zone", "no day", "no amount", "no object", "not a cursor"),
    *("nested too deep", "list of numbers"),
}
"""What is caught in the same module, or only tells a caller what was tried."""

_RETURNING = {"validation", "reading"}
"""Modules with functions that return what is said."""

_FIELD = "shipped_on"

_SENT: tuple[tuple[type[BaseModel], dict[str, object]], ...] = (
    (NewOrder, {}),
    (NewOrder, {"order_id": "a/b", "ordered_on": "2026-06-01", "title": "x" * 2001}),
    (SubscriptionIn, {"protocol": "email", "endpoint": "a@b.cd", "kinds": []}),
)
"""What a form can send that the models themselves refuse, in pydantic's words."""


def _paths() -> Iterator[Path]:
    root = Path(str(files("stallwatch")))
    for source in _SOURCES:
        path = root / source
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _text(node: ast.expr) -> str | None:
    """A text, filled in where it has places; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(
            r"\{(\w+)\}", lambda place: _FIELD if place[1] == "field" else "7", node.value
        )
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values
        )
    return None


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts of an expression, those that it chooses among too."""
    text = _text(node)
    if text is not None:
        yield text
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value)
    elif isinstance(node, ast.DictComp):
        yield from _texts(node.value)


def _said_in(path: Path) -> Iterator[str]:
    """The sentences of a module that a refusal or a report may hold."""
    tree = ast.parse(path.read_text("utf-8"))
    is_import = path.parent.name == "imports"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            for argument in node.args if name in _SAYING else ():
                yield from _texts(argument)
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            is_reason = isinstance(target, ast.Subscript) and "reasons" in ast.unparse(target)
            if is_reason or (isinstance(target, ast.Name) and target.id == "reason"):
                yield from _texts(node.value)
        elif isinstance(node, ast.Return) and path.stem in _RETURNING and node.value is not None:
            yield from _texts(node.value)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and (is_import or path.stem == "app"):
            value = statement.value
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            for one in values:
                parts = one.elts if isinstance(one, ast.Tuple) else [one]
                for part in parts:
                    yield from _texts(part)


def _is_sentence(text: str) -> bool:
    """Whether a text is said to people: words with blanks between them, and no pattern."""
    return " " in text.strip() and not re.search(r"[\\^$|]|\(\?|\[[A-Za-z0-9]", text)


def sentences() -> list[str]:
    """Every sentence of the code that can reach the page, filled in."""
    root = Path(str(files("stallwatch")))
    found: dict[str, None] = {}
    for path in _paths():
        if str(path.relative_to(root)) not in _FOR_DEVELOPERS:
            found.update(dict.fromkeys(filter(_is_sentence, _said_in(path))))
    return [text for text in found if text not in _CAUGHT]


def _of_pydantic() -> list[str]:
    found = []
    for model, sent in _SENT:
        with pytest.raises(ValidationError) as refused:
            model.model_validate(sent)
        found += [error["msg"] for error in refused.value.errors()]
    return found


def test_the_sentences_are_found() -> None:
    """Of each layer one, so that a search that finds nothing does not pass."""
    found = set(sentences())

    assert {
        "must be an e-mail address",
        "The order is closed. Reopen it first.",
        "must lie between ordered_on and tomorrow",
        "There is no such subscriber.",
        "An order 7 with other content exists already.",
        "the tracking number is none: it has 8 to 40 letters A-Z and digits",
        "no order date: today is taken",
    } <= found


def test_every_sentence_of_the_code_has_words() -> None:
    """A new one gets its line in `api/refusal_words.py`, and its words in `web/words/`."""
    assert [] == [text for text in [*sentences(), *_of_pydantic()] if key_of(text) is None]


def test_no_line_of_the_table_is_left_over() -> None:
    """Each stands for a sentence that is in the code, and its words are there."""
    found = [*sentences(), *_of_pydantic()]
    for sentence, key in SENTENCES:
        pattern = re.sub(r"\\\{\w+\\\}", ".+?", re.escape(sentence))
        assert any(re.fullmatch(rf"{pattern}\.?", text) for text in found), sentence
        assert key in own_words("en"), key


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_a_refusal_is_said_whole_in_every_language(language: str) -> None:
    """Nothing is left to be filled in, and nothing stays English elsewhere."""
    for text in [*sentences(), *_of_pydantic()]:
        said = in_words(text, language)
        assert "{" not in said.replace("{1,64}", ""), said
        assert language == "en" or said != text


def test_what_is_said_of_several_rows_and_fields_is_said_of_each() -> None:
    """A report joins what is known of a row; a refused row names its fields in front."""
    said = in_words("no order date: today is taken; price is needed with a currency", "de")

    today_taken = "Kein Bestelldatum: Es gilt das heutige Datum."
    assert said == f"{today_taken} Preis: Geben Sie auch den Preis ein."


def test_how_a_file_was_tried_is_for_callers() -> None:
    """The page's reader is told what is wrong with it alone."""
    said = in_words("the XLSX is damaged (tried: XLSX)", "de")

    assert said == "Die Datei ist beschädigt."


def test_an_unknown_sentence_is_told_as_it_is() -> None:
    """Better a sentence in English than none."""
    assert "Nicht angenommen: something new" == in_words("something new", "de")
    assert "something new" == in_words("something new", "en")
    assert "<html>" == translated_body("<html>", "de")
    assert json.loads(translated_body('{"message": "must be an e-mail address"}', "de")) == {
        "message": "Geben Sie eine E-Mail-Adresse ein."
    }
