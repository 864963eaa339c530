"""The demonstration's third part: how orders come in and alerts go out, in one night.

A file is imported and a mail is read while it is night, so what is due is held; in the morning it
goes out, grouped, to the mailbox and to the phone, and a digest says what is true of all orders.
One parcel is said to be delivered and did not come: its claim ends with the form for the bank. The
mail is read where Dovecot is installed.
"""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from datetime import time as clock
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from tests.local.claim_story import CLAIMS
from tests.local.machine import HOST, ROOT, client
from tests.local.output import quote, say
from tests.simulators import dovecot
from tests.simulators.ntfy import Ntfy

if TYPE_CHECKING:
    from tests.local.demo import Demo

PUSH_NAME: Final = "/stallwatch/push"
MAILBOX_NAME: Final = "/stallwatch/mailbox"
TOPIC: Final = "parcels"

PARAMETERS: Final = {
    "PushUrls": PUSH_NAME,
    "TimeZone": "Europe/Berlin",
    **({} if dovecot.PROGRAM is None else {"Mailbox": MAILBOX_NAME}),
}
"""The stack's, besides those of the other parts; the quiet hours begin with this part."""

_BERLIN: Final = ZoneInfo("Europe/Berlin")
_QUIET: Final = "22:00-07:00"
_PATIENCE: Final = 30.0

_SHOWN: Final = 3
"""Lines of each part of a digest that are shown."""

_KETTLE, _SCARF, _CHARGER = "8190000000011234", "8190000000031234", "8190000000051234"
_MAILED: Final = "8190000000071234"

_SCANS: Final[Mapping[str, tuple[tuple[float, str], ...]]] = {
    "LP00819000001123": ((27, "PU_PICKUP_SUCCESS"), (19, "LH_DEPART")),
    "LP00819000003123": ((29, "PU_PICKUP_SUCCESS"), (21, "LH_DEPART")),
    "LP00819000005123": ((17, "PU_PICKUP_SUCCESS"), (6, "LH_ARRIVE"), (0.2, "GTMS_SIGNED")),
    "LP00819000007123": ((9, "PU_PICKUP_SUCCESS"), (2, "LH_DEPART")),
}
"""What Cainiao knows of each number: how many days ago, and what."""


