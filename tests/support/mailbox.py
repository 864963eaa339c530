"""A mailbox of 500 mails, of which 40 are AliExpress's, and what must come of it.

The 40 are in seven languages and come by every way: directly, through Apple's and SimpleLogin's
relays, and forwarded by hand. The others hold what might be mistaken: order ids and numbers of
other shops, look-alikes of AliExpress's sender, its marketing, and private matters.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from urllib.parse import quote

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""The instant at which the mailbox is read; its mails are of the weeks before."""

SECRETS = (
    "Erika Mustermann",
    "Lindenallee 12",
    "+49 151 5550100",
    "cardiologist",
    "IBAN DE02120300000000202051",
    "one-time code 493817",
    "erika@home.example",
)
"""What stands in the mails and must stand nowhere else."""

_SHOP = "AliExpress <transaction@notice.aliexpress.com>"
_APPLE = "<transaction_at_notice_aliexpress_com_ab12cd34_ef56@privaterelay.appleid.com>"

_CONFIRMED = (
    "Order {id}: order confirmed",
    "Bestellung {id}: Bestellbestätigung",
    "Commande {id} : commande confirmée",
    "Pedido {id}: pedido confirmado",
    "Ordine {id}: ordine confermato",
    "Zamówienie {id}: zamówienie potwierdzone",
    "주문 {id}: 주문 확인",
)
_SHIPPED = (
    "Order {id}: order shipped",
    "Bestellung {id}: Bestellung versandt",
    "Commande {id} : expédiée",
    "Pedido {id}: pedido enviado",
    "Ordine {id}: spedito",
    "Zamówienie {id}: wysłane",
    "주문 {id}: 배송 시작",
)
_PARCEL = (
    "Package {number}: in transit",
    "Packstück {number}: Zollabfertigung",
    "Paquete {number}: en aduanas",
    "운송장 번호 {number}: 배송 중",
)


@dataclass(frozen=True)
class Expected:
    """An order that the mails tell of."""

    tracking_number: str | None
    ordered_on: date


def order_id(place: int) -> str:
    return f"81{place:014}"


def number(place: int) -> str:
    return f"LP00{place:012}"


def mail(
    subject: str, body: str, day: int, sender: str = _SHOP, headers: dict[str, str] | None = None
) -> bytes:
    """A mail of so many days before the start."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "Erika Mustermann <erika@home.example>"
    message["Subject"] = subject
    message["Date"] = format_datetime(START - timedelta(days=day))
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content("Please use a reader for HTML.")
    message.add_alternative(
        f"<html><body><p>Dear Erika Mustermann, Lindenallee 12</p>{body}</body></html>", "html"
    )
    return message.as_bytes()


def detail(place: int) -> str:
    link = f"https://www.aliexpress.com/p/order/detail.html?o_ids={order_id(place)}"
    return f'<a href="{link}">Details</a>'


def pair(place: int) -> str:
    """A link with order and parcel, wrapped as mails wrap it to count clicks."""
    query = f"tradeOrderId={order_id(place)}&trackingNumber={number(place)}"
    inner = quote(f"https://www.aliexpress.com/p/tracking/index.html?{query}", safe="")
    return f'<a href="https://click.aliexpress.com/track/click?u={inner}&amp;x=1">Track</a>'


def from_aliexpress() -> list[bytes]:
    """40 mails about 24 orders."""
    found = []
    for place in range(14):
        subject = _CONFIRMED[place % len(_CONFIRMED)].format(id=order_id(place))
        found.append(mail(subject, detail(place), 40 - place))
    for place in range(10):
        subject = _SHIPPED[place % len(_SHIPPED)].format(id=order_id(place))
        found.append(mail(subject, pair(place), 24 - place))
    for place in range(14, 18):
        subject = _PARCEL[place % len(_PARCEL)].format(number=number(place))
        found.append(mail(subject, pair(place), 12))
    for place in range(18, 20):
        subject = _SHIPPED[0].format(id=order_id(place))
        found.append(mail(subject, pair(place), 11, _APPLE))
    relayed = {"X-SimpleLogin-Original-From": _SHOP}
    for place in range(20, 22):
        sender = "Shop <xyz@simplelogin.example>"
        subject = _SHIPPED[1].format(id=order_id(place))
        found.append(mail(subject, pair(place), 10, sender, relayed))
    for place in range(22, 24):
        quoted = f"<p>From: transaction@notice.aliexpress.com</p>{pair(place)}"
        sender = "Erika <erika@home.example>"
        found.append(mail("Fwd: your parcel", quoted, 9, sender))
    for place in range(6):
        subject = _PARCEL[place % len(_PARCEL)].format(number=number(place))
        found.append(mail(subject, "<p>It moves.</p>", 5))
    assert len(found) == 40
    return found


def expected() -> dict[str, Expected]:
    """The orders that the 40 tell of."""
    days = {
        **{place: 40 - place for place in range(14)},
        **dict.fromkeys(range(14, 18), 12),
        **dict.fromkeys(range(18, 20), 11),
        **dict.fromkeys(range(20, 22), 10),
        **dict.fromkeys(range(22, 24), 9),
    }
    return {
        order_id(place): Expected(
            None if 10 <= place < 14 else number(place), (START - timedelta(days=day)).date()
        )
        for place, day in days.items()
    }


_OTHERS = (
    ("Order 8109999999990{n:03}: order shipped", "orders@temu.example", "LP0099900000{n:04}"),
    ("Your package RB123456{n:03}CN", "no-reply@post.example", "It arrives on Monday."),
    ("Order confirmed", "store@notice.aliexpress.com.evil.example", "LP0099900001{n:04}"),
    ("Order 8109999999980{n:03}: order shipped", "x@aliexpress-notice.com", "LP0099900002{n:04}"),
    ("Your receipt {n}", "billing@bank.example", "IBAN DE02120300000000202051"),
    ("Appointment", "desk@cardiologist.example", "Dear Erika Mustermann, +49 151 5550100"),
    ("Your one-time code", "login@mail.example", "one-time code 493817"),
    ("Dinner", "friend@home.example", "https://example.org/?tradeOrderId=8109999999970{n:03}"),
    (
        "News {n}",
        "news@letters.example",
        "<a href='https://s.click.aliexpress.com/e/_x{n}'>Buy</a>",
    ),
)


def from_others(count: int = 460) -> list[bytes]:
    """Mails that tell of no order of AliExpress."""
    found = []
    for place in range(count):
        subject, sender, body = _OTHERS[place % len(_OTHERS)]
        found.append(mail(subject.format(n=place), body.format(n=place), place % 60, sender))
    return found


@cache
def whole_mailbox() -> list[bytes]:
    """500 mails, AliExpress's among the others, each kind in the order in which it came."""
    shop, others = from_aliexpress(), from_others()
    found = []
    for place, other in enumerate(others):
        if place % 11 == 0 and shop:
            found.append(shop.pop(0))
        found.append(other)
    return [*found, *shop]
