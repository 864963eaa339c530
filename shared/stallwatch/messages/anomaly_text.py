"""Anomaly text: an anomaly of a tracking number as a sentence in the reader's language."""

from datetime import date

from stallwatch.messages.translations import Translations, Value
from stallwatch.rules.anomalies import Anomaly


def describe(anomaly: Anomaly, translations: Translations) -> str:
    """The anomaly as one sentence: dates and countries are written as the language writes them."""
    values: dict[str, Value] = {}
    for name, value in anomaly.values.items():
        if name == "date":
            values[name] = date.fromisoformat(str(value))
        elif name in {"country", "other"}:
            values[name] = translations.country(str(value))
        else:
            values[name] = value
    return translations.text(f"seen.{anomaly.kind}", **values)
