"""Whatever a mail is made of: it is read, or told to be none, and nothing else is raised."""

import base64
import quopri
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stallwatch.imports.errors import ImportFailedError
from stallwatch.imports.mails import lines_of_mails, looks_like_mail, read_mail, split_mbox
from stallwatch.imports.reading import read_import

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""No test here is about time."""

CHARSETS = ["utf-8", "iso-8859-1", "gb18030", "utf-7", "utf-16", "x-none", "", '"', "idna", "rot13"]

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
    "8bit": bytes,
    "uuencode": bytes,
    "nonsense": bytes,
}

TEXTS = st.sampled_from(
    [
        "Order 8190001234567890 has shipped",
        "https://www.aliexpress.com/p/order/detail.html?orderId=8190001234567890",
        "https://track.aliexpress.com/logisticsdetail?tradeId=819000123456789&mailNo=LP001",
        "LP00123456789012",
        "=?utf-8?B?w7/DvA?= =?gb18030?Q?=ZZ?=",
        "<a href='https://[?orderId=8190001234567890'>x</a>",
    ]
) | st.text(max_size=60)

DATES = st.sampled_from(
    [
        "Fri, 5 Jun 2026 10:00:00 +0000",
        "Fri, 5 Jun 2026 10:00:00 +9999",
        "Fri, 31 Feb 2026 99:00:00 -0000",
        "1 Jan 99999 00:00:00 +0000",
        "0",
        "",
    ]
) | st.text(max_size=30)

SENDERS = st.sampled_from(
    ["AliExpress <transaction@notice.aliexpress.com>", "a@b", "<>", "=?x?Q?=?= <@>", ",,,", ""]
) | st.text(max_size=20)


@st.composite
def parts(draw: st.DrawFn) -> bytes:
    """A part of a mail in any encoding, which its header may or may not name."""
    encoding = draw(st.sampled_from(sorted(ENCODINGS)))
    kind = draw(st.sampled_from(["text/plain", "text/html", "text/", "message/rfc822", "image/x"]))
    body = ENCODINGS[encoding](draw(TEXTS).encode("utf-8", "surrogatepass"))
    named = draw(st.sampled_from(sorted(ENCODINGS)))
    charset = draw(st.sampled_from(CHARSETS))
    head = f'Content-Type: {kind}; charset="{charset}"\nContent-Transfer-Encoding: {named}\n\n'
    return head.encode() + body


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A mail of several parts, some of them within each other."""
    head = (
        f"From: {draw(SENDERS)}\nSubject: {draw(TEXTS)}\nDate: {draw(DATES)}\nMIME-Version: 1.0\n"
    )
    inner = draw(st.lists(parts(), max_size=3))
    if len(inner) == 1:
        return head.encode("utf-8", "surrogatepass") + inner[0]
    border = draw(st.sampled_from(["x", "--", "", "a b"]))
    body = b"".join(b"\n--" + border.encode() + b"\n" + part for part in inner)
    kind = f'Content-Type: multipart/mixed; boundary="{border}"\n\n'
    return head.encode("utf-8", "surrogatepass") + kind.encode() + body


@relaxed
@given(mails(), st.floats(0, 1))
def test_any_mail_cut_anywhere(mail: bytes, share: float) -> None:
    """As the mailbox gives it, which cuts what is long."""
    read_mail(mail)
    read_mail(mail[: int(share * len(mail))])
    looks_like_mail(mail)


@relaxed
@given(st.lists(mails() | st.binary(max_size=60), max_size=3), st.binary(max_size=5))
def test_any_mails_in_one_file(several: list[bytes], between: bytes) -> None:
    """As mail programs export a folder."""
    body = b"\n".join(b"From a@b Fri Jun  5 10:00:00 2026\n" + mail + between for mail in several)
    assert all(isinstance(mail, bytes) for mail in split_mbox(body))
    lines_of_mails(body)
    try:
        read_import(body, "application/mbox")
    except ImportFailedError:
        return


@relaxed
@given(st.binary(max_size=300))
def test_any_bytes_as_a_mail(body: bytes) -> None:
    """What is no mail holds nothing."""
    read_mail(body)
    lines_of_mails(body)
