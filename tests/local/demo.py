"""`make demo`: a week with eleven parcels, a twelfth from the alarm to the money, and a night.

The real template on an emulator, the real functions, and a simulated Cainiao and 17TRACK. The clock
of this stack is moved from day to day; nothing else is played.
"""

import json
import signal
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.local.claim_story import ClaimStory
from tests.local.demo_parcels import PARCELS, SPEAKER, Parcel
from tests.local.local_stack import LocalStack
from tests.local.machine import LocalError, client, told
from tests.local.output import quote, quote_gist, say, short
from tests.local.supervised import end_with_parent
from tests.local.ways_story import PARAMETERS as WAYS
from tests.local.ways_story import PUSH_NAME, TOPIC, WaysStory
from tests.simulators.cainiao import Simulator
from tests.simulators.ntfy import Ntfy
from tests.simulators.seventeen_track import KEY
from tests.simulators.seventeen_track import Simulator as SeventeenTrack

KEY_NAME = "/stallwatch/17track"
"""Where the key of 17TRACK is kept."""

DAYS = (
    (0, "fine", "Eleven orders are added. Each is checked at once."),
    (1, "block_page", "Cainiao blocks us: its page asks for a captcha instead of answering."),
    (3, "fine", "It answers again, and the puzzle has been scanned abroad."),
    (7, "fine", "A week has passed. The headphones are still at the pickup point."),
)


