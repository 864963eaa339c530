"""What a sentence about an order is filled in with: the order, and what was true of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from stallwatch.domain.orders import Order, SearchPlace
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.links import tracking_url
from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.anomalies import Anomaly, AnomalyKind


@dataclass(frozen=True, slots=True)
class OrderContext:
    """An order at an evaluation, for the texts about it.

    Args:
        order: The order.
        annotations: What was true of it (see `rules.annotations`).
        today: The day of the evaluation, UTC.
        translations: The language.
        url: The order's address on our page; empty where the reader is there already.
    """

    order: Order
    annotations: Mapping[str, Any]
    today: date
    translations: Translations
    url: str = ""

    def text(self, key: str, **values: Value) -> str:
        """A sentence of the language."""
        return self.translations.text(key, **values)

    def day(self, name: str) -> date | None:
        """A date among the annotations."""
        value = self.annotations.get(name)
        return None if value is None else date.fromisoformat(value)

    def key_date(self, name: str) -> date | None:
        """One of the key dates that apply."""
        value = self.annotations.get("key_dates", {}).get(name)
        return None if value is None else date.fromisoformat(value)

    @property
    def number(self) -> str | None:
        """The tracking number."""
        return self.order.tracking_number

    @property
    def carrier_parts(self) -> tuple[str | None, str | None, str | None]:
        """The local carrier's name, its page, and its own number for the parcel."""
        name, url, number = [*self.annotations.get("carrier", []), None, None, None][:3]
        return name, url, number

    @property
    def carrier(self) -> str:
        """The local carrier, by name and its own number where they are known."""
        name, _, number = self.carrier_parts
        if name is not None and number is not None:
            return self.text("carrier.numbered", name=name, number=number)
        return name or self.text("carrier.local")

    @property
    def carrier_named(self) -> str:
        """The local carrier in parentheses after a word for it; empty where its name is unknown."""
        name, _, number = self.carrier_parts
        if name is None:
            return ""
        listed = name if number is None else self.text("carrier.listed", name=name, number=number)
        return f" ({listed})"

    @property
    def last_words(self) -> str:
        """The carrier's last words, with the place."""
        text = self.annotations.get("last_text") or self.text("text.no_scan")
        place = self.annotations.get("last_place")
        return f"{text} ({place})" if place else text

    @property
    def last_update(self) -> date:
        """The day of the last update."""
        return self.day("last_update") or self.today

    @property
    def anomalies(self) -> list[Anomaly]:
        """What is odd about the number."""
        return [
            Anomaly(AnomalyKind(code), values) for code, values in self.annotations.get("seen", ())
        ]

    def described(self, *but: AnomalyKind) -> list[str]:
        """What is odd about the number, a sentence each, but for some kinds."""
        return [describe(a, self.translations) for a in self.anomalies if a.kind not in but]

    @property
    def unsearched(self) -> list[SearchPlace]:
        """Where an unscanned delivery may lie, and the buyer has not said to have looked."""
        searched = self.order.searched()
        return [place for place in SearchPlace if place not in searched]

    @property
    def name(self) -> str:
        """What the buyer calls the order: its title, else its number."""
        return self.order.title or self.text("order.unnamed", order_id=self.order.order_id)

    @property
    def tracking_page(self) -> str | None:
        """Cainiao's page of the parcel."""
        return None if self.number is None else tracking_url(self.number)
