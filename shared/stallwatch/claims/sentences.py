"""What a claim says for itself, in sentences: of the claim file alone, for page and picture.

It is in English, for whoever decides about it, with one line of Chinese.
"""

from collections.abc import Iterator
from typing import Any

from stallwatch.claims.document import Claim
from stallwatch.claims.reason import ASKING, ClaimReason
from stallwatch.domain.languages import DEFAULT_LANGUAGE
from stallwatch.domain.orders import SearchPlace
from stallwatch.domain.parcels import Flag, Stage
from stallwatch.messages.anomaly_text import describe
from stallwatch.messages.translations import Translations
from stallwatch.rules.anomalies import Anomaly, AnomalyKind
from stallwatch.tracking.profiles import profile_of, stage_of_entry

WORDS = Translations(DEFAULT_LANGUAGE, "claims")
"""The sentences of claims, which are in English alone."""


_ENTRIES = {
    ClaimReason.DESTROYED: Stage.RETURNED,
    ClaimReason.RETURNED: Stage.RETURNED,
    ClaimReason.LOST: Flag.LOST,
    ClaimReason.CANCELLED: Flag.CANCELLED,
}
"""Reasons that one entry of the carrier's gives, with its stage or its flag."""


def say_instant(instant: str) -> str:
    """An instant of a claim file, for people: to the minute, UTC."""
    return f"{instant[:10]} {instant[11:16]} UTC"


def reason(claim: Claim) -> ClaimReason:
    """Why the money is asked back."""
    return ClaimReason(claim["asks"]["reason"])


def title(claim: Claim, words: Translations) -> str:
    """What the file is called: a claim where something is asked, else a trace."""
    return words.text("title" if reason(claim) in ASKING else "title.plain")


def headline(claim: Claim, words: Translations) -> tuple[str, bool]:
    """What a claim comes down to, in a few words, and whether it is alarming."""
    why = reason(claim)
    text = words.text(f"headline.{why}", n=_counted(claim), date=_delivered_on(claim))
    return text, why in ASKING


def ask_line(claim: Claim, words: Translations) -> str | None:
    """What is asked and why; None where nothing is asked yet."""
    why = reason(claim)
    if why not in ASKING:
        return None
    refund = (
        words.text("refund.full")
        if claim["asks"]["amount"] is None
        else words.text("refund.amount", amount=_amount(claim))
    )
    return words.text("ask", refund=refund, why=words.text(f"why.{why}"))


def chinese_line(claim: Claim, words: Translations) -> str | None:
    """The same in Chinese, for a mediator who reads it faster."""
    why = reason(claim)
    if why not in ASKING:
        return None
    refund = (
        words.text("zh.refund")
        if claim["asks"]["amount"] is None
        else words.text("zh.refund.amount", amount=_amount(claim))
    )
    date = _delivered_on(claim)
    return words.text(f"zh.{why}", n=_counted(claim), date=date, refund=refund)


def date_lines(claim: Claim, words: Translations) -> Iterator[tuple[str, str]]:
    """The dates that a mediator holds against each other, each with its name."""
    order, dates = claim["order"], claim["dates"]
    yield words.text("field.ordered_on"), order["ordered_on"]
    for name, passed in (
        ("promised_on", dates["promised_passed_days"]),
        ("protection_ends_on", dates["protection_passed_days"]),
    ):
        if order[name] is not None:
            late = f" ({words.text('passed', n=passed)})" if passed else ""
            yield words.text(f"field.{name}"), order[name] + late
    yield (
        words.text("field.destination"),
        Translations(words.language).country(order["destination"]),
    )
    if order["seller"] is not None:
        yield words.text("field.seller"), order["seller"]


def since_lines(claim: Claim, words: Translations) -> list[str]:
    """From when and until when the silence counts, or when the carrier said what ends the hope.

    There are none where neither is to be shown.
    """
    silence = claim["silence"]
    entry_at = _entry_at(claim)
    if entry_at is not None:
        return [words.text("since.entry", at=say_instant(entry_at))]
    if reason(claim) not in {ClaimReason.SILENCE, ClaimReason.NEVER_SCANNED, ClaimReason.NO_NUMBER}:
        return []
    lines = [_since(silence, claim, words)]
    if silence["until"] is not None:
        lines.append(words.text("until", at=say_instant(silence["until"])))
    return lines


def _entry_at(claim: Claim) -> str | None:
    """When the carrier wrote the entry that is the reason; None where none is."""
    wanted = _ENTRIES.get(reason(claim))
    if wanted is None:
        return None
    entries = (c for c in claim["checkpoints"] if c["set_aside"] is None)
    return next(
        (e["at"] for e in entries if wanted in stage_of_entry(e["source"], e["code"])), None
    )


def transit_line(claim: Claim, words: Translations) -> str | None:
    """How long the parcel has been on its way; None where nobody knows that it ever was."""
    transit = claim["transit"]
    if transit["days"] is None or transit["since_what"] != "first_scan":
        return None
    return f"{words.text('transit', n=transit['days'])} ({_since(transit, claim, words)})"


def is_silent(claim: Claim) -> bool:
    """Whether there is a silence to show: a short one would argue against the buyer."""
    silence = claim["silence"]
    return (
        reason(claim) in {ClaimReason.SILENCE, ClaimReason.NEVER_SCANNED}
        and bool(silence["days"])
        and silence["until"] is not None
    )


