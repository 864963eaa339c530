"""The languages: one entry each, which every list of languages is read from.

API, command line and messages read this table; `make generate` writes from it what cannot:
the template and the API's document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the product writes.

    Args:
        code: BCP 47, as the API, the stack's parameter and the files of texts call it.
        english_name: Its name in English.
        own_name: Its name in itself.
        plurals: The plural categories (CLDR) that every counted sentence has a form for.
        day_month: A day without its year, as a pattern of CLDR: for SMS.
        for_alerts: Whether alerts, advice and disputes are written in it; otherwise it is only a
            language to write to sellers in.
        ascii_letters: How letters are written where only ASCII may be, if not by dropping marks.
    """

    code: str
    english_name: str
    own_name: str
    plurals: tuple[str, ...]
    day_month: str
    for_alerts: bool = True
    ascii_letters: Mapping[str, str] = field(default_factory=dict)


_GERMAN_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


LANGUAGES = (
    # English is the default, and stands for what another language does not say yet.
    Language("en", "English", "English", ("one", "other"), "MMMM d"),
    Language("de", "German", "Deutsch", ("one", "other"), "dd.MM.", ascii_letters=_GERMAN_LETTERS),
    Language("fr", "French", "Français", ("one", "other"), "dd/MM"),
    Language("es", "Spanish", "Español", ("one", "other"), "d/M"),
    Language("pt", "Portuguese (Brazil)", "Português (Brasil)", ("one", "other"), "dd/MM"),
    Language("pt-PT", "Portuguese (Portugal)", "Português (Portugal)", ("one", "other"), "dd/MM"),
    Language("it", "Italian", "Italiano", ("one", "other"), "dd/MM"),
    Language("pl", "Polish", "Polski", ("one", "few", "many", "other"), "dd.MM"),
    Language("nl", "Dutch", "Nederlands", ("one", "other"), "dd-MM"),
    Language("zh", "Chinese", "中文", ("other",), "M月d日", for_alerts=False),
)


BY_CODE = {language.code: language for language in LANGUAGES}


ALERT_LANGUAGES = tuple(language.code for language in LANGUAGES if language.for_alerts)
"""The codes of the languages that alerts, advice and disputes are written in."""


SELLER_LANGUAGES = tuple(language.code for language in LANGUAGES)
"""The codes of the languages that the seller may be written to in."""
