"""`make demo`: a week with eleven parcels, told day by day.

The real template on an emulator, the real functions, and a simulated Cainiao. The clock of this
stack is moved from day to day; nothing else is played.
"""

import json
import signal
import sys
import textwrap
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.local.leash import end_with_parent
from tests.local.machine import LocalError
from tests.local.stack import LocalStack
from tests.lookalikes.cainiao import Lookalike

Code = tuple[float, str]
"""How many days ago a parcel was scanned, and with what code."""


@dataclass(frozen=True)
class Parcel:
    """A parcel of the story."""

    order_id: str
    title: str
    why: str
    """What is the matter with it, as the story tells it."""
    ordered_ago: int
    scans: tuple[Code, ...]
    service: str = "standard"
    destination: str = "DE"
    protection_in: int | None = None
    expect: tuple[str, ...] = ()
    """The alerts of the whole week."""
    but_not: str = ""
    """What was not sent, and why not."""
    later: tuple[tuple[int, float, str], ...] = ()
    """Scans that come later: on which day, how many days before it, and the code."""
    carrier: str | None = None
    number: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", f"LP{abs(hash(self.order_id)) % 10**14:014}")


PARCELS = (
    Parcel(
        "phone-case",
        "Phone case",
        "silent for 14 days after it left China, inside its window: that is normal",
        20,
        ((18, "PU_PICKUP_SUCCESS"), (14, "LH_DEPART")),
        but_not="stalled: silence is normal after the departure, inside the window",
    ),
    Parcel(
        "usb-hub",
        "USB hub",
        "26 days on its way and still moving: past the 25 days of its window",
        28,
        ((26, "PU_PICKUP_SUCCESS"), (9, "LH_ARRIVE"), (2, "GTMS_ACCEPT")),
        expect=("late",),
        carrier="DHL",
        but_not="stalled: it has moved within twelve days; late again: once is enough",
    ),
    Parcel(
        "desk-lamp",
        "Desk lamp",
        "past its window, and nothing has moved for 18 days",
        28,
        ((26, "PU_PICKUP_SUCCESS"), (18, "LH_DEPART")),
        expect=("stalled",),
        but_not="late: only the highest of late, stalled and claim; stalled again: once is enough",
    ),
    Parcel(
        "tea-pot",
        "Tea pot",
        "announced twelve days ago, and nobody has ever scanned it",
        12,
        ((11, "GWMS_ACCEPT"),),
        expect=("never_scanned",),
        but_not="late, stalled: they need a scan, and nobody has scanned it",
    ),
    Parcel(
        "headphones",
        "Headphones",
        "waits at a pickup point",
        15,
        ((14, "PU_PICKUP_SUCCESS"), (6, "LH_ARRIVE"), (0.2, "GTMS_STA_SIGNED")),
        expect=("action_needed", "action_needed"),
        carrier="DHL",
        but_not="late, stalled: what waits at a pickup point has arrived; one reminder, no more",
    ),
    Parcel(
        "drone",
        "Drone",
        "young and moving, but its buyer protection ends in four days",
        40,
        ((12, "PU_PICKUP_SUCCESS"), (3, "LH_DEPART")),
        protection_in=4,
        expect=("protection_ending", "protection_ending"),
        but_not="late, stalled: it is inside its window; the deadline: at five days and at one",
    ),
    Parcel(
        "vitamins",
        "Vitamins",
        "stopped by customs",
        14,
        ((13, "PU_PICKUP_SUCCESS"), (6, "LH_ARRIVE"), (0.5, "CC_IM_FAILURE")),
        expect=("action_needed",),
        carrier="DHL",
        but_not="stalled: it is inside its window; the stop is told of once",
    ),
    Parcel(
        "jacket",
        "Jacket",
        "no news for 61 days: time to claim the money",
        75,
        ((73, "PU_PICKUP_SUCCESS"), (61, "LH_DEPART")),
        protection_in=25,
        expect=("refund_claim", "refund_claim"),
        but_not="late, stalled: the claim is the highest; it comes again after seven days",
    ),
    Parcel(
        "socks",
        "Socks",
        "delivered this morning",
        20,
        ((18, "PU_PICKUP_SUCCESS"), (5, "LH_ARRIVE"), (1, "GTMS_DO_DEPART"), (0.1, "GTMS_SIGNED")),
        expect=("delivered",),
        but_not="anything else: delivered mutes all but a return",
    ),
    Parcel(
        "puzzle",
        "Puzzle",
        "stalled, until it moves again on the third day",
        30,
        ((28, "PU_PICKUP_SUCCESS"), (20, "LH_DEPART")),
        expect=("stalled", "moving_again"),
        later=((3, 0.3, "LH_ARRIVE"),),
        but_not="late: never after a stalled",
    ),
    Parcel(
        "tripod",
        "Tripod",
        "a young order; the look at it on the second day is blocked",
        6,
        ((4, "PU_PICKUP_SUCCESS"), (1, "SC_OUTBOUND_SUCCESS")),
        service="expedited",
        but_not="anything: it is young, and a look that is blocked counts no silence",
    ),
)

