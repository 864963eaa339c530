"""Mails that anybody may send to a mailbox: none ends a run, and none holds it up."""

import pytest

from stallwatch.imports.mails import read_mail
from stallwatch.imports.shapes import Found

ID = "8100000000001234"
TEXT = f"\r\n\r\nhttps://www.aliexpress.com/p/order/detail.html?orderId={ID}"
QUOTES = ';a="'
SENDER = "From: AliExpress <transaction@notice.aliexpress.com>\r\n"


def nested(depth: int) -> str:
    """Parts within parts, none of which ends, above many lines."""
    borders = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n' for n in range(depth)
    )
    return f"{SENDER}{borders}{TEXT}"


@pytest.mark.parametrize(
    "mail",
    [
        f"From: {'(' * 5000}{TEXT}",
        nested(5000),
        nested(51),
        SENDER + "Content-Type: message/rfc822\r\n\r\n" * 5000,
    ],
    ids=["comments", "nested", "too many parts", "mails in mails"],
)
def test_what_is_nested_too_deep_holds_nothing(mail: str) -> None:
    """Python's readers of mails call themselves for each level."""
    assert () == read_mail(mail.encode()).found


def test_comments_without_end_before_the_sender_raise_nothing() -> None:
    """Whether the second sender is seen depends on how deep this Python reads."""
    mail = f"From: {'(' * 5000}\r\nX-Original-From: a@notice.aliexpress.com{TEXT}"
    found = {one.order_id for one in read_mail(mail.encode()).found}
    assert found <= {"8100000000001234"}


@pytest.mark.parametrize(
    "mail",
    [
        f"{SENDER}Content-Type: text/html{';' * 4_000_000}{TEXT}",
        f"{SENDER}Content-Type: text/html;{QUOTES * 2_000_000}{TEXT}",
        f"{SENDER}Date: {'1 ' * 1_000_000}{TEXT}",
        f"{SENDER}Date: Fri, {'9' * 5000} Jun 2026 10:00:00 +0000{TEXT}",
        f"{SENDER}{TEXT} &#{'9' * 5000};",
        f"{SENDER}{TEXT} <b>&#{'0' * 5000}65;</b>",
        nested(20),
    ],
    ids=["parameters", "quotes", "date", "day", "a huge reference", "a long reference", "parts"],
)
def test_the_order_is_found_beside_what_is_hostile(mail: str) -> None:
    """Long headers are cut, which Python reads in the square of their length."""
    assert (Found(ID),) == read_mail(mail.encode()).found
