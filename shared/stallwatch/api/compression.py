"""Large answers, compressed for whoever unpacks gzip."""

import base64
import gzip
import re
from collections.abc import Mapping
from typing import Any

SMALLEST = 2048
"""Bytes from which on compression is worth its time: less goes in a packet or two anyway."""

_LEVEL = 6


def accepts_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header takes gzip."""
    for coding in accepted.lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() in {"gzip", "*"} and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality):
            return True
    return False


def packed(answer: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """An answer for the gateway, compressed where that is worth it and the request takes it.

    Args:
        answer: With a body as text; one in base64 is compressed already, or a picture.
        headers: The request's, found by names in lower case.
    """
    if answer.get("isBase64Encoded"):
        return answer
    body = str(answer.get("body") or "").encode()
    if len(body) < SMALLEST or not accepts_gzip(headers.get("accept-encoding", "")):
        return answer
    named: dict[str, list[str]] = answer["multiValueHeaders"]
    return {
        **answer,
        "multiValueHeaders": {
            **named,
            "Content-Encoding": ["gzip"],
            "Vary": named.get("Vary", ["Accept-Encoding"]),
        },
        "body": base64.b64encode(gzip.compress(body, _LEVEL, mtime=0)).decode(),
        "isBase64Encoded": True,
    }
