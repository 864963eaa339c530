"""How all tests are run: on how many workers, in which order, and with how much collecting."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.support.effort import examples
from tests.support.logs import forget_loggers

FIRST = """
    tests/local/test_make_local.py tests/faults/test_year.py tests/local/test_commands.py
    tests/local/test_stack.py tests/web/test_page_trouble.py tests/web/test_pictures.py
    tests/unit/rules/test_properties.py tests/faults/test_flood.py tests/aws/test_cases.py
    tests/aws/test_hostile.py tests/aws/store tests/faults tests/local tests/web tests/aws
    tests/bench tests/unit/sources tests/unit/polling
""".split()
"""Files and folders that take or wait long, the longest first: whoever began one at the end would
be waited for. The distribution's own order looks at the number of tests alone."""


# What is imported and collected stays until the end, so the collector would find nothing in it.
gc.disable()

# As many examples as a quick run draws where a test does not say how many; others each time, in CI
# too.
settings.register_profile("ours", derandomize=False, max_examples=examples(25))
settings.load_profile("ours")


ON_DYNAMODB_LOCAL = ("tests/aws/store/", "tests/aws/test_limits.py")
"""What one worker runs, so that DynamoDB Local is started once: it warms up for ten seconds."""


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are cores: some tests wait for processes and for a browser."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or not hasattr(os, "sched_getaffinity"):
        return None
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are what is handed out, as `--dist loadfile` says, but for a few that stay together."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped] # noqa: PLC0415

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(ON_DYNAMODB_LOCAL):
                return "DynamoDB Local"
            scope: str = super()._split_scope(nodeid)
            return scope

    return Scheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The process that hands the files out collects none itself."""
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; else leave the order as it is."""
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(name: str) -> int:
    return next((n for n, first in enumerate(FIRST) if name.startswith(first)), len(FIRST))


@pytest.fixture(autouse=True, scope="module")
def _own_loggers() -> Iterator[None]:
    """What one file's functions log, and how, is nothing to the next file."""
    yield
    forget_loggers()


def pytest_collection_finish() -> None:
    """Have the collector leave alone what lasts as long as the tests do, and come more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 50)
    gc.enable()