def watch_lines(claim: Claim, words: Translations, *, gaps: int) -> Iterator[str]:
    """How the parcel was watched, and the gaps in that, in sentences.

    Args:
        claim: The claim file.
        words: The language.
        gaps: How many gaps are told of, the newest ones; the rest is counted.
    """
    watching, text = claim["watching"], words.text
    looks, source = watching["looks"], profile_of(watching["source"]).title
    if claim["order"]["tracking_number"] is None:
        yield text("watch.no_number")
        return
    looked = text("watch.looks", n=looks["on_record"], since=say_instant(watching["since"]))
    if watching["last_answer_at"] is None:
        yield f"{looked} {text('watch.no_answer', source=source)}"
    else:
        last = say_instant(watching["last_answer_at"])
        yield f"{looked} {text('watch.answers', source=source, n=looks['answered'], last=last)}"
        if claim["silence"]["since"] < watching["since"]:
            yield text("watch.before", source=source)
    for outcome in ("unanswered", "blocked", "failing"):
        if looks[outcome]:
            yield text(f"watch.{outcome}", n=looks[outcome], source=source)
    if watching["trace_is_cut"]:
        yield text("watch.cut")
    if not watching["gaps"]:
        yield text("watch.no_gaps", n=watching["gap_from_hours"])
        return
    shown = watching["gaps"][-gaps:]
    for gap in shown:
        until = text("gap.now") if gap["until"] is None else say_instant(gap["until"])
        since = say_instant(gap["since"])
        yield text(f"gap.{gap['reason']}", since=since, until=until, n=gap["tries"])
    if len(watching["gaps"]) > len(shown):
        yield text("watch.more_gaps", n=len(watching["gaps"]) - len(shown))
    yield text("watch.whole")


def second_lines(claim: Claim, words: Translations) -> Iterator[str]:
    """What the second source said, in sentences; none where there is no second source."""
    second, text = claim["second_source"], words.text
    if second is None:
        return
    source = profile_of(second["name"]).title
    if second["answered_at"] is None:
        yield text(f"second.{'asked' if second['asked'] else 'not_asked'}", source=source)
    elif second["newest_checkpoint_at"] is None:
        key = "second.nothing" if second["known"] else "second.unknown"
        yield text(key, source=source, at=say_instant(second["answered_at"]))
    else:
        at, newest = map(say_instant, (second["answered_at"], second["newest_checkpoint_at"]))
        yield text("second.answered", source=source, at=at, newest=newest)
    if second["failing_since"] is not None:
        yield text("second.failing", at=say_instant(second["failing_since"]))


def word_line(word: dict[str, Any], order: dict[str, Any], words: Translations) -> str:
    """What the buyer did, and where: with the day, the amount, and the note of the answer."""
    day = word["on"] or word["said_at"][:10]
    line = words.text(f"word.{word['action']}", day=day)
    if word["looked"]:
        line += f": {', '.join(_looked(word['looked'], day, words))}"
    if word["amount"] is not None:
        line += f" ({word['amount']} {order['currency'] or ''}".rstrip() + ")"
    if word["note"] is not None:
        line += f"; {words.text('note', note=word['note'])}"
    return line


def carrier_line(carrier: dict[str, Any], words: Translations) -> str:
    """The local carrier, with its own number for the parcel and its page."""
    number, url = carrier["number"], carrier["url"]
    line = str(carrier["name"] or "")
    if number is not None:
        line += words.text("carrier.number", number=number)
    line = line.strip()
    return line if url is None else f"{line}, {url}"


def odd_lines(claim: Claim, words: Translations) -> list[str]:
    """What is odd about the tracking number, in sentences."""
    of_messages = Translations(words.language)
    return [
        describe(Anomaly(AnomalyKind(o["what"]), o["values"]), of_messages)
        for o in claim["observations"]
    ]


def source_lines(claim: Claim, words: Translations) -> list[str]:
    """Who drew this, from what, and where it can be checked."""
    profile, number = profile_of(claim["watching"]["source"]), claim["order"]["tracking_number"]
    if number is None:
        return [words.text("made_by.no_number")]
    return [
        words.text("made_by", source=profile.title),
        words.text("check_at", site=profile.attribution, number=number),
    ]


def _since(span: dict[str, Any], claim: Claim, words: Translations) -> str:
    """From when days are counted; a date is written without a time."""
    what, since = span["since_what"], span["since"]
    if what == "ordered" and claim["order"]["tracking_number"] is None:
        what = "ordered.no_number"
    return words.text(f"since.{what}", at=say_instant(since), day=since[:10])


def _counted(claim: Claim) -> int:
    """The days that the headline counts."""
    if reason(claim) in {ClaimReason.SILENCE, ClaimReason.NEVER_SCANNED}:
        return int(claim["silence"]["days"] or 0)
    return int(claim["dates"]["days_since_order"])


def _delivered_on(claim: Claim) -> str:
    return (claim["parcel"]["delivered_at"] or "")[:10]


def _amount(claim: Claim) -> str:
    return f"{claim['asks']['amount']} {claim['asks']['currency']}"


def _looked(looked: dict[str, str], said_on: str, words: Translations) -> Iterator[str]:
    """Where it was looked for, with each day that is another than that of the word."""
    for day in sorted(set(looked.values())):
        spots = ", ".join(
            words.text(f"spot.{spot}") for spot in SearchPlace if looked.get(spot) == day
        )
        yield spots if day == said_on else f"{spots} ({day})"
