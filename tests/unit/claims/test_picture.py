"""The picture of a claim: what it shows, and that it can be looked at everywhere."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from unicodedata import combining
from xml.etree import ElementTree as ET

import pytest

from stallwatch.claims.document import Claim
from stallwatch.claims.picture import picture
from stallwatch.claims.png import FACE, png_of
from stallwatch.claims.sentences import WORDS
from stallwatch.claims.timeline import WIDTH, bar
from stallwatch.domain.orders import Action, ActionKind
from stallwatch.tracking.source import TrackingResult, Verdict
from tests.support.builders import an_answer, an_event, an_order
from tests.support.claims import Case, daily, stalled

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def all_of(svg: str) -> str:
    return " ".join(texts(svg))


def with_text(text: str) -> Claim:
    """A stalled parcel whose last scan says that."""
    case = stalled(NOW)
    at, answer = case.answers[-1]
    events = (*answer.events[:-1], replace(answer.events[-1], text=text, place=None))
    case.answers = [
        *case.answers[:-1],
        (at, TrackingResult(answer.number, known=True, events=events)),
    ]
    return case.claim()


def test_it_says_at_a_glance_what_it_comes_down_to() -> None:
    """Which parcel, how long it has been silent, what it said last, when we looked last."""
    claim = stalled(NOW).claim()
    shown = all_of(picture(claim, WORDS))
    assert "物流信息已61天没有更新" in shown
    for text in (
        "61 days without a scan",
        "8123456789012345",
        "LP00000000000001",
        "2026-04-15 09:00 UTC: the last scan",
        "Departed from departure country/region",
        "tracking checked, nothing newer",
        "Checked 78 times since 2026-04-05 09:00 UTC",
        "Asked for: full refund. Not received.",
        "Destination: Germany",
        "not a screenshot",
        "Check it at global.cainiao.com: LP00000000000001",
        claim["sha256"],
    ):
        assert text in shown, text


def test_the_bar_is_to_scale() -> None:
    """The silence takes as much of it as of the time that it shows."""
    claim = stalled(NOW, protection_ends_on=None).claim()
    root = ET.fromstring(bar(claim, WORDS))  # noqa: S314
    (hatched,) = [
        box for box in root.iter(f"{SVG}rect")
        if box.get("fill", "").startswith("url") and box.get("height") == "64"
    ]  # fmt: skip
    whole = (NOW - datetime(2026, 4, 4, tzinfo=UTC)) / DAY
    silent = (
        datetime.fromisoformat(claim["silence"]["until"])
        - datetime.fromisoformat(claim["silence"]["since"])
    ) / DAY
    assert silent / whole == pytest.approx(float(hatched.get("width", 0)) / (WIDTH - 96), abs=0.002)


def test_our_gaps_are_marked_and_told() -> None:
    """And what the buyer has done."""
    case = stalled(NOW)
    case.order = replace(case.order, actions=(Action(ActionKind.SELLER_CONTACTED, NOW - 9 * DAY),))
    case.runs = daily(case.order, NOW, blocked=dict.fromkeys((30, 31, 32), Verdict.BLOCKED))
    shown = all_of(picture(case.claim(), WORDS))
    assert "monitoring gaps" in shown
    assert "no answer from the source (3 tries)" in shown
    assert "2026-06-06: wrote to the seller" in shown


def test_what_was_before_our_watch_is_told_apart() -> None:
    """Nobody looked then: it is the source's own list that tells of it."""
    case = stalled(NOW)
    before = "For the time before, this file relies on Cainiao's own list of events."
    assert before not in all_of(picture(case.claim(), WORDS))
    case.order = replace(case.order, created_at=NOW - 3 * DAY)
    case.answers = [(NOW - DAY, case.answers[-1][1])]
    case.runs = daily(case.order, NOW)
    assert before in all_of(picture(case.claim(), WORDS))


def test_what_is_no_silence_is_not_called_one() -> None:
    """A delivery, a return, a parcel that nobody has answered about."""
    order = an_order(created_at=NOW - 19 * DAY)
    for codes, headline in (
        (["LH_DEPART", "GTMS_SIGNED"], "Marked delivered 2026-06-12"),
        (["LH_DEPART", "RT_INBOUND"], "Returned to the sender"),
        (["LH_DEPART", "RT_DESTROY"], "Destroyed by the carrier"),
    ):
        events = [an_event(NOW - (5 - 2 * n) * DAY, code) for n, code in enumerate(codes)]
        answer = an_answer("LP00000000000001", *events)
        shown = all_of(picture(Case(order, [(NOW - DAY, answer)], NOW).claim(), WORDS))
        assert headline in shown
        assert "without a scan" not in shown
        assert "Nothing for" not in shown
    shown = all_of(picture(Case(order, [], NOW).claim(), WORDS))
    assert "No tracking answer yet" in shown
    shown = all_of(picture(Case(an_order(tracking_number=None), [], NOW).claim(), WORDS))
    assert "20 days without a tracking number" in shown


def test_what_is_odd_about_the_number_is_shown() -> None:
    """A mediator need not find it out."""
    case = stalled(NOW, tracking_number="RB123456784CN")
    assert "The check digit of RB123456784CN" in all_of(picture(case.claim(), WORDS))
    assert "Checks on the" not in all_of(picture(stalled(NOW).claim(), WORDS))


