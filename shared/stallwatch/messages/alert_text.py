"""Alert text: one alert in the parts of which mail, SMS and machine message are made."""

from datetime import date, timedelta
from typing import Any

from stallwatch.domain.alerts import SILENCE, Alert, AlertKind
from stallwatch.domain.orders import Order, SearchPlace
from stallwatch.messages.advice import advice_text, short_advice
from stallwatch.messages.alert_kinds import ALERT_TEXTS
from stallwatch.messages.context import OrderContext
from stallwatch.messages.links import aliexpress_url, order_url
from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.anomalies import AnomalyKind
from stallwatch.rules.decision import KEY_DATES
from stallwatch.tracking.profiles import profile_of


class AlertText:
    """What is said about one alert.

    Args:
        alert: The alert, with what was true when it was raised.
        order: Its order; None for an alert about a source.
        page_url: The address of our page.
        translations: The language.
    """

    def __init__(
        self, alert: Alert, order: Order | None, page_url: str, translations: Translations
    ) -> None:
        self.alert = alert
        self.order = order
        self.translations = translations
        self.url = page_url if order is None else order_url(page_url, order.order_id)
        self._texts = ALERT_TEXTS[alert.kind]
        self._context = (
            None
            if order is None
            else OrderContext(order, alert.facts, alert.raised_at.date(), translations, self.url)
        )

    @property
    def about_order(self) -> OrderContext:
        """The order, for the sentences about it.

        Raises:
            ValueError: the alert is about a source.
        """
        if self._context is None:
            raise ValueError(f"an alert of the kind {self.alert.kind} needs an order")
        return self._context

    @property
    def name(self) -> str:
        """What the buyer calls the order: its title, else its number."""
        return self.about_order.name

    def what(self) -> str:
        """What happened, and since when."""
        return self._texts.what(self)

    def advice(self) -> str:
        """What to do now."""
        if self._context is None:
            return self.translations.text(f"do.{self.alert.kind}")
        return advice_text(self._context)

    def sms(self) -> str:
        """What happened and what to do, in a few words."""
        happened = self._texts.sms(self)
        return happened if self._context is None else f"{happened} {short_advice(self._context)}"

    def heading(self) -> list[str]:
        """Which order it is about, a line each."""
        order, text = self.order, self.translations.text
        if order is None:
            return []
        named = (
            text("line.title", order_id=order.order_id, title=order.title)
            if order.title
            else text("line.order", order_id=order.order_id)
        )
        number = order.tracking_number
        return [named, text("line.number", number=number) if number else text("line.no_number")]

    def notes(self) -> list[str]:
        """What else must be said, a line each."""
        if self._context is None:
            return []
        context, kind = self._context, self.alert.kind
        notes = []
        if kind is AlertKind.NEVER_SCANNED:
            # The advice names the first of them.
            notes += context.described(AnomalyKind.UNKNOWN)[1:]
        if kind is AlertKind.REFUND_CLAIM and self.alert.reason == SILENCE:
            notes += [*self._places(), *self._second_source()]
        if "experience" in context.annotations:
            parcels, days = context.annotations["experience"]
            notes.append(
                context.text(
                    "note.experience",
                    n=parcels,
                    days=days,
                    country=self.translations.country(context.order.destination),
                    service=context.text(f"service.{context.annotations['service']}"),
                )
            )
        return notes

    def dates(self) -> list[str]:
        """The key dates, a line each: those that the evaluation says apply."""
        if self._context is None:
            return []
        context = self._context
        lines = [context.text("line.ordered", date=context.order.ordered_on)]
        if context.order.promised_on is not None:
            lines.append(context.text("line.promised", date=context.order.promised_on))
        for name in KEY_DATES:
            day = context.key_date(name)
            if day is not None:
                lines.append(self._date_line(name, day))
        return lines

    def links(self) -> list[str]:
        """Where to click, a line each: the carrier, the tracking, AliExpress, our page."""
        if self._context is None:
            return []
        context, lines = self._context, []
        name, carrier_url, _ = context.carrier_parts
        if name is not None and carrier_url is not None:
            named = context.carrier_named
            lines.append(
                context.text(
                    "line.carrier", carrier=context.carrier, carrier_named=named, url=carrier_url
                )
            )
        if context.tracking_page is not None:
            lines.append(context.text("line.tracking", url=context.tracking_page))
        aliexpress = aliexpress_url(context.order)
        if aliexpress is not None:
            lines.append(context.text("line.aliexpress", url=aliexpress))
        return [*lines, context.text("line.page", url=self.url)]

    def machine(self) -> dict[str, Any]:
        """What machines get of an order."""
        context = self.about_order
        annotations = context.annotations
        return {
            "order_id": context.order.order_id,
            "tracking_number": context.number,
            "stage": annotations.get("stage"),
            "silent_days": annotations.get("silent_days"),
            "days_in_transit": annotations.get("days_in_transit"),
            **({"reason": self.alert.reason} if self.alert.reason else {}),
            **{name: annotations.get("key_dates", {}).get(name) for name in KEY_DATES},
            "advice": self.advice(),
            "url": self.url,
        }

    def _date_line(self, name: str, day: date) -> str:
        context = self.about_order
        if name == "bank_until":
            paid_with = "paypal" if context.annotations.get("paid_with") == "paypal" else "card"
            return context.text(f"line.bank_until.{paid_with}", date=day)
        if name == "claim_opens_on":
            # The days from the last update on: the threshold of this stack.
            days = (day - context.last_update) // timedelta(days=1)
            key = "line.claim_open" if day <= context.today else "line.claim_opens"
            return context.text(key, date=day, n=days)
        key = "line.protection_ends" if name == "protection_ends_on" else f"line.{name}"
        return context.text(key, date=day)

    def _second_source(self) -> list[str]:
        """What the second source knows of a silence, or that it was passed over."""
        context = self.about_order
        if context.annotations.get("second_passed_over"):
            source = profile_of(str(context.annotations["second_source"])).title
            return [context.text("note.second_passed_over", source=source)]
        second = context.annotations.get("second")
        if second is None:
            return []
        source, asked_on, *news = second
        title, asked = profile_of(source).title, date.fromisoformat(asked_on)
        if not news:
            return [context.text("note.second_knows_nothing", source=title, asked=asked)]
        told_on, told = date.fromisoformat(news[0]), news[1] or context.text("text.no_scan")
        return [
            context.text("note.second_says", source=title, asked=asked, date=told_on, text=told)
        ]

    def _places(self) -> list[str]:
        """Where an unscanned delivery may lie, a line each: what was looked at, what is open."""
        context = self.about_order
        searched = context.order.searched()
        lines = []
        for place in SearchPlace:
            if place in searched:
                spot = context.text(f"spot.{place}")
                lines.append(context.text("line.looked", place=spot, date=searched[place]))
            elif place is SearchPlace.POST_OFFICE:
                lines.append(self._post_office())
            else:
                lines.append(context.text(f"ask.{place}"))
        return lines

    def _post_office(self) -> str:
        """Whom to ask at the post office, by the number that the parcel has there."""
        context = self.about_order
        name, _, own_number = context.carrier_parts
        values: dict[str, Value] = {
            "carrier": name or context.text("carrier.local"),
            "carrier_named": "" if name is None else f" ({name})",
        }
        if own_number is not None:
            return context.text("ask.post_office.own", number=own_number, **values)
        if context.number is not None:
            return context.text("ask.post_office", number=context.number, **values)
        return context.text("ask.post_office.no_number", **values)
