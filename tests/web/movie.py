"""The moving picture of the README: one parcel from its first alarm to the claim file.

The page and the mails are the real ones, at the instants at which they come; a line under each
says what it is.
"""

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from stallwatch.messages.compose import Message
from tests.aws.moto_stack import World
from tests.local.demo_parcels import SPEAKER
from tests.web import stock
from tests.web.bridge import bridge
from tests.web.visitor import Visitor, visiting

NAME = "story.gif"

SIZE: ViewportSize = {"width": 800, "height": 500}
"""Of the page and the mails; the line under them comes on top."""

_LINE = 52
_SHOWN = timedelta(seconds=3)
_COLORS = 64

_ROUTE = f"orders/{SPEAKER.order_id}"

_MAIL = """\
<body style="margin: 0; padding: 28px 40px; background: #fff; color: #1a1a1a;
 font: 14.5px/1.45 system-ui, sans-serif">
<p style="margin: 0 0 4px; color: #5a5a5a">From: Stallwatch</p>
<h1 style="margin: 0 0 16px; font-size: 19px">{subject}</h1>
<div style="white-space: pre-wrap; overflow-wrap: anywhere">{text}</div>"""

_FRAME = """\
<body style="margin: 0; background: #14403f; color: #fff">
<img src="data:image/png;base64,{picture}" alt="" style="display: block;
 width: {width}px; height: {height}px; object-fit: cover; object-position: top">
<p style="margin: 0; font: 600 18px/{line}px system-ui, sans-serif; text-align: center">{text}</p>
"""


def draw(browser: Browser, world: World, patch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Live through the story, and write it into a folder."""
    mails = _kept(world, patch)
    pictures: list[tuple[bytes, str]] = []

    def stalled() -> None:
        pictures.extend(_when_stalled(browser, world, mails[-1]))

    stock.live_to_claim(world, SPEAKER, stalled)
    pictures.extend(_at_the_claim(browser, world, mails))
    frames = _framed(browser, pictures)
    path = folder / NAME
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=int(_SHOWN.total_seconds() * 1000),
        loop=0,
        optimize=True,
    )
    return path


def _kept(world: World, patch: pytest.MonkeyPatch) -> list[Message]:
    """The messages that are composed from now on, as they come."""
    mails: list[Message] = []
    handler = world.handlers["evaluate_orders"]
    real = handler.compose

    def compose(*args: Any) -> Message:
        mails.append(real(*args))
        return mails[-1]

    patch.setattr(handler, "compose", compose)
    return mails


def _when_stalled(browser: Browser, world: World, mail: Message) -> Iterator[tuple[bytes, str]]:
    with bridge(world) as gateway, visiting(browser, gateway, viewport=SIZE) as visitor:
        yield _mail(browser, mail), "Nothing has moved for weeks: one mail says what to do"
        visitor.go(f"#/{_ROUTE}")
        yield visitor.page.screenshot(), "The order's page shows how far the silence has come"


def _at_the_claim(
    browser: Browser, world: World, mails: list[Message]
) -> Iterator[tuple[bytes, str]]:
    claim = next(mail for mail in reversed(mails) if "refund_claim" in mail.default)
    yield _mail(browser, claim), "After 60 days without a scan: claim the money"
    with bridge(world) as gateway, visiting(browser, gateway, viewport=SIZE) as visitor:
        visitor.go(f"#/{_ROUTE}")
        yield visitor.page.screenshot(), "The order's page leads to the claim file"
        _make_claim_file(visitor)
        yield visitor.page.screenshot(), "One press makes it: a page, a picture, a link"
    link = world.call("POST", f"/{_ROUTE}/claim/links")[1]["path"]
    png = base64.b64decode(world.call("GET", f"/{link}", query={"as": "png"})[1])
    yield png, "The dispute gets the picture: the trace, and who said what"


def _make_claim_file(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Claim file", exact=True).click()
    part = visitor.part("Claim file")
    part.get_by_role("button", name="Make the claim file").click()
    part.get_by_role("link", name="Get the picture").wait_for()


def _mail(browser: Browser, mail: Message) -> bytes:
    page = browser.new_page(viewport=SIZE)
    page.set_content(_MAIL.format(subject=escape(mail.subject), text=escape(mail.email)))
    picture = page.screenshot()
    page.close()
    return picture


def _framed(browser: Browser, pictures: list[tuple[bytes, str]]) -> list[Image.Image]:
    """The frames, all with the same few colours."""
    page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"] + _LINE})
    frames = []
    for picture, text in pictures:
        encoded = base64.b64encode(picture).decode()
        page.set_content(_FRAME.format(picture=encoded, text=escape(text), line=_LINE, **SIZE))
        frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    page.close()
    return [frame.quantize(_COLORS, dither=Image.Dither.NONE) for frame in frames]