DAYS = (
    (0, "fine", "Eleven orders are added. Each is looked at as soon as it is there."),
    (1, "block_page", "Cainiao blocks us: its page asks for a captcha instead of answering."),
    (3, "fine", "It answers again, and the puzzle has been scanned abroad."),
    (7, "fine", "A week has passed. The headphones are still at the pickup point."),
)


class Demo:
    """The story, and what is told of it."""

    def __init__(self, local: LocalStack, cainiao: Lookalike) -> None:
        self.local = local
        self.cainiao = cainiao
        self.began = datetime.now(UTC)
        self.read = 0
        self.sent: Counter[tuple[str, str]] = Counter()

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API, as any client would."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.local.stack['api_url']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "x-api-key": self.local.stack["api_key"],
                "content-type": "application/json",
                "accept": "*/*",
            },
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    def add(self, parcel: Parcel) -> None:
        """Add an order."""
        body = {
            "order_id": parcel.order_id,
            "title": parcel.title,
            "tracking_number": parcel.number,
            "ordered_on": self._day(-parcel.ordered_ago),
            "destination": parcel.destination,
            "service": parcel.service,
        }
        if parcel.protection_in is not None:
            body["protection_ends_on"] = self._day(parcel.protection_in)
        self.api("POST", "/orders", body)

    def show_on(self, day: int) -> None:
        """Have the simulated Cainiao know what it knows on a day."""
        for parcel in PARCELS:
            scans = [(self.began - timedelta(days=ago), code) for ago, code in parcel.scans]
            scans += [
                (self.began + timedelta(days=on - ago), code)
                for on, ago, code in parcel.later
                if on <= day
            ]
            self.cainiao.put(parcel.number, scans, carrier=parcel.carrier, destination="Germany")

    def live(self, day: int, mode: str) -> None:
        """Let a day of the story happen."""
        self.show_on(day)
        self.cainiao.be(mode)
        if day == 0:
            for parcel in PARCELS:
                self.add(parcel)
            run = self.local.invoke("pull_tracking", {})
        else:
            shift = timedelta(days=day).total_seconds()
            self.local.update_function_environment({"CLOCK_SHIFT": str(int(shift))})
            orders = [parcel.order_id for parcel in PARCELS]
            run = self.local.invoke("pull_tracking", {"order_ids": orders})
        say(
            f"  The check looked at {run['due']} more: {run['checked']} answered, "
            f"{run['changed']} with news; the source: {run['source']}."
        )
        self._await(day)

    def _await(self, day: int) -> None:
        """Wait for the alerts of a day, and for as long as the functions have work."""
        due = sum(len(parcel.expect) for parcel in PARCELS) if day == DAYS[-1][0] else 0
        deadline = time.monotonic() + 30
        while True:
            self.local.settle(quiet=1.0)
            self._take_inbox()
            if self.sent.total() >= due or time.monotonic() > deadline:
                return

    def _take_inbox(self) -> None:
        for envelope in self.local.drain_inbox():
            body = json.loads(envelope["Message"])
            for order in body["orders"]:
                self.sent[order["order_id"], body["kind"]] += 1

    def tell_letters(self) -> None:
        """Show what the subscribers got since the last time."""
        letters = self.local.letters()[self.read :]
        self.read += len(letters)
        mails = [letter for letter in letters if letter["protocol"] == "email"]
        texts = [letter for letter in letters if letter["protocol"] == "sms"]
        if not letters:
            say("  Nothing was sent.")
        for mail in mails:
            say(f"\n  E-mail to {mail['endpoint']}\n  Subject: {mail['subject']}\n")
            say(textwrap.indent(mail["text"].strip(), "  | ", lambda _: True))
        for text in texts:
            say(f"\n  SMS to {text['endpoint']}: {text['text']}")

    def tell_orders(self) -> None:
        """Show the orders as the page lists them."""
        orders: list[Any] = []
        cursor = ""
        while cursor is not None:
            page = self.api("GET", f"/orders?limit=50{cursor and f'&cursor={quote(cursor)}'}")
            orders += page["orders"]
            cursor = page["next_cursor"]
        for order in sorted(orders, key=lambda o: o["order_id"]):
            silent = order["silent_days"]
            days = "-" if silent is None else f"{silent} d silent"
            say(f"  {order['order_id']:12} {order['stage']:18} {days:12} {order['advice']}")

    def wrong(self) -> Iterator[str]:
        """What was expected and did not come, or came and was not expected."""
        for parcel in PARCELS:
            expected = Counter(parcel.expect)
            got = Counter({k: n for (order, k), n in self.sent.items() if order == parcel.order_id})
            for kind in sorted(expected.keys() | got.keys()):
                if expected[kind] != got[kind]:
                    yield f"{parcel.order_id}: {kind} came {got[kind]} times, not {expected[kind]}"

    def _day(self, days: int) -> str:
        return (self.began + timedelta(days=days)).date().isoformat()


