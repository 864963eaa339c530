"""The tree of what can go wrong."""

import importlib
import pkgutil
import re

import stallwatch
from stallwatch.domain import errors
from stallwatch.domain.errors import StallwatchError


def test_the_tree_is_drawn_as_it_is() -> None:
    """Every public error of ours stands in it once, and none that there is not."""
    for module in pkgutil.walk_packages(stallwatch.__path__, "stallwatch."):
        importlib.import_module(module.name)
    kinds = StallwatchError.__subclasses__()
    # Other tests make some of their own, which last until they are collected.
    found = {kind.__name__ for kind in kinds if kind.__module__.startswith("stallwatch.")}
    drawn = re.findall(r"^[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE)

    assert sorted(name for name in found if not name.startswith("_")) == sorted(drawn)
