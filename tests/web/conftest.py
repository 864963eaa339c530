"""What the tests of the page share: a stack behind a bridge, and somebody with a browser."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.aws.moto_stack import World, world_at
from tests.local.parts import CHROMIUM, need
from tests.web.bridge import Bridge, bridge
from tests.web.npm import AXE, VNU

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

ARGUMENTS = """
    --no-sandbox --disable-background-networking --disable-component-update --disable-sync
    --no-first-run --disable-quic
""".split()


def _do_without(reason: str) -> None:
    required = "chromium" in os.environ.get("STALLWATCH_REQUIRE", "").split(",")
    (pytest.fail if required else pytest.skip)(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    need("chromium")
    if find_spec("playwright") is None:
        _do_without("playwright is not installed")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415

    # A part that never comes fails all the same, and a busy machine makes nothing fail.
    expect.set_options(timeout=120_000)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as launched,
    ):
        yield launched


@pytest.fixture(scope="session")
def axe_script() -> str:
    reason = AXE.missing()
    if reason is not None:
        _do_without(reason)
    return AXE.path().read_text("utf-8")


@pytest.fixture(scope="session")
def validator() -> Path:
    """The Nu validator's program, for Java."""
    reason = VNU.missing() if which("java") else "There is no java on the PATH"
    if reason is not None:
        _do_without(reason)
    return VNU.path()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_at(START, monkeypatch) as built:
        yield built


@pytest.fixture
def gateway(world: World) -> Iterator[Bridge]:
    with bridge(world) as made:
        yield made


@pytest.fixture
def visitor(browser: "Browser", gateway: Bridge) -> Iterator["Visitor"]:
    """Somebody at a desk."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    with visiting(browser, gateway) as came:
        yield came


@pytest.fixture
def walker(browser: "Browser", gateway: Bridge) -> Iterator["Visitor"]:
    """Somebody with a small phone."""
    from tests.web.visitor import PHONE, visiting  # noqa: PLC0415

    with visiting(browser, gateway, viewport=PHONE) as came:
        yield came
