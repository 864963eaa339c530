"""The forms in which a claim file is answered: JSON, a page, a picture."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response

Form = Literal["json", "html", "png", "svg"]


Reader = Literal["bank"]
"""Whom a page of the claim file is written for, where it is not the dispute."""


TYPES: Mapping[Form, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
}
"""In the order in which they are preferred where all are as welcome."""


_RANGE = re.compile(r"([*\w.+-]+/[*\w.+-]+)((?:\s*;\s*[\w-]+\s*=\s*(?:\"[^\"]*\"|[^;,\"]*))*)")


_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


_MOST_RANGES = 50


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


_NOTHING = "default-src 'none'; frame-ancestors 'none'"


def form_for(accept: str, wanted: Form | None) -> Form:
    """The form that an `Accept` header asks for, unless another is asked for by name.

    JSON, where the header asks for nothing, or for nothing that there is.
    """
    if wanted is not None:
        return wanted
    ranges = [
        (found[1].lower(), float(quality[1]) if (quality := _QUALITY.search(found[2])) else 1.0)
        for found in list(_RANGE.finditer(accept))[:_MOST_RANGES]
    ]
    welcome = {form: _welcome(kind.partition(";")[0], ranges) for form, kind in TYPES.items()}
    best = max(welcome, key=lambda form: welcome[form])
    return best if welcome[best][0] > 0 else "json"


def _welcome(kind: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """How welcome a type is, and how closely it was named: the closest name decides."""
    names = ("*/*", f"{kind.partition('/')[0]}/*", kind)
    for closeness in (2, 1, 0):
        for name, quality in ranges:
            if name == names[closeness]:
                return quality, closeness
    return 0.0, 0


def claim_response(
    file: bytes, form: Form, *, for_bank: bool = False, address: str = "?as=json"
) -> Response[Any]:
    """A claim file in a form.

    Args:
        file: The file, in its canonical form.
        form: The form.
        for_bank: Whether the page is the form for the bank; other forms are the same for it.
        address: The address of the file's JSON, which its page prints.
    """
    headers: dict[str, Any] = {**_HEADERS, "Content-Security-Policy": _NOTHING}
    if form == "json":
        return Response(200, TYPES[form], file.decode(), headers)
    # What draws is not loaded before it is needed: it costs more than all the rest.
    from stallwatch.claims.page import page, policy  # noqa: PLC0415
    from stallwatch.claims.picture import picture  # noqa: PLC0415
    from stallwatch.claims.sentences import WORDS  # noqa: PLC0415

    claim = json.loads(file)
    if form == "html":
        headers["Content-Security-Policy"] = policy()
        from stallwatch.claims.bank import bank_page  # noqa: PLC0415

        shown = bank_page(claim, WORDS) if for_bank else page(claim, WORDS, address)
        return Response(200, TYPES[form], shown, headers, compress=True)
    if form == "svg":
        return Response(200, TYPES[form], picture(claim, WORDS), headers, compress=True)
    from stallwatch.claims.png import FACE, png_of  # noqa: PLC0415

    drawn = png_of(picture(claim, WORDS, FACE))
    response: Response[Any] = Response(200, TYPES[form], b64encode(drawn).decode(), headers)
    # Bytes would be taken for the text of an answer and not get through its validation.
    response.base64_encoded = True
    return response


def gone_response() -> Response[Any]:
    """The page of a link that opens nothing, for whoever follows it in a browser."""
    from stallwatch.claims.page import gone_page, policy  # noqa: PLC0415
    from stallwatch.claims.sentences import WORDS  # noqa: PLC0415

    headers: dict[str, Any] = {**_HEADERS, "Content-Security-Policy": policy()}
    return Response(404, TYPES["html"], gone_page(WORDS), headers, compress=True)
