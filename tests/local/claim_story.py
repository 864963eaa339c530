"""The demonstration's second part: one order, from the alarm to the money.

The buyer does over the API what the mails say, and the check runs whenever the order's turn is.
What the claim consists of is written to `.local/claims/`.
"""

import hashlib
import json
import shutil
import time
import urllib.request
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError

from tests.local.demo_parcels import PARCELS, SPEAKER
from tests.local.machine import LOCAL, ROOT
from tests.local.output import quote, say
from tests.simulators.seventeen_track import Simulator as SeventeenTrack

if TYPE_CHECKING:
    from tests.local.demo import Demo

CLAIMS: Final = LOCAL / "claims"
"""Where the files of the claim go."""

FORMS: Final = ("json", "html", "svg", "png")

_ORDER: Final = f"/orders/{SPEAKER.order_id}"
_DAY: Final = timedelta(days=1)
_FIRST: Final = 8 * _DAY
_CLAIM_OPENS: Final = 60
"""Days of silence."""
_PATIENCE: Final = 30.0
"""Seconds within which the evaluation has counted what the buyer said."""


class ClaimStory:
    """One order, taken from its alarm to a recorded refund."""

    def __init__(self, demo: "Demo", track: SeventeenTrack) -> None:
        """Prepare it.

        Args:
            demo: The week that was before.
            track: The simulated 17TRACK.
        """
        self.demo = demo
        self.track = track
        self.wrong: list[str] = []
        """What did not come out as expected, besides the alerts."""
        self.turn = demo.began
        """The order's next turn."""
        self.turns_without_news = 0

    def tell(self, **variables: str) -> None:
        """Tell it; `variables` of the functions set up the second source."""
        say("\n\nFrom the alarm to the money\n")
        say(f"  {SPEAKER.title}: {SPEAKER.why}\n")
        say(
            "  The eleven orders of the week are closed; what follows is about one more. 17TRACK is"
        )
        say("  set up as the second source, and each check runs when it is the order's turn.")
        for parcel in PARCELS:
            self.demo.api("POST", f"/orders/{parcel.order_id}/actions", {"action": "close"})
        self._begin(variables)
        self._remind()
        self._open_claim()
        self._make_claim()
        self._dispute()
        self._refund()

    def _begin(self, variables: dict[str, str]) -> None:
        self.demo.move(_FIRST, **variables)
        self.demo.show_on(_FIRST.days)
        known = self.demo.scans_of(SPEAKER)
        told = {
            "PU_PICKUP_SUCCESS": ("InTransit_PickedUp", "Picked up by the carrier"),
            "LH_DEPART": ("InTransit_Departure", "Left the country of origin"),
        }
        self.track.put(SPEAKER.number, [(at, *told[code]) for at, code in known if code in told])
        self._say_day("The order is added, and its parcel has stalled already.")
        self.demo.add(SPEAKER)
        self._await_alert()
        say("\n  The buyer sends the seller the first draft from the page:\n")
        quote(self._draft("seller_question"))
        self._act("seller_contacted")
        self.turn = datetime.fromisoformat(self.demo.api("GET", _ORDER)["next_check_at"])

    def _remind(self) -> None:
        """Three days without news after the word."""
        for _ in range(3):
            self._check()
        self._check(alert=True)
        say("\n  The buyer writes again:\n")
        quote(self._draft("seller_reminder"))

    def _open_claim(self) -> None:
        """Up to the check that finds the silence long enough."""
        while True:
            silent = self.turn - self.demo.scans_of(SPEAKER)[-1][0]
            self._check(alert=silent.days >= _CLAIM_OPENS, whole=1)
            if silent.days >= _CLAIM_OPENS:
                break
        (source,) = (s for s in self.demo.api("GET", "/stats")["sources"] if s["credits"])
        spent, left = source["credits"]["spent"], source["credits"]["left"]
        say(f"\n  Asking 17TRACK has cost {spent} credit; {left} are left.")
        self._expect(spent == 1, f"17TRACK cost {spent} credits, not 1")

    def _make_claim(self) -> None:
        """What the buyer looked at, and the files of the claim, as its link gives them."""
        spots = ("neighbour", "locker", "post_office", "doorstep")
        today = self.demo.now.date().isoformat()
        self._act("not_found_here", answers=dict.fromkeys(spots, today))
        say("  The buyer has looked: it is with no neighbour, in no locker, at no post office and")
        say("  on no doorstep. The answers are part of the claim.\n")
        link = self.demo.api("POST", f"{_ORDER}/claim/links")
        shutil.rmtree(CLAIMS, ignore_errors=True)
        CLAIMS.mkdir(parents=True)
        say("  The claim file, through a link that needs no key and lives for 30 days:")
        files = {}
        for form in FORMS:
            files[form] = self._open(f"{link['path']}?as={form}") or b""
            path = CLAIMS / f"{SPEAKER.order_id}.{form}"
            path.write_bytes(files[form])
            say(f"    {path.relative_to(ROOT)}")
        claim = json.loads(files["json"])
        said = claim.pop("sha256")
        text = json.dumps(claim, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        counted = hashlib.sha256(text.encode()).hexdigest()
        say(f"  Its checksum, counted again: {counted}")
        self._expect(counted == said, f"The claim file says {said}, and has {counted}")
        for form in ("html", "svg"):
            self._expect(said.encode() in files[form], f"The {form} has another checksum")
        self._expect(files["png"].startswith(b"\x89PNG"), "The picture is no PNG")
        forged = link["path"][:-1] + ("A" if link["path"][-1] != "A" else "B")
        self._expect(self._open(forged) is None, "A forged link opens something")

    def _dispute(self) -> None:
        say("\n  The dispute is opened with the picture, and with these words:\n")
        quote(self._draft("dispute"))
        self._act("dispute_opened")
        self._tell_money("claimed")
        self._check(later=5 * _DAY, alert=True)

    def _refund(self) -> None:
        say("\n  The buyer escalates it, AliExpress decides, and the money is back:")
        self._act("refunded", amount=SPEAKER.price)
        self._tell_money("recovered")

    # What happens.

    def _check(
        self, *, later: timedelta = timedelta(0), alert: bool = False, whole: int = 0
    ) -> None:
        """Let the order's next turn come, or one that is `later`, and wait for its alert.

        Its mail is shown in full with `whole`.
        """
        self.turn += later
        ahead = self.turn + timedelta(minutes=1) - self.demo.now
        self.demo.move(self.demo.shift + ahead)
        self.turn += _DAY
        asked = len(self.track.asked)
        self.demo.local.invoke("pull_tracking", {})
        if not alert:
            self.turns_without_news += 1
            return
        too = " and 17TRACK" if len(self.track.asked) > asked else ""
        before = self.turns_without_news
        days = "day" if before == 1 else f"{before} days"
        self._say_day(
            f"The order's turn: the check asks Cainiao{too}"
            + (f", as on the {days} before." if before else ".")
        )
        self.turns_without_news = 0
        self._await_alert(whole=whole)

    def _await_alert(self, *, whole: int = 0) -> None:
        self.demo.settle(self.demo.sent.total() + 1)
        self.demo.tell_letters(whole=whole)

    def _act(self, action: str, **more: object) -> None:
        self.demo.api("POST", f"{_ORDER}/actions", {"action": action, **more})

    def _draft(self, kind: str) -> str:
        drafts = self.demo.api("GET", f"{_ORDER}/drafts")["drafts"]
        (text,) = (draft["text"] for draft in drafts if draft["kind"] == kind)
        return str(text)

    def _open(self, path: str) -> bytes | None:
        """What anybody gets, without the key; None where it is not there."""
        url = f"{self.demo.local.stack['api_url']}/{path}"
        request = urllib.request.Request(url, headers={"accept": "*/*"})  # noqa: S310
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            with error:
                return None

    # What is told of it.

    def _say_day(self, what: str) -> None:
        day = (self.demo.now.date() - self.demo.began.date()).days
        say(f"\nDay {day}, {self.demo.now:%H:%M} UTC: {what}")

    def _tell_money(self, standing: str) -> None:
        """The ledger, in which the price must come to stand under one heading."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            (money,) = self.demo.api("GET", "/stats")["money"]
            if money[standing]["amount"] == SPEAKER.price or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        told = {name: money[name]["amount"] for name in ("at_risk", "claimed", "recovered", "lost")}
        sums = ", ".join(f"{name.replace('_', ' ')} {amount}" for name, amount in told.items())
        say(f"\n  The ledger, in {money['currency']}: {sums}")
        self._expect(
            told[standing] == SPEAKER.price, f"{standing} is {told[standing]}, not {SPEAKER.price}"
        )

    def _expect(self, holds: Any, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)
