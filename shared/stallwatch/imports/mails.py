"""Mails of AliExpress, read by sender, links and the subject's shape: never by words.

Sources of the shapes: the mails of AliExpress in seven languages. A mail gives order ids, tracking
numbers and the day it was sent; nothing else of it is kept.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from stallwatch.domain.text import clean
from stallwatch.imports.pasted import cells_of
from stallwatch.imports.records import Line
from stallwatch.imports.shapes import Found, found_in_link, links_within, numbers_within

_MOST_PARTS = 50
_MOST_BODY = 512 * 1024
_MOST_LINKS = 2000
_MOST_MULTIPARTS = 50
"""Each line of a mail is compared with the borders of all parts around it."""

_LONGEST_HEADER = 2000
_HUGE_REFERENCE = re.compile(r"&#[0-9]{20,}")
"""Python's reader raises an error where a character's number has too many digits."""

_MAIL_START = re.compile(rb"\s*(?:From [^\r\n]{3,200}\r?\n)?[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]")
_MAIL_HEADER = re.compile(
    rb"^(?:From|Subject|Received|Message-ID|MIME-Version|Return-Path):[ \t]",
    re.MULTILINE | re.IGNORECASE,
)
_MBOX_START = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{3,300}\r?\n")
_HEADERS_SAMPLE = 16 * 1024

_DOMAIN = re.compile(r"(?:.*\.)?aliexpress\.(?:com|ru|us)")
_RELAYED = re.compile(r"(?:.*[_.])?aliexpress_com(?:_[a-z0-9_-]*)?@privaterelay\.appleid\.com")
_ORIGINAL_FROM = ("From", "X-SimpleLogin-Original-From", "X-Original-From")
_QUOTED_SENDER = re.compile(r"@notice\.aliexpress\.(?:com|ru|us)\b", re.IGNORECASE)
"""A mail that was forwarded by hand quotes its sender in the body."""

_SUBJECT_ID = re.compile(r"(?<![A-Za-z0-9])([0-9]{12,20})(?![A-Za-z0-9])\s*[:\uff1a]")
_SUBJECT_ID_ANYWHERE = re.compile(r"(?<![A-Za-z0-9])([0-9]{15,17})(?![A-Za-z0-9])")
_PACKAGE_ID_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a mail tells."""

    is_from_aliexpress: bool
    found: tuple[Found, ...] = ()
    sent_on: date | None = None
    """The UTC day of its header."""
    subject_shape: str = ""
    """Letters as `a`, digits as `9` and how many: the kind of mail, but not its text."""


def looks_like_mail(body: bytes) -> bool:
    """Whether a body begins with the headers of a mail, or as an mbox does."""
    head = body[:_HEADERS_SAMPLE]
    return _MAIL_START.match(head) is not None and _MAIL_HEADER.search(head) is not None


def split_mbox(body: bytes) -> Iterator[bytes]:
    """The mails of an mbox; of a single mail, that one."""
    starts = list(_MBOX_START.finditer(body))
    if not starts or body[: starts[0].start()].strip():
        yield body
        return
    ends = [start.start() for start in starts[1:]] + [len(body)]
    for start, end in zip(starts, ends, strict=True):
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", body[start.end() : end])


