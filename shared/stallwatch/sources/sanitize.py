"""Sanitizing of texts from sources: receivers' names and contacts go, unsafe links are refused."""

import re
from urllib.parse import urlsplit

_CONTACT = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<!\S)\S+\.(?:jpe?g|png|gif|webp|pdf)\b\S*"
    r"|(?<!\S)\S+@\S+"
    r"|(?<!\d)(?!\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[/.]\d\d?[/.]\d{4})\+?\d(?:[ ()./-]{0,2}\d){8,}",
    re.IGNORECASE,
)


_PHONE_WORD = re.compile(
    r"(\b(?:tel(?:[e\u00e9]fono|efone|efon|ephone)?|phone|mobile|m[o\u00f3]vil|celular|whatsapp)"
    r"\b[ .:]*|(?:\u7535\u8bdd|\u624b\u673a|\u0647\u0627\u062a\u0641)[ :\uff1a]*)"
    r"\+?\d(?:[ ()./-]{0,2}\d){4,}",
    re.IGNORECASE,
)
"""A word for a telephone, behind which fewer digits are a number too."""


_WHO = re.compile(
    r"((?:\bsigned(?: for)? by|\bfirmado por|\bassinado por|\bsign\u00e9 par|\bunterschrieben von"
    r"|\bfirmato da)\b[ :\uff1a]*"
    r"|(?:\b(?:recipient|receiver|consignee|addressee|signature|signatory|received by|recibido por"
    r"|recebido por|destinat[a\u00e1]rio|destinataire|recebedor|receptor|empf\u00e4nger)"
    r"|\u7b7e\u6536\u4eba|\u6536\u4ef6\u4eba|\u6536\u8d27\u4eba|\u7b7e\u6536|\u0627\u0644\u0645\u0633\u062a\u0644\u0645)"
    r" ?[:\uff1a] ?)(?:[^.;()\u3002\uff1b]|(?<=\b\w)\.)+",
    re.IGNORECASE,
)
"""Who has signed, in the languages that carriers write; behind a mere noun only with a colon."""


_HINT_OF_CONTACT = re.compile(r"[\d@.:\uff1a]|\b(?:by|por|par|von|da)\b", re.IGNORECASE)
"""Every contact has one of these and few texts do, which makes this the cheaper search."""


_LONGEST_TEXT = 200


_LONGEST_LINK = 200


def without_contacts(text: str) -> str:
    """A text without what looks like a phone number, an address of mail or web, or who signed."""
    if _HINT_OF_CONTACT.search(text):
        text = _WHO.sub(r"\1...", text)
        text = _CONTACT.sub("...", _PHONE_WORD.sub(r"\1...", text))
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
