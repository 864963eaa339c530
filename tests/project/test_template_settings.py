"""What the template gives the functions, and what they read."""

import ast
from collections.abc import Mapping
from typing import Any

import pytest

from stallwatch.aws.settings import Settings, SettingsError
from stallwatch.tracking.profiles import PROFILES
from tests.support.template import ROOT
from tests.support.transformed import functions, given_to

FOLDERS = sorted(functions())


# What the functions are given.

OF_POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_METRICS_DISABLED",
}

NEED_NOT_BE_SET = {"CLOCK_SHIFT"}
"""Only a demonstration moves the clock of its stack."""

TOLD_TO_ALL = {"FIRST_SOURCE"} | {profile.key_variable for profile in PROFILES.values()} - {""}
"""Which sources there are: Cainiao alone, where neither says otherwise."""

TOLD_IN_VAIN = {"push_alerts": {"THRESHOLDS", "TURN_MINUTES"}}
"""What a function need not know, and is told since all others must."""


class Noting(dict[str, str]):
    """Variables that know which of them were asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


def settings_of(folder: str) -> set[str]:
    """The settings that a handler names, or the wiring that it calls."""
    source = (ROOT / "functions" / folder / "app.py").read_text("utf-8")
    wiring = (ROOT / "shared" / "stallwatch" / "wiring.py").read_text("utf-8")
    sources = [source, wiring] if "stallwatch.wiring" in source else [source]
    return {
        node.attr
        for text in sources
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and hasattr(Settings, node.attr)
    }


OF_A_SOURCE = {"url_of", "key_of", "pace_of"}
"""The settings that every source has, by its profile."""


def asked_by(folder: str, given: Mapping[str, str]) -> set[str]:
    """The variables that a function's settings read; each must be there and make sense."""
    noting = Noting(given)
    settings = Settings(noting)
    for name in settings_of(folder):
        if name in OF_A_SOURCE:
            for profile in PROFILES.values():
                getattr(settings, name)(profile)
        elif isinstance(getattr(Settings, name), property):
            getattr(settings, name)
    return noting.asked


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_given_what_it_reads(folder: str) -> None:
    """And nothing in vain: what a function need not know may close a circle."""
    given = given_to(folder)
    asked = asked_by(folder, given)
    told = given.keys() - OF_POWERTOOLS - TOLD_TO_ALL - TOLD_IN_VAIN.get(folder, set())
    assert told == asked - NEED_NOT_BE_SET - TOLD_TO_ALL


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_variable_that_is_not_set_is_found(folder: str) -> None:
    """By the check above: it is not the first user who finds it."""
    given = given_to(folder)
    for name in given.keys() - OF_POWERTOOLS - TOLD_TO_ALL - TOLD_IN_VAIN.get(folder, set()):
        with pytest.raises(SettingsError, match=name):
            asked_by(folder, {n: value for n, value in given.items() if n != name})


def test_only_handlers_and_the_wiring_read_the_settings() -> None:
    """So that what a function reads is what its handler names; `poll --here` reads a function's."""
    readers = {
        path.relative_to(ROOT / "shared" / "stallwatch").as_posix()
        for path in (ROOT / "shared" / "stallwatch").rglob("*.py")
        if "settings import" in path.read_text("utf-8")
    }
    assert {"wiring.py", "cli/polling.py"} == readers
