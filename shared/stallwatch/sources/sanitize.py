"""Sanitizing of texts from sources: receivers' contacts are removed, unsafe links refused."""

import re
from urllib.parse import urlsplit

_CONTACT = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<!\S)\S+@\S+"
    r"|(?<!\d)(?!\d{4}-\d\d-\d\d)\+?\d(?:[ ().-]{0,2}\d){8,}",
    re.ASCII | re.IGNORECASE,
)


_HINT_OF_CONTACT = re.compile(r"[0-9@.]")
"""Every contact has one of these and few texts do, which makes this the cheaper search."""


_LONGEST_TEXT = 200


_LONGEST_LINK = 200


def without_contacts(text: str) -> str:
    """A text without what looks like a phone number, an e-mail address or a web address."""
    if _HINT_OF_CONTACT.search(text):
        text = _CONTACT.sub("...", text)
    return text[:_LONGEST_TEXT].rstrip()


def link(url: object) -> str | None:
    """An address that a page can link to; None for any other."""
    if not isinstance(url, str):
        return None
    url = url.strip()
    if len(url) > _LONGEST_LINK or not url.isprintable() or any(c in url for c in " \"'<>\\`"):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return None
    return url if usable else None
