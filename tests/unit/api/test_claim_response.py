"""Which form of a claim file a request asks for."""

import pytest

from stallwatch.api.claim_response import Form, form_for

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
IMAGE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        (BROWSER, "html"),
        (IMAGE, "svg"),
        ("image/png", "png"),
        ("image/*", "png"),
        ("image/svg+xml", "svg"),
        ("IMAGE/PNG", "png"),
        ("text/html;q=0.2, image/png;q=0.5", "png"),
        ("text/html; charset=utf-8 ; q=0", "json"),
        ("*/*, application/json;q=0", "html"),
        ("application/json;q=0.1, */*;q=0.1", "json"),
        ("text/plain", "json"),
        ("nonsense;;;,,q=1", "json"),
        ("text/html;q=2", "html"),
        (",".join(["a/b"] * 5000), "json"),
    ],
)
def test_the_header_decides(accept: str, form: Form) -> None:
    """The best of what is welcome, named as closely as can be; JSON where nothing fits."""
    assert form == form_for(accept, None)


def test_a_form_that_is_asked_for_by_name_wins() -> None:
    """A link in a mail can set no header."""
    assert "png" == form_for(BROWSER, "png")