class _ShortHeaders(Compat32):
    """Headers of a bounded length: Python reads long ones in the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_SHORT_HEADERS = _ShortHeaders()


def read_mail(raw: bytes) -> ReadMail:
    """What a mail tells of orders and parcels. Nothing in it raises an error."""
    if raw.lower().count(b"multipart/") > _MOST_MULTIPARTS:
        return ReadMail(is_from_aliexpress=False)
    try:
        return _read(message_from_bytes(raw.lstrip(), policy=_SHORT_HEADERS))
    except (MessageError, ValueError, LookupError, TypeError, RecursionError, AttributeError):
        return ReadMail(is_from_aliexpress=False)


def _read(message: Message) -> ReadMail:
    bodies = list(_bodies(message))
    subject = _header(message, "Subject")
    is_direct = _is_from_aliexpress(message)
    is_quoted = not is_direct and any(_QUOTED_SENDER.search(body) for body in bodies)
    found: list[Found] = []
    if is_direct or is_quoted:
        found = _found(subject, bodies, by_subject=is_direct)
    return ReadMail(is_direct or is_quoted, tuple(found), _sent_on(message), subject_shape(subject))


def lines_of_mails(body: bytes) -> list[Line]:
    """What the mails of a body tell, as rows; one that tells nothing has a row too."""
    lines: list[Line] = []
    for row, raw in enumerate(split_mbox(body), 1):
        mail = read_mail(raw)
        cells = [cells_of(found) for found in mail.found] or [{"subject_shape": mail.subject_shape}]
        lines += [Line(row, found, mail.sent_on) for found in cells]
    return lines


def subject_shape(subject: str) -> str:
    """A subject without its text: `Order 8100000000001234: order shipped` as `a 9{16}: a a`."""
    short = clean(subject, 200)
    marked = re.sub(r"[^\W\d_]+", "a", short)
    shape = re.sub(r"\d+", lambda digits: f"9{{{len(digits[0])}}}", marked)
    return re.sub(r"\b(a )(?:a )+", r"\1", shape)[:80]


def _found(subject: str, bodies: Iterable[str], *, by_subject: bool) -> list[Found]:
    """What subject and bodies name; a link that names both order and parcel is the best source."""
    texts = list(bodies)
    linked = [one for text in texts for link in _links(text) for one in found_in_link(link)]
    pairs = _merged_pairs(linked)
    order_ids = list(dict.fromkeys(o.order_id for o in linked if o.order_id is not None))
    numbers = [n for o in linked for n in o.tracking_numbers]
    if by_subject:
        numbers += numbers_within(subject)
        order_ids += [
            i for i in _subject_ids(subject, has_links=bool(order_ids)) if i not in order_ids
        ]
    numbers += [n for text in texts for n in numbers_within(_prose(text))]
    numbers = list(dict.fromkeys(numbers))
    if len(order_ids) == 1:
        return [Found(order_ids[0], tuple(numbers))]
    paired = {n for pair in pairs for n in pair.tracking_numbers}
    alone = [i for i in order_ids if i not in {pair.order_id for pair in pairs}]
    found = pairs + [Found(order_id) for order_id in alone]
    if not order_ids:
        found += [Found(None, (n,)) for n in numbers if n not in paired]
    return found


def _merged_pairs(linked: Iterable[Found]) -> list[Found]:
    numbers: dict[str, dict[str, None]] = {}
    for found in linked:
        if found.order_id is not None and found.tracking_numbers:
            numbers.setdefault(found.order_id, {}).update(dict.fromkeys(found.tracking_numbers))
    return [Found(order_id, tuple(of_order)) for order_id, of_order in numbers.items()]


def _subject_ids(subject: str, *, has_links: bool) -> list[str]:
    """The order ids of a subject: before its colon, or anywhere where they have their usual length.

    18 digits are a package's id, and where links name the order they are better evidence.
    """
    if has_links:
        return []
    first = _SUBJECT_ID.search(subject)
    if first is not None and len(first[1]) != _PACKAGE_ID_DIGITS:
        return [first[1]]
    return _SUBJECT_ID_ANYWHERE.findall(subject)


def _links(text: str) -> list[str]:
    plain = _unescaped(text)
    links = dict.fromkeys(
        link for link, _ in zip(links_within(plain), range(_MOST_LINKS), strict=False)
    )
    return list(links)


def _prose(text: str) -> str:
    """A body without tags, and without the addresses in it."""
    return re.sub(r"https?://\S+", " ", _unescaped(re.sub(r"<[^<>]*>", " ", text)))


def _unescaped(text: str) -> str:
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))


def _bodies(message: Message) -> Iterator[str]:
    left = _MOST_BODY
    for part, _ in zip(message.walk(), range(_MOST_PARTS), strict=False):
        if part.get_content_maintype() != "text" or left <= 0:
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield _decoded(payload[:left], part.get_content_charset())
            left -= len(payload)


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", errors="replace")


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))[:_LONGEST_HEADER]
    try:
        parts = decode_header(raw)
        return "".join(_decoded(p, c) if isinstance(p, bytes) else p for p, c in parts)
    except (MessageError, ValueError, LookupError):
        return raw


def _is_from_aliexpress(message: Message) -> bool:
    for name in _ORIGINAL_FROM:
        for _, address in getaddresses([_header(message, name)]):
            if _RELAYED.fullmatch(address.lower()):
                return True
            if _DOMAIN.fullmatch(address.rpartition("@")[2].lower()):
                return True
    return False


def _sent_on(message: Message) -> date | None:
    try:
        sent_at = parsedate_to_datetime(str(message.get("Date", "")))
        return (sent_at if sent_at.tzinfo is None else sent_at.astimezone(UTC)).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
