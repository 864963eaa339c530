"""The documentation's pictures can be made anew."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_every_picture_can_be_drawn(browser: "Browser", tmp_path: Path) -> None:
    """Of the page as it is now, and small enough for a README."""
    from tests.web.pictures import FOLDER, MOST_BYTES, PICTURES, draw  # noqa: PLC0415

    drawn = draw(browser, tmp_path)

    assert list(PICTURES) == [path.name for path in drawn]
    assert [path.name for path in drawn if not 10_000 < path.stat().st_size < MOST_BYTES] == []
    assert [path.name for path in drawn if not (FOLDER / path.name).is_file()] == []