class Demo:
    """The story, and what is told of it."""

    def __init__(self, local: LocalStack, cainiao: Simulator) -> None:
        self.local = local
        self.cainiao = cainiao
        self.began = datetime.now(UTC)
        self.shift = timedelta(0)
        """By how much the clock of the stack is moved."""
        self.read = 0
        self.sent: Counter[tuple[str, str]] = Counter()
        self.wrong_import = ""

    @property
    def now(self) -> datetime:
        """The time of the stack."""
        return datetime.now(UTC) + self.shift

    def api(self, method: str, path: str, body: object = None, kind: str | None = None) -> Any:
        """Ask the API, as any client would; bytes are sent as they are, JSON is written here."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.local.stack['api_url']}{path}",
            method=method,
            data=body if isinstance(body, bytes | None) else json.dumps(body).encode(),
            headers={
                "x-api-key": self.local.stack["api_key"],
                "content-type": "application/json" if kind is None else kind,
                "accept": "*/*",
            },
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)

    def move(self, shift: timedelta, **variables: str) -> None:
        """Move the clock of the stack, and set more variables of its functions."""
        self.shift = timedelta(seconds=int(shift.total_seconds()))
        self.local.set_variables(CLOCK_SHIFT=str(int(self.shift.total_seconds())), **variables)

    def add(self, *parcels: Parcel) -> None:
        """Add orders, in one request."""
        lines = [json.dumps(self._written(parcel)) + "\n" for parcel in parcels]
        report = self.api("POST", "/orders/import", "".join(lines).encode(), "application/x-ndjson")
        if report["added"] != len(parcels):
            self.wrong_import = f"The import added {report['added']}, not {len(parcels)}"

    def _written(self, parcel: Parcel) -> dict[str, Any]:
        """An order as JSON."""
        order: dict[str, Any] = {
            "order_id": parcel.order_id,
            "title": parcel.title,
            "tracking_number": parcel.number,
            "ordered_on": self._day(-parcel.ordered_ago),
            "destination": parcel.destination,
            "service": parcel.service,
        }
        if parcel.protection_in is not None:
            order["protection_ends_on"] = self._day(parcel.protection_in)
        if parcel.price is not None:
            order |= {"price": parcel.price, "currency": "EUR"}
        return order

    def show_on(self, day: int) -> None:
        """Have the simulated Cainiao know what it knows on a day."""
        for parcel in (*PARCELS, SPEAKER):
            scans = self.scans_of(parcel)
            scans += [
                (self.began + timedelta(days=on - ago), code)
                for on, ago, code in parcel.later
                if on <= day
            ]
            self.cainiao.put(parcel.number, scans, carrier=parcel.carrier, destination="Germany")

    def scans_of(self, parcel: Parcel) -> list[tuple[datetime, str]]:
        """The scans of a parcel up to the first day."""
        return [(self.began - timedelta(days=ago), code) for ago, code in parcel.scans]

    def live(self, day: int, mode: str) -> None:
        """Let a day of the story happen."""
        self.show_on(day)
        self.cainiao.be(mode)
        if day == 0:
            self.add(*PARCELS)
            self.local.invoke("pull_tracking", {})
        else:
            self.move(timedelta(days=day))
            orders = [parcel.order_id for parcel in PARCELS]
            run = self.local.invoke("pull_tracking", {"order_ids": orders})
            say(
                f"  The check asked for {run['due']} parcels: {run['checked']} answered, "
                f"{run['changed']} with news."
            )
        last = day == DAYS[-1][0]
        self.settle(sum(len(parcel.expect) for parcel in PARCELS) if last else 0)

    def settle(self, due: int = 0) -> None:
        """Wait while the functions have work, and for so many alerts since the beginning."""
        deadline = time.monotonic() + 30
        while True:
            self.local.settle()
            self._take_inbox()
            if self.sent.total() >= due or time.monotonic() > deadline:
                return

    def _take_inbox(self) -> None:
        for envelope in self.local.drain_inbox():
            body = json.loads(envelope["Message"])
            for order in body["orders"]:
                self.sent[order["order_id"], body["kind"]] += 1

    def tell_letters(self, *, whole: int = 0) -> None:
        """Show what the subscribers got since the last time.

        In full are the first `whole` of the mails that speak of one order.
        """
        notifications = self.local.notifications()[self.read :]
        self.read += len(notifications)
        if not notifications:
            say("  Nothing was sent.")
        mails = [one for one in notifications if one["protocol"] == "email"]
        alone = [mail for mail in mails if mail["text"].count("What happened") == 1]
        for mail in mails:
            say(f"\n  E-mail: {mail['subject']}")
            (quote if mail in alone[:whole] else quote_gist)(mail["text"])
        texts = [one["text"] for one in notifications if one["protocol"] == "sms"]
        if texts:
            say("")
        for text in texts:
            say(f"  SMS: {text}")

    def tell_orders(self) -> None:
        """Show the orders as the page lists them."""
        orders: list[Any] = []
        cursor = ""
        while cursor is not None:
            page = self.api(
                "GET", f"/orders?limit=50{cursor and f'&cursor={urllib.parse.quote(cursor)}'}"
            )
            orders += page["orders"]
            cursor = page["next_cursor"]
        for order in sorted(orders, key=lambda o: o["order_id"]):
            silent = order["silent_days"]
            days = "-" if silent is None else f"{silent} d silent"
            advice = short(order["advice"], 50)
            say(f"  {order['order_id']:12} {order['stage']:19} {days:12} {advice}")

    def wrong(self) -> Iterator[str]:
        """What was expected and did not come, or came and was not expected."""
        if self.wrong_import:
            yield self.wrong_import
        for parcel in (*PARCELS, SPEAKER):
            expected = Counter(parcel.expect)
            got = Counter({k: n for (order, k), n in self.sent.items() if order == parcel.order_id})
            for kind in sorted(expected.keys() | got.keys()):
                if expected[kind] != got[kind]:
                    yield f"{parcel.order_id}: {kind} came {got[kind]} times, not {expected[kind]}"

    def _day(self, days: int) -> str:
        return (self.began + timedelta(days=days)).date().isoformat()


def tell(demo: Demo) -> None:
    """The week."""
    say("\nThe parcels\n")
    for parcel in PARCELS:
        say(f"  {parcel.order_id:12} {parcel.why}")
    for day, mode, what in DAYS:
        say(f"\n\nDay {day}: {what}")
        if day:
            days = f"{day} day{'s' * (day > 1)}"
            say(f"  (The clock of this stack was moved by {days}; everything else is real.)")
        demo.live(day, mode)
        demo.tell_letters(whole=not day)
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


def show_page(local: LocalStack, wrong: Sequence[str]) -> None:
    """Say where the page is; on a terminal it stays open until Enter."""
    page = local.stack["page_url"]
    if wrong or not (sys.stdin.isatty() and sys.stdout.isatty()):
        say(f"\nThe page: {page}")
        say("It ends with this demonstration; `make local` keeps one running.")
        return
    say("\nThe page, with the key in the link:\n")
    say(f"  {page}#key={local.stack['api_key']}\n")
    with suppress(EOFError):
        input("Enter ends it and forgets every order. ")


def main(_: Sequence[str] = ()) -> int:
    """Tell the story; answers the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    end_with_parent()
    say("Stallwatch on this machine: the real template on an AWS emulator, a simulated Cainiao")
    say("and a simulated 17TRACK.\n")
    try:
        with (
            Simulator() as cainiao,
            SeventeenTrack() as track,
            Ntfy() as ntfy,
            LocalStack(
                "demo",
                parameters={
                    "CainiaoUrl": cainiao.url,
                    "HomeCountry": "DE",
                    "AlertEmail": "you@example.org",
                    "AlertPhone": "+4915100000000",
                    # The simulated Cainiao is no guest's door.
                    "CainiaoPerMinute": "600",
                    "SeventeenTrackKey": KEY_NAME,
                    "SeventeenTrackUrl": track.url,
                    **WAYS,
                },
                say=lambda line: say(f"  {line}"),
            ) as local,
        ):
            parameters = client("ssm", local.stack["aws_endpoint"])
            secrets = {KEY_NAME: KEY, PUSH_NAME: ntfy.url(TOPIC)}
            for name, secret in secrets.items():
                parameters.put_parameter(Name=name, Value=secret, Type="SecureString")
            # The week is without a second source.
            local.set_variables(SEVENTEEN_TRACK_KEY="")
            demo = Demo(local, cainiao)
            tell(demo)
            story = ClaimStory(demo, track)
            story.tell(SEVENTEEN_TRACK_KEY=KEY_NAME)
            ways = WaysStory(demo, ntfy)
            ways.tell()
            wrong = [*demo.wrong(), *story.wrong, *ways.wrong]
            show_page(local, wrong)
    except (LocalError, OSError) as error:
        print(told(error), file=sys.stderr)
        return 1
    if wrong:
        print("\nNot as expected:\n  " + "\n  ".join(wrong), file=sys.stderr)
        return 1
    say("\nEvery alert came as expected, and none that was not; the claim file is whole, and the")
    say("money is back.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
