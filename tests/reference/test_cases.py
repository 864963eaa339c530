"""The reference model gives what every case of the rules says, and each number of it decides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.reference.cases import START, difference, load, play
from tests.reference.codes import CODES
from tests.reference.model import Numbers

CASES = Path(__file__).parents[1] / "data" / "cases_2.json"
JOURNEY_CASES = Path(__file__).parents[1] / "data" / "journey_cases.json"
GIVEN = next(
    (p / "shared" for p in Path(__file__).parents if (p / "shared" / "rules2").is_dir()), None
)
"""Where the rules' own files lie, beside a working copy; None: nowhere."""


def differences(case: Mapping[str, Any], n: Numbers | None = None) -> list[Any]:
    """Every step of a case in which the model says something else."""
    steps = [difference(raw["expect"], now, got) for raw, now, got in play(case, START, n)]
    return [(index, wrong) for index, wrong in enumerate(steps) if wrong]


@pytest.mark.parametrize(
    "case", [*load(CASES), *load(JOURNEY_CASES)], ids=lambda case: case["name"]
)
def test_case(case: Mapping[str, Any]) -> None:
    """The model gives what the case says, at each of its steps."""
    assert [] == differences(case)


def test_all_cases_are_there() -> None:
    """ "`cases.json` has 125 orders"."""
    assert 125 == len({case["name"] for case in load(CASES)})


@pytest.mark.parametrize("kind", ["alerts", "stage", "silent_days", "state"])
def test_a_wrong_answer_is_noticed(kind: str) -> None:
    """A case fails where the model's answer is another than the expected."""
    case = next(case for case in load(CASES) if case["name"] == "young and moving")
    wrong = {"alerts": ["late"], "stage": "delivered", "silent_days": 4, "state": "closed"}

    changed = {**case, "expect": {**case["expect"], kind: wrong[kind]}}

    assert [kind] == [name for _, wrong in differences(changed) for name in wrong]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(CODES, "upstream/action_codes_2.csv"), (CASES, "rules2/cases.json")],
    ids=["codes", "cases"],
)
def test_copies_are_identical(ours: Path, theirs: str) -> None:
    """The model's copies of the given files are what is given."""
    if GIVEN is None:
        pytest.skip("the given files do not lie beside this working copy")
    assert (GIVEN / theirs).read_bytes() == ours.read_bytes()
