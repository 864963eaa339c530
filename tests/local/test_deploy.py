"""`make deploy`: what it asks, keeps and passes on; AWS itself is not asked."""

from pathlib import Path

import pytest

from tests.local.deploy import STACK, ask_questions, kept_answers, parse, told
from tests.local.machine import LocalError
from tests.support.documents import blocks, read

KEPT = """
version = 0.1

[default.deploy.parameters]
stack_name = "stallwatch"
parameter_overrides = "AlertEmail=\\"you@example.com\\" CheckEvery=\\"rate(5 minutes)\\""

[parents.deploy.parameters]
parameter_overrides = ["HomeCountry=FR", "CheckEvery=rate(1 hour)"]
"""
"""As SAM CLI writes it, in both of its forms."""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(KEPT, "utf-8")
    return path


def test_answers_are_kept_for_each_stack(kept: Path) -> None:
    """A second stack neither takes the first's answers nor loses its own."""
    first = {"AlertEmail": "you@example.com", "CheckEvery": "rate(5 minutes)"}
    assert first == kept_answers(kept, STACK)
    assert {"HomeCountry": "FR", "CheckEvery": "rate(1 hour)"} == kept_answers(kept, "parents")
    assert {} == kept_answers(kept, "unheard-of")


def test_nothing_is_kept_before_the_first_deployment(tmp_path: Path) -> None:
    """There is no file then."""
    assert {} == kept_answers(tmp_path / "samconfig.toml", STACK)


def test_parameters_are_read_as_a_shell_reads_them() -> None:
    """A value in quotes may hold blanks."""
    assert {"Stalled": "10", "CheckEvery": "rate(5 minutes)", "AlertEmail": ""} == parse(
        "Stalled=10 CheckEvery='rate(5 minutes)' AlertEmail="
    )


@pytest.mark.parametrize("text", ["Stalled", "=10", "stalled=10", "--force"])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    """In a sentence that says how to write one."""
    with pytest.raises(LocalError, match="Name=value"):
        parse(text)


def test_three_questions_are_asked_until_they_are_answered() -> None:
    """Enter takes what is proposed; an answer that makes no sense is asked for again."""
    answers = iter(["you at home", "you@example.com", "Germany", "de", ""])
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    assert {
        "AlertEmail": "you@example.com",
        "HomeCountry": "DE",
        "Language": "en",
    } == ask_questions(answer)
    assert 5 == len(asked)


def test_without_a_terminal_it_says_how_to_answer() -> None:
    """With the command that needs none."""
    with pytest.raises(LocalError, match="PARAMETERS="):
        ask_questions(None)


def test_the_readme_shows_what_is_printed() -> None:
    """With a made-up stack, whose address is not confirmed yet."""
    (shown,) = blocks(read("README.md"), "text")
    printed = told(
        "https://abc123.execute-api.eu-central-1.amazonaws.com/live/",
        "(40 letters and digits)",
        ["you@example.com"],
    )

    assert printed.strip() == shown.text.strip()