def tell(demo: Demo) -> None:
    """The whole story."""
    say("\nThe parcels\n")
    for parcel in PARCELS:
        say(f"  {parcel.order_id:12} {parcel.why}")
    for day, mode, what in DAYS:
        say(f"\n\nDay {day}: {what}")
        if day:
            days = f"{day} day{'s' * (day > 1)}"
            say(f"  (The clock of this stack was moved by {days}; everything else is real.)")
        demo.live(day, mode)
        demo.tell_letters()
        if mode != "fine":
            say("  No answer is no silence: every parcel has as many silent days as before.\n")
            demo.tell_orders()
    say("\n\nIn the end\n")
    demo.tell_orders()
    say("\nWhat was sent, and what was not")
    for parcel in PARCELS:
        kinds = [kind for order, kind in demo.sent.elements() if order == parcel.order_id]
        say(f"\n  {parcel.order_id}: {parcel.why}")
        say(f"    sent      {', '.join(kinds) or 'nothing'}")
        say(f"    not sent  {parcel.but_not}")


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def main(_: Sequence[str] = ()) -> int:
    """Tell the story; answers the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    end_with_parent()
    say("Stallwatch on this machine: the real template on an AWS emulator, a simulated Cainiao.\n")
    try:
        with (
            Lookalike() as cainiao,
            LocalStack(
                "demo",
                parameters={
                    "CainiaoUrl": cainiao.url,
                    "HomeCountry": "DE",
                    "AlertEmail": "you@example.org",
                    "AlertPhone": "+4915100000000",
                    # The simulated Cainiao is no guest's door.
                    "CainiaoPerMinute": "600",
                },
                say=lambda line: say(f"  {line}"),
            ) as local,
        ):
            demo = Demo(local, cainiao)
            tell(demo)
            say(f"\nThe page: {local.stack['page_url']}")
            say("It ends with this demonstration; `make local` keeps one running.")
            wrong = list(demo.wrong())
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    if wrong:
        print("\nNot as expected:\n  " + "\n  ".join(wrong), file=sys.stderr)
        return 1
    say("\nEvery alert came as expected, and none that was not.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
