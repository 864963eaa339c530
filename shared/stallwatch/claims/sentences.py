"""claims.sentences."""

from collections.abc import Iterator
from typing import Any

from stallwatch.claims.document import Claim
from stallwatch.domain.orders import SearchPlace
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import DEFAULT_LANGUAGE, Translations
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.tracking.profiles import profile_of

WORDS = Translations(DEFAULT_LANGUAGE, "claims")
"""What a claim says for itself: in English alone, for whoever decides about it."""


def say_instant(instant: str) -> str:
    """An instant of a claim file, for people: to the minute, UTC."""
    return f"{instant[:10]} {instant[11:16]} UTC"


def headline(claim: Claim, words: Translations) -> tuple[str, bool]:
    """What a claim comes down to, in a few words, and whether it is alarming."""
    parcel, silent = claim["parcel"], claim["silence"]["days"]
    if parcel["destroyed"]:
        return words.say("headline.destroyed"), True
    if parcel["stage"] == "returned":
        return words.say("headline.returned"), True
    if parcel["delivered_at"] is not None:
        return words.say("headline.delivered", date=parcel["delivered_at"][:10]), False
    if silent is None:
        return words.say("headline.unknown"), False
    key = "scan" if claim["order"]["tracking_number"] else "number"
    return words.say(f"headline.{key}", n=silent), True


def is_silent(claim: Claim) -> bool:
    """Whether there is a silence to show."""
    return (
        claim["silence"]["days"] is not None
        and claim["silence"]["until"] is not None
        and claim["parcel"]["delivered_at"] is None
        and claim["parcel"]["stage"] != "returned"
        and claim["silence"]["days"] > 0
    )


def watch_lines(claim: Claim, words: Translations, *, gaps: int) -> Iterator[str]:
    """How the parcel was watched, and our own gaps, in sentences.

    Args:
        claim: The claim file.
        words: The language.
        gaps: How many gaps are told of, the newest ones; the rest is counted.
    """
    watching, say = claim["watching"], words.say
    looks, source = watching["looks"], profile_of(watching["source"]).title
    if claim["order"]["tracking_number"] is None:
        yield say("watch.no_number")
        return
    looked = say("watch.looks", n=looks["on_record"], since=say_instant(watching["since"]))
    if watching["last_answer_at"] is None:
        yield f"{looked} {say('watch.no_answer', source=source)}"
    else:
        last = say_instant(watching["last_answer_at"])
        told = say("watch.answers", source=source, n=looks["answered"], last=last)
        yield f"{looked} {told}"
        if claim["silence"]["since"] < watching["since"]:
            yield say("watch.before", source=source)
    for outcome in ("unanswered", "blocked", "failing"):
        if looks[outcome]:
            yield say(f"watch.{outcome}", n=looks[outcome], source=source)
    if not watching["gaps"]:
        yield say("watch.no_gaps", n=watching["gap_from_hours"])
        return
    shown = watching["gaps"][-gaps:]
    for gap in shown:
        until = say("gap.now") if gap["until"] is None else say_instant(gap["until"])
        since = say_instant(gap["since"])
        yield say(f"gap.{gap['reason']}", since=since, until=until, n=gap["tries"])
    if len(watching["gaps"]) > len(shown):
        yield say("watch.more_gaps", n=len(watching["gaps"]) - len(shown))
    yield say("watch.whole")


def second_lines(claim: Claim, words: Translations) -> Iterator[str]:
    """What the second source said, in sentences."""
    second, say = claim["second_source"], words.say
    if second is None:
        yield say("second.none")
        return
    source = profile_of(second["name"]).title
    if second["answered_at"] is None:
        yield say(f"second.{'asked' if second['asked'] else 'not_asked'}", source=source)
    elif second["newest_checkpoint_at"] is None:
        key = "second.nothing" if second["known"] else "second.unknown"
        yield say(key, source=source, at=say_instant(second["answered_at"]))
    else:
        at, newest = map(say_instant, (second["answered_at"], second["newest_checkpoint_at"]))
        yield say("second.answered", source=source, at=at, newest=newest)
    if second["failing_since"] is not None:
        yield say("second.failing", at=say_instant(second["failing_since"]))


def word_line(word: dict[str, Any], order: dict[str, Any], words: Translations) -> str:
    """A word of the buyer, with its dates, in a sentence."""
    day = word["on"] or word["said_at"][:10]
    key = f"word.{word['action']}"
    line = words.say(key if words.has(key) else "word.other", day=day, what=word["action"])
    if word["looked"]:
        line += f": {', '.join(_looked(word['looked'], day, words))}"
    if word["until"] is not None:
        line += " " + words.say("word.until", day=word["until"])
    if word["amount"] is not None:
        line += f" ({word['amount']} {order['currency'] or ''}".rstrip() + ")"
    if word["taken_back"]:
        line += " " + words.say("word.taken_back")
    return line


def _looked(looked: dict[str, str], said_on: str, words: Translations) -> Iterator[str]:
    """Where it was looked for, with each day that is another than that of the word."""
    for day in sorted(set(looked.values())):
        spots = ", ".join(
            words.say(f"spot.{spot}") for spot in SearchPlace if looked.get(spot) == day
        )
        yield spots if day == said_on else f"{spots} ({day})"


def carrier_line(carrier: dict[str, Any], words: Translations) -> str:
    """The local carrier, with its own number for the parcel and its page."""
    number, url = carrier["number"], carrier["url"]
    line = str(carrier["name"] or "")
    if number is not None:
        line += words.say("carrier.number", number=number)
    line = line.strip()
    return line if url is None else f"{line}, {url}"


def odd_lines(claim: Claim, words: Translations) -> list[str]:
    """What is odd about the tracking number, in sentences."""
    said = Translations(words.language)
    return [
        describe(Anomaly(AnomalyKind(o["what"]), o["values"]), said) for o in claim["observations"]
    ]
