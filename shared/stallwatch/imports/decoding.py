"""Bytes as text: BOM, UTF-8, UTF-16 by its zero bytes, else one of the old code pages."""

import codecs
from collections.abc import Iterator

from stallwatch.imports.errors import ImportTooLargeError
from stallwatch.imports.records import MOST_BYTES

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp1254", "gb18030", "shift_jis", "euc_kr"]

_ENOUGH = 48
"""Bytes above 127 from which on a guess of the code page is better than cp1252."""

_SAMPLE = 32 * 1024
_LONGEST_CHARACTER = 4


def check_size(body: bytes) -> None:
    """Refuse a body that is too large.

    Raises:
        ImportTooLargeError: it has more bytes than one request takes.
    """
    if len(body) > MOST_BYTES:
        raise ImportTooLargeError(f"at most {MOST_BYTES} bytes in one request: split the file")


def decodings(body: bytes) -> Iterator[str]:
    """The texts that a body may be, the likeliest first: several where a code page is a guess."""
    yield decoded(body)
    if _is_unicode(body):
        return
    for code_page in _CODE_PAGES:
        yield _lenient(body, code_page)


def _is_unicode(body: bytes) -> bool:
    if _without_bom(body[:_SAMPLE]) is not None:
        return True
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(body) - _LONGEST_CHARACTER
    return True


def decoded(body: bytes) -> str:
    """The text of a body, without zero bytes. A character that was cut at the end is left out."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return _lenient(body[len(bom) :], encoding)
    wide = _without_bom(body[:_SAMPLE])
    if wide is not None:
        return _lenient(body, wide)
    try:
        return body.decode().replace("\x00", "")
    except UnicodeDecodeError as error:
        if error.start >= len(body) - _LONGEST_CHARACTER and error.end == len(body):
            return _lenient(body[: error.start], "utf-8")
    return _lenient(body, _code_page(body))


def _lenient(body: bytes, encoding: str) -> str:
    return body.decode(encoding, errors="replace").replace("\x00", "").lstrip("\ufeff")


def _without_bom(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 of mostly Latin text: every second byte, or three of four, is zero."""
    half = len(sample) // 2
    if half == 0 or sample.count(0) < half // 2:
        return None
    quarter = len(sample) // 4
    if quarter and sample[2::4].count(0) > quarter * 0.9:
        if sample[3::4].count(0) > quarter * 0.9:
            return "utf-32-le"
        if sample[1::4].count(0) > quarter * 0.9 and sample[0::4].count(0) > quarter * 0.9:
            return "utf-32-be"
    return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"


def _code_page(body: bytes) -> str:
    """A few letters of Latin are not enough to tell; then it is what most old files are in."""
    high = bytes(byte for byte in body[:_SAMPLE] if byte > 127)  # noqa: PLR2004
    if len(high) < _ENOUGH:
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(body[:_SAMPLE], cp_isolation=_CODE_PAGES).best()
    return "cp1252" if best is None else best.encoding
