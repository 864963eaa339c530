"""A key date that one place does not know is told with the file to touch."""

import re

import pytest

from stallwatch.calendar import service
from stallwatch.cli import output
from stallwatch.domain.languages import DEFAULT_LANGUAGE
from stallwatch.rules.decision import DEADLINES, KEY_DATES
from tests.project.untranslated import sentences
from tests.support.template import ROOT

PAGE = ROOT / "shared" / "stallwatch" / "web" / "parcel.js"


@pytest.mark.parametrize("name", KEY_DATES)
def test_a_key_date_is_known_everywhere(name: str) -> None:
    """In the calendar, in mails, on the page and on the command line."""
    assert name in service.KEY_DATES, "add it in shared/stallwatch/calendar/service.py"
    assert name in output.KEY_DATES, "add it in shared/stallwatch/cli/output.py"
    (listed,) = re.findall(r"const KEY_DATES = \[(.*?)\]", PAGE.read_text("utf-8"), re.DOTALL)
    assert f'"{name}"' in listed, f"add it to {PAGE.name}"
    line = f"line.{name.removesuffix('_on')}"
    assert any(key.startswith(line) for key in sentences(DEFAULT_LANGUAGE)), (
        f"add {line} to shared/stallwatch/messages/data/en.json"
    )


def test_deadlines_are_key_dates_by_which_to_act() -> None:
    """Neither the day of `late` nor the first day of a claim is one."""
    assert {"late_on", "claim_opens_on"} == set(KEY_DATES) - set(DEADLINES)
