"""The calendar as iCalendar: what any reader of RFC 5545 makes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from stallwatch.calendar.feed import Entry, icalendar

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def unfolded(text: str) -> list[str]:
    """The lines of a calendar, with folded ones put together again."""
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def unescaped(value: str) -> str:
    """A text as it was before it was escaped."""
    parts = value.split("\\\\")
    return "\\".join(
        part.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";") for part in parts
    )


def test_an_entry_takes_a_whole_day() -> None:
    """Its end is the day after, which does not belong to it."""
    entry = Entry(
        "1@x", date(2026, 6, 30), "Protection ends: Lamp", "Open a dispute.", "https://x/"
    )
    lines = unfolded(icalendar("Stallwatch", [entry], NOW))
    assert "DTSTART;VALUE=DATE:20260630" in lines
    assert "DTEND;VALUE=DATE:20260701" in lines
    assert "DTSTAMP:20260615T120000Z" in lines
    assert ["BEGIN:VCALENDAR", "END:VCALENDAR"] == [lines[0], lines[-1]]
    assert (1, 1) == (lines.count("BEGIN:VEVENT"), lines.count("END:VEVENT"))


def test_a_calendar_without_entries_is_one() -> None:
    """There may be nothing to wait for."""
    assert "VEVENT" not in icalendar("Stallwatch", [], NOW)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300)
)
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    """In lines of at most 75 bytes, and without a way to end its line."""
    written = icalendar("Stallwatch", [Entry("1@x", date(2026, 6, 30), text, "")], NOW)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    (summary,) = [x for x in unfolded(written) if x.startswith("SUMMARY:")]
    assert text == unescaped(summary.removeprefix("SUMMARY:"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_another_s_reader_finds_the_same(text: str) -> None:
    """A library that knows nothing of ours: name, days, text, address and id of each entry."""
    entry = Entry("1@x", date(2026, 6, 30), text, f"{text}!", "https://x/#/orders/1")
    read = Calendar.from_ical(icalendar("Stallwatch", [entry, replace(entry, uid="2@x")], NOW))
    assert "2.0" == read["version"]
    assert "Stallwatch" == str(read["x-wr-calname"])
    entries: list[Any] = read.walk("VEVENT")
    one, other = entries
    assert ("1@x", "2@x") == (str(one["uid"]), str(other["uid"]))
    assert [] == one.errors
    assert (date(2026, 6, 30), date(2026, 7, 1)) == (one["dtstart"].dt, one["dtend"].dt)
    assert (text, f"{text}!") == (str(one["summary"]), str(one["description"]))
    assert "https://x/#/orders/1" == str(one["url"])
