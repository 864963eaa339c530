"""messages.alert_text."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from stallwatch.domain.alerts import SELLER, SILENCE, Alert, AlertKind
from stallwatch.domain.orders import Order, SearchPlace
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import Translations
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.tracking.profiles import CAINIAO, profile_of

TRACKING_PAGE = CAINIAO.page
"""Where a buyer can look by hand."""


_COUNTED = {AlertKind.LATE: "days_in_transit", AlertKind.NEVER_SCANNED: "untracked_days"}


def order_url(page_url: str, order_id: str) -> str:
    """The address of an order on the page."""
    return f"{page_url}#/orders/{quote(order_id)}"


class AlertText:
    """What is said about one alert."""

    def __init__(
        self, alert: Alert, order: Order | None, page_url: str, words: Translations
    ) -> None:
        self.alert = alert
        self.order = order
        self.words = words
        self.url = page_url if order is None else order_url(page_url, order.order_id)
        self.facts: dict[str, Any] = dict(alert.facts)

    # Facts.

    def day(self, name: str) -> date | None:
        """A date among the facts."""
        value = self.facts.get(name)
        return None if value is None else date.fromisoformat(value)

    @property
    def number(self) -> str | None:
        """The tracking number."""
        return self.order.tracking_number if self.order is not None else None

    @property
    def carrier(self) -> str:
        """The local carrier, by name and its own number where they are known."""
        name, _, number = self._carrier
        if name is not None and number is not None:
            return self.words.say("carrier.numbered", name=name, number=number)
        return name or self.words.say("carrier.local")

    @property
    def _carrier(self) -> tuple[str | None, str | None, str | None]:
        """The local carrier's name, its page, and its own number for the parcel."""
        name, url, number = [*self.facts.get("carrier", []), None, None, None][:3]
        return name, url, number

    @property
    def news(self) -> str:
        """The carrier's last words, with the place."""
        text = self.facts.get("last_text") or self.words.say("text.no_scan")
        place = self.facts.get("last_place")
        return f"{text} ({place})" if place else text

    @property
    def seen(self) -> list[str]:
        """What is odd about the number, a sentence each, but for what the alert itself says."""
        found = (Anomaly(AnomalyKind(code), values) for code, values in self.facts.get("seen", ()))
        return [describe(o, self.words) for o in found if o.kind is not AnomalyKind.UNKNOWN]

    @property
    def unlooked(self) -> list[SearchPlace]:
        """Where an unscanned delivery may lie, and the buyer has not said to have looked."""
        looked = {} if self.order is None else self.order.searched()
        return [spot for spot in SearchPlace if spot not in looked]

    @property
    def deadline(self) -> date | None:
        """The end of protection, where it still lies ahead of the alert."""
        ends_on = self.day("protection_ends_on")
        return ends_on if ends_on is not None and ends_on >= self.alert.raised_at.date() else None

    # Sentences.

    def what(self) -> str:  # noqa: C901, PLR0912
        """What happened, and since when."""
        kind, say = self.alert.kind, self.words.say
        if kind in {AlertKind.SOURCE_DOWN, AlertKind.SOURCE_UP}:
            return say(f"what.{kind}", source=self._source_name(), time=self._since())
        if kind is AlertKind.NEVER_SCANNED:
            seen = "known" if self.facts.get("known") else "not_found"
            if self.number is None:
                seen = "no_number"
            return say(f"what.never_scanned.{seen}", n=self.facts["untracked_days"])
        if kind is AlertKind.LATE:
            low, high = self.facts["window"]
            return say(
                "what.late",
                n=self.facts["days_in_transit"],
                service=say(f"service.{self.facts['service']}"),
                country=self.words.country(self.order.destination if self.order else ""),
                low=low,
                high=high,
            )
        if kind is AlertKind.REFUND_CLAIM and self.alert.reason == "returned":
            how = "destroyed" if self.facts.get("destroyed") else "returned"
            return say(f"what.refund_claim.{how}", text=self.news)
        if kind is AlertKind.REFUND_CLAIM and "last_text" not in self.facts:
            return say("what.refund_claim.no_news", n=self.facts["silent_days"])
        if kind in {AlertKind.STALLED, AlertKind.REFUND_CLAIM}:
            key = "what.stalled" if kind is AlertKind.STALLED else "what.refund_claim.silence"
            return say(key, n=self.facts["silent_days"], date=self._last_update(), text=self.news)
        if kind is AlertKind.PROTECTION_ENDING:
            ends_on, left = self._protection()
            key = "what.protection_ending" if left else "what.protection_ending.today"
            return say(key, n=left, date=ends_on)
        if kind is AlertKind.ACTION_NEEDED:
            key = f"what.action_needed.{self.alert.reason}"
            if self.alert.nth > 1:
                key += ".again"
            return say(key, date=self._last_update(), text=self.news)
        if kind is AlertKind.DELIVERED:
            return say("what.delivered", date=self.day("delivered_on") or self._last_update())
        if kind is AlertKind.REMINDER:
            word_on = self.day("word_on") or self.alert.raised_at.date()
            days = self.facts["word_days"]
            return say(f"what.reminder.{self.alert.reason}", date=word_on, n=days)
        if kind is AlertKind.MOVING_AGAIN:
            return say("what.moving_again", date=self._last_update(), text=self.news)
        since = datetime.fromisoformat(self.alert.about)
        return say("what.unanswered", n=(self.alert.raised_at - since).days)

    def do(self) -> str:
        """What to do now, in a sentence."""
        kind, say = self.alert.kind, self.words.say
        if kind is AlertKind.NEVER_SCANNED and self.number is None:
            return say("do.never_scanned.no_number")
        if kind is AlertKind.NEVER_SCANNED and self.seen:
            return say("do.never_scanned.odd", seen=self.seen[0])
        if kind is AlertKind.LATE and self.facts.get("ended_by_design"):
            return say("do.late.ended_by_design", carrier=self.carrier)
        if kind is AlertKind.STALLED:
            return self._ask_seller("do.stalled")
        if kind is AlertKind.REMINDER and self.alert.reason == SELLER:
            return self._ask_seller("do.reminder.seller")
        if kind is AlertKind.REFUND_CLAIM:
            return self._do_claim()
        if kind is AlertKind.PROTECTION_ENDING:
            _, left = self._protection()
            return say(f"do.protection_ending{'.today' if left <= 1 else ''}")
        if kind is AlertKind.ACTION_NEEDED:
            return say(f"do.action_needed.{self.alert.reason}", carrier=self.carrier)
        if kind is AlertKind.UNANSWERED:
            return say("do.unanswered", url=TRACKING_PAGE + quote(self.number or ""))
        key = f"do.{kind}.{self.alert.reason}" if kind is AlertKind.REMINDER else f"do.{kind}"
        return say(key)

    def _ask_seller(self, key: str) -> str:
        """To ask the seller, and what is to be done by when if that does not help."""
        opens_on = self.day("claim_opens_on") or self.alert.raised_at.date()
        if self.deadline is not None and self.deadline < opens_on:
            return self.words.say(f"{key}.deadline", date=self.deadline)
        return self.words.say(key, date=opens_on)

    def _do_claim(self) -> str:
        say, ends_on = self.words.say, self.day("protection_ends_on")
        if self.alert.reason == "returned":
            return say("do.refund_claim.returned")
        if ends_on is not None and self.deadline is None:
            return say("do.refund_claim.too_late", date=ends_on)
        if self.facts.get("ended_by_design"):
            return say("do.refund_claim.ended_by_design", carrier=self.carrier)
        places = ", ".join(say(f"spot.{spot}") for spot in self.unlooked)
        key = "do.refund_claim.silence" if places else "do.refund_claim.looked"
        if ends_on is not None:
            return say(key, places=places, date=ends_on)
        return say(f"{key}.no_date", places=places)

    def notes(self) -> list[str]:
        """What else must be said."""
        say, kind, reason = self.words.say, self.alert.kind, self.alert.reason
        notes = self.seen[1:] if kind is AlertKind.NEVER_SCANNED else []
        if kind is AlertKind.REFUND_CLAIM and reason == SILENCE:
            notes += [*self.questions(), *self._second()]
        if kind is AlertKind.REMINDER and reason == SELLER and self.number is not None:
            notes.append(say("note.cainiao", url=TRACKING_PAGE + quote(self.number)))
        if "experience" in self.facts and self.order is not None:
            n, days = self.facts["experience"]
            country = self.words.country(self.order.destination)
            service = say(f"service.{self.facts['service']}")
            notes.append(say("note.experience", n=n, days=days, country=country, service=service))
        return notes

    def _second(self) -> list[str]:
        """What the second source knows of a silence, or that it was passed over."""
        say = self.words.say
        if self.facts.get("second_passed_over"):
            return [say("note.second_passed_over")]
        second = self.facts.get("second")
        if second is None:
            return []
        source, asked_on, *news = second
        said: dict[str, str | date] = {
            "source": profile_of(source).title,
            "asked": date.fromisoformat(asked_on),
        }
        if not news:
            return [say("note.second_knows_nothing", **said)]
        told_on, text = date.fromisoformat(news[0]), news[1] or say("text.no_scan")
        return [say("note.second_says", **said, date=told_on, text=text)]

    def questions(self) -> list[str]:
        """Where an unscanned delivery may lie, a line each: what was looked at, what is open."""
        say, lines = self.words.say, []
        name, _, own = self._carrier
        carrier = name or say("carrier.local")
        looked = {} if self.order is None else self.order.searched()
        for spot in SearchPlace:
            if spot in looked:
                lines.append(say("line.looked", place=say(f"spot.{spot}"), date=looked[spot]))
            elif spot is SearchPlace.POST_OFFICE and own is not None:
                lines.append(say("ask.post_office.own", carrier=carrier, number=own))
            elif spot is SearchPlace.POST_OFFICE and self.number is not None:
                lines.append(say("ask.post_office", carrier=carrier, number=self.number))
            elif spot is SearchPlace.POST_OFFICE:
                lines.append(say("ask.post_office.no_number", carrier=carrier))
            else:
                lines.append(say(f"ask.{spot}"))
        return lines

    def dates(self) -> list[str]:
        """The key dates, a line each."""
        if self.order is None:
            return []
        say, today = self.words.say, self.alert.raised_at.date()
        lines = [say("line.ordered", date=self.order.ordered_on)]
        late_on, opens_on = self.day("late_on"), self.day("claim_opens_on")
        if late_on is not None and late_on > today and self.alert.kind is not AlertKind.DELIVERED:
            lines.append(say("line.late_on", date=late_on))
        if opens_on is not None and self.alert.reason != "returned":
            is_open = "open" if opens_on <= today else "opens"
            lines.append(say(f"line.claim_{is_open}", date=opens_on))
        if self.order.protection_ends_on is not None:
            lines.append(say("line.protection_ends", date=self.order.protection_ends_on))
        name, url, _ = self._carrier
        if name is not None and url is not None:
            lines.append(say("line.carrier", carrier=self.carrier, url=url))
        return lines

    def heading(self) -> list[str]:
        """Which order it is about."""
        order = self.order
        if order is None:
            return []
        say = self.words.say
        name = (
            say("line.title", order_id=order.order_id, title=order.title)
            if order.title
            else say("line.order", order_id=order.order_id)
        )
        number = (
            say("line.number", number=order.tracking_number)
            if order.tracking_number
            else say("line.no_number")
        )
        return [name, number]

    def sms(self) -> str:
        """The news in a few words."""
        kind = self.alert.kind
        key = self.words.first(f"sms.{kind}.{self.alert.reason}", f"sms.{kind}")
        n = self.facts.get(_COUNTED.get(kind, "silent_days"), 0)
        day = self.facts.get("protection_ends_on", "")
        return self.words.say(key, n=n, day=day)

    def machine(self) -> dict[str, Any]:
        """What machines get of an order."""
        order = self.order
        return {
            "order_id": order.order_id if order is not None else None,
            "tracking_number": self.number,
            "stage": self.facts.get("stage"),
            "silent_days": self.facts.get("silent_days"),
            "days_in_transit": self.facts.get("days_in_transit"),
            **({"reason": self.alert.reason} if self.alert.reason else {}),
            "claim_opens_on": self.facts.get("claim_opens_on"),
            "protection_ends_on": self.facts.get("protection_ends_on"),
            "advice": self.do(),
            "url": self.url,
        }

    def _last_update(self) -> date:
        return self.day("last_update") or self.alert.raised_at.date()

    def _protection(self) -> tuple[date, int]:
        ends_on = self.day("protection_ends_on") or self.alert.raised_at.date()
        return ends_on, (ends_on - self.alert.raised_at.date()).days

    def _source_name(self) -> str:
        return profile_of(str(self.facts.get("source", CAINIAO.name))).title

    def _since(self) -> datetime:
        return datetime.fromisoformat(self.alert.about)