class WaysStory:
    """An import, a mail, a quiet night, a push, a digest, and a parcel that did not come."""

    def __init__(self, demo: "Demo", ntfy: Ntfy) -> None:
        """Prepare it.

        Args:
            demo: What was before.
            ntfy: The phone's service.
        """
        self.demo = demo
        self.local = demo.local
        self.ntfy = ntfy
        self.wrong: list[str] = []
        """What did not come out as expected."""

    def tell(self) -> None:
        """Tell it."""
        say("\n\nOrders are added automatically, and the night is quiet\n")
        pushed = len(self.ntfy.of(TOPIC))
        self._fall_asleep()
        self._import_a_file()
        if dovecot.PROGRAM is None:
            say("\n  No Dovecot is installed here, so no mail is read (Debian: dovecot-imapd).")
        else:
            self._read_a_mail()
        self._check_at_night()
        self._wake_up(pushed)
        self._read_the_digest()
        self._tell_that_it_did_not_come()

    # The night.

    def _fall_asleep(self) -> None:
        """Half past eleven in the evening, in the time zone of the quiet hours."""
        self._move_to(clock(23, 30), QUIET_HOURS=_QUIET)
        for number, scans in _SCANS.items():
            known = [(self.demo.now - timedelta(days=ago), code) for ago, code in scans]
            self.demo.cainiao.put(number, known, carrier="DHL", destination="Germany")
        say("Half past eleven in the evening; nothing is sent until seven.")

    def _import_a_file(self) -> None:
        """A table as a spreadsheet writes it, with one row that cannot be taken."""
        rows = (
            (_KETTLE, self._written(29), "LP00819000001123", "Kettle", "24,90 €"),
            (_SCARF, self._written(31), "LP00819000003123", "Scarf", "12,00 €"),
            (_CHARGER, self._written(19), "LP00819000005123", "Charger", "18,50 €"),
            ("8,19E+15", self._written(3), "LP00819000009123", "Mug", "7,00 €"),
        )
        header = ("Bestellnummer", "Bestelldatum", "Sendungsnummer", "Artikel", "Gesamtpreis")
        table = "".join(";".join(row) + "\r\n" for row in (header, *rows))
        say("\n  A German spreadsheet is imported:\n")
        quote(table.replace("\r\n", "\n"))
        report = self._import(table)
        say("\n  Its report:")
        for row in report["rows"]:
            say(f"    row {row['row']}  {row['outcome']:9} {row.get('order_id') or row['reason']}")
        counts = (report["added"], report["rejected"])
        self._expect(counts == (3, 1), f"The import added and rejected {counts}, not (3, 1)")
        again = self._import(table)
        say(f"  The same file again: {again['unchanged']} unchanged, nothing added.")
        self._expect(again["unchanged"] == 3, "The same file again changed something")

    def _read_a_mail(self) -> None:
        """AliExpress's mail in a mailbox of its own, read by the function over IMAP and TLS."""
        link = (
            "https://www.aliexpress.com/p/tracking/index.html"
            f"?tradeOrderId={_MAILED}&trackingNumber=LP00819000007123"
        )
        mail = EmailMessage()
        mail["From"] = "AliExpress <transaction@notice.aliexpress.com>"
        mail["Subject"] = "Package LP00819000007123: in transit"
        mail["Date"] = format_datetime(self.demo.now - timedelta(hours=2))
        mail.set_content(f'<html><body><a href="{link}">Track</a></body></html>', "html")
        private = EmailMessage()
        private["From"] = "A friend <friend@example.org>"
        private["Subject"] = "Dinner on Friday?"
        private.set_content("At eight.")
        with dovecot.Dovecot() as server:
            server.put([private.as_bytes(), mail.as_bytes()])
            access = {"host": HOST, "port": server.port, "ca": server.ca}
            secret = {**access, "user": dovecot.USER, "password": dovecot.PASSWORD}
            self._keep(MAILBOX_NAME, json.dumps(secret))
            run = self.local.invoke("read_mailbox", {})
            flags = {flag for _, flag in server.state()}
        found = self.demo.api("GET", f"/orders/{_MAILED}")
        say("\n  The mailbox is read by IMAP: two mails, one of them AliExpress's.")
        say(f"    {_MAILED} is added, with its number {found['tracking_number']}")
        self._expect(run["added"] == 1, f"The mailbox gave {run}")
        self._expect(b"\\Seen" not in b" ".join(flags), "A mail was marked as seen")

    def _check_at_night(self) -> None:
        """The first looks find what is due, and nobody is woken."""
        letters = len(self.local.notifications())
        self.local.invoke("pull_tracking", {})
        self.local.settle(quiet=1.0)  # nothing must come, so no count of alerts can be awaited
        say("\n  The check finds two stalled parcels and a delivery. It is night: nothing is sent.")
        self._expect(len(self.local.notifications()) == letters, "Something was sent at night")

    def _wake_up(self, pushed: int) -> None:
        """The morning: what was held goes out, all of a kind in one message."""
        self._move_to(clock(7, 5))
        self.local.invoke("pull_tracking", {})
        self.demo.settle(self.demo.sent.total() + 3)
        say("\nFive past seven: what was held goes out, one message a kind.")
        self.demo.tell_letters()
        expected = {(_KETTLE, "stalled"), (_SCARF, "stalled"), (_CHARGER, "delivered")}
        got = {one for one in self.demo.sent if one[0] in {_KETTLE, _SCARF, _CHARGER, _MAILED}}
        self._expect(got == expected, f"In the morning came {sorted(got)}")
        deadline = time.monotonic() + _PATIENCE
        while len(self.ntfy.of(TOPIC)) < pushed + 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        messages = self.ntfy.of(TOPIC)[pushed:]
        say(f"\n  The phone got {len(messages)} pushes through ntfy:\n")
        for message in messages:
            quote(f"{message.get('title', '')}\n{message.get('message', '')}")
            say("")
        self._expect(len(messages) == 2, f"The phone got {len(messages)} pushes, not 2")

    def _read_the_digest(self) -> None:
        """What is true of all orders, in one message, as the schedule has it made each morning."""
        event = {"digest": f"{self.demo.now:%Y-%m-%dT%H:%M:00Z}"}
        made = [self.local.invoke("evaluate_orders", event)["messages"] for _ in range(2)]
        self.local.settle()
        letters = self.local.notifications()[self.demo.read :]
        self.demo.read += len(letters)
        mails = [letter for letter in letters if letter["protocol"] == "email"]
        say("\n  The digest of this morning, once though its schedule told it twice:\n")
        for mail in mails:
            quote("\n".join([f"Subject: {mail['subject']}", "", *_beginnings(mail["text"])]))
        self._expect(made == [1, 0], f"The two runs of one digest sent {made}, not [1, 0]")
        self._expect(
            [_KETTLE in mail["text"] or "Kettle" in mail["text"] for mail in mails] == [True],
            f"The digest came in {len(mails)} mails, or without the kettle",
        )

    # Delivered, but not received.

    def _tell_that_it_did_not_come(self) -> None:
        """The word, the dispute, and in the end the form for the bank."""
        say("\n  The charger is said to be delivered, and did not come. The buyer says so, and how")
        say("  it was paid:\n")
        order = f"/orders/{_CHARGER}"
        self.demo.api("PATCH", order, {"paid_with": "card"})
        said = self.demo.api("POST", f"{order}/actions", {"action": "not_received"})
        quote(said["advice"])
        self.demo.api("POST", f"{order}/actions", {"action": "dispute_opened"})
        self.demo.api("POST", f"{order}/actions", {"action": "dispute_rejected"})
        form = self._open(f"{order}/claim?for=bank")
        path = CLAIMS / f"{_CHARGER}.bank.html"
        path.write_bytes(form)
        say("\n  AliExpress decides against the buyer. The form for the bank, ready to print:")
        say(f"    {path.relative_to(ROOT)}")
        self._expect(b"18.50" in form and _CHARGER.encode() in form, "The bank's form lacks a fact")

    # What it is made of.

    def _move_to(self, wall: clock, **variables: str) -> None:
        """Let the next such time of the wall clock come."""
        here = self.demo.now.astimezone(_BERLIN)
        then = datetime.combine(here.date(), wall, tzinfo=_BERLIN)
        if then <= here:
            then = datetime.combine(here.date() + timedelta(days=1), wall, tzinfo=_BERLIN)
        shift = self.demo.shift + (then - self.demo.now)
        self.demo.move(shift, **variables)

    def _written(self, days: int) -> str:
        return (self.demo.now - timedelta(days=days)).strftime("%d.%m.%Y")

    def _import(self, table: str) -> Any:
        return self.demo.api("POST", "/orders/import", table.encode("cp1252"), "text/csv")

    def _open(self, path: str) -> bytes:
        stack = self.local.stack
        request = urllib.request.Request(  # noqa: S310
            f"{stack['api_url']}{path}", headers={"x-api-key": stack["api_key"], "accept": "*/*"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            content: bytes = answer.read()
        return content

    def _keep(self, name: str, text: str) -> None:
        client("ssm", self.local.stack["aws_endpoint"]).put_parameter(
            Name=name, Value=text, Type="SecureString", Overwrite=True
        )

    def _expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)


def _beginnings(text: str) -> Iterator[str]:
    """A digest's parts, each with its heading and its first lines."""
    for part in text.strip().split("\n\n"):
        lines = part.splitlines()
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"  (and {len(lines) - _SHOWN} more)"