def test_an_economy_parcel_s_silence_argues_for_nobody_else() -> None:
    """That its tracking may end at the hand-over is the seller's to say."""
    events = [an_event(NOW - 80 * DAY, "LH_DEPART"), an_event(NOW - 70 * DAY, "GTMS_ACCEPT")]
    order = an_order(ordered_on=(NOW - 90 * DAY).date(), created_at=NOW - 85 * DAY)
    answer = an_answer("LP00000000000001", *events, mail_type="Economy")
    claim = Case(order, [(NOW - DAY, answer)], NOW).claim()
    assert claim["parcel"]["tracking_ended_by_design"]
    assert "by design" not in all_of(picture(claim, WORDS))


def test_markup_stays_text() -> None:
    """Whatever a source or the buyer writes."""
    claim = with_text("</text><script/>&amp;")
    claim["order"]["title"] = "<svg onload=x>"
    svg = picture(claim, WORDS)
    assert "<script" not in svg
    assert {"</text><script/>&amp;", "<svg onload=x>"} <= set(texts(svg))


def test_the_picture_draws_the_scripts_of_its_parcels() -> None:
    """Chinese, Arabic and Hebrew; what no font has is said to be left out, in place of boxes."""
    for text in ("[Hangzhou] 包裹已揽收", "تم تسليم الطرد إلى الناقل", "החבילה יצאה"):
        shown = all_of(picture(with_text(text), WORDS, FACE))
        assert text.split()[-1] in shown
        assert "[…]" not in shown
    rare = with_text("[Hangzhou] 龘靐 ไทย Łódź")
    assert "ไทย" in all_of(picture(rare, WORDS))
    shown = all_of(picture(rare, WORDS, FACE))
    assert "[Hangzhou] […] Łódź" in shown
    assert "[…] stands for characters that this picture cannot draw" in shown


def test_arabic_beside_other_scripts_is_drawn_by_itself() -> None:
    """The renderer draws boxes for a line of both; a browser does not, and orders it better."""
    text = "USB تم تسليم 15"
    assert text in texts(picture(with_text(text), WORDS))
    runs = texts(picture(with_text(text), WORDS, FACE))
    start = runs.index("USB ")
    assert ["USB ", "تم تسليم ", "15"] == runs[start : start + 3]


@pytest.mark.parametrize("text", ["包裹已揽收", "تم تسليم الطرد", "החבילה יצאה", "退回"])
def test_no_drawn_script_comes_out_as_boxes(text: str) -> None:
    """Each character has its own shape."""
    box = glyph("\U0010ffff")
    for character in text.replace(" ", ""):
        assert box != glyph(character)
        assert FACE.draws(character)


def test_the_fonts_have_what_they_are_said_to_have() -> None:
    """No character that is drawn comes out as the box for a missing one."""
    box = glyph("\U0010ffff")
    for point in (c for c in range(0x20, 0x2220) if FACE.draws(chr(c))):
        assert box != glyph(chr(point)), hex(point)


def glyph(character: str) -> bytes:
    return png_of(
        '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><text y="18"'
        f' font-family="Source Sans Pro" font-size="16">{escape(character)}</text></svg>'
    )


@pytest.mark.parametrize("bold", [False, True])
def test_no_character_is_wider_than_it_is_taken_for(bold: bool) -> None:  # noqa: FBT001
    """With the fonts that the PNG is drawn with: behind that width there is no ink."""
    shown = [chr(c) for c in range(0x21, 0x2220) if FACE.draws(chr(c)) and chr(c).isprintable()]
    drawn = [c for c in [*shown, *"包裹已揽收，。ん"] if not combining(c)]
    for start in range(0, len(drawn), 100):
        rows = drawn[start : start + 100]
        covers = "".join(
            f'<rect y="{24 * n}" width="{FACE.width_of(c * 9, 16, bold=bold) + 1}" height="24"'
            ' fill="#fff"></rect>'
            for n, c in enumerate(rows)
        )
        ink = "".join(
            f'<text y="{24 * n + 18}" font-size="16" font-weight="{700 if bold else 400}">'
            f"{escape(c * 9)}</text>"
            for n, c in enumerate(rows)
        )
        frame = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="2400"'
        blank = png_of(f'{frame} font-family="Source Sans Pro">{covers}</svg>')
        assert blank == png_of(f'{frame} font-family="Source Sans Pro">{ink}{covers}</svg>'), rows


@pytest.mark.parametrize("text", ["W" * 200, "word " * 40, "MWMW_" * 40, ""])
def test_nothing_runs_over(text: str) -> None:
    """However long a text is, each of its lines is cut or broken; an empty one shows its code."""
    claim = with_text(text)
    claim["order"]["title"] = text or None
    claim["order"]["order_id"] = (text or "x").replace(" ", "")[:64]
    svg = picture(claim, WORDS, FACE)
    drawn = png_of(svg)
    width, height = struct.unpack(">II", drawn[16:24])
    assert WIDTH == width <= 1200
    assert height < 2.5 * width
    if not text:
        assert "LH_DEPART" in texts(svg)


def test_the_same_claim_gives_the_same_picture() -> None:
    """To the byte."""
    one, other = (picture(stalled(NOW).claim(), WORDS, FACE) for _ in range(2))
    assert one == other
    assert png_of(one) == png_of(other)
    assert png_of(one).startswith(b"\x89PNG")
