"""The canonical form of a claim file, and its checksum."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stallwatch.claims.canonical import CHECK, canonical, checksum, verify, with_checksum
from stallwatch.tracking.source import TrackingResult
from tests.support.claims import Case, stalled

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def odd() -> Case:
    """A claim with what is hard to write the same everywhere."""
    case = stalled(NOW, title='Ätherisches "Öl" \\ 香水 😀 </script>', seller="☃ & Söhne")
    at, answer = case.answers[-1]
    events = (*answer.events[:-1], replace(answer.events[-1], text="包裹已揽收 \u00a0 é"))
    case.answers = [
        *case.answers[:-1],
        (at, TrackingResult(answer.number, known=True, events=events)),
    ]
    return case


def test_the_same_data_give_the_same_bytes() -> None:
    """In whatever order they are read."""
    claim = odd().claim()
    assert with_checksum(claim) == with_checksum(odd().claim())
    assert with_checksum(claim) == with_checksum(dict(reversed(claim.items())))
    assert checksum(claim) == claim["sha256"]


def test_changing_one_byte_breaks_the_checksum() -> None:
    """Any byte, to whatever it is changed."""
    file = with_checksum(odd().claim())
    assert verify(file)
    for place in range(len(file)):
        for other in {ord("0"), ord(" "), file[place] ^ 0x20, file[place] ^ 1} - {file[place]}:
            assert not verify(file[:place] + bytes([other]) + file[place + 1 :]), place
    assert not verify(file + b"\n")
    assert not verify(b"[]")
    assert not verify(b"\xff")


def test_the_command_that_is_printed_checks_a_file(tmp_path: Path) -> None:
    """Its output is the checksum that stands in the file."""
    if shutil.which("jq") is None:
        pytest.skip("There is no jq on the PATH")
    claim = odd().claim()
    (tmp_path / "claim.json").write_bytes(with_checksum(claim))
    ran = subprocess.run(
        ["sh", "-c", CHECK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert claim["sha256"] == ran.stdout.split()[0]


def test_a_check_without_our_code_finds_the_same(tmp_path: Path) -> None:
    """The few lines of Python that the documentation gives."""
    import stallwatch.claims.canonical  # noqa: PLC0415

    claim = odd().claim()
    (tmp_path / "claim.json").write_bytes(with_checksum(claim))
    doc = stallwatch.claims.canonical.__doc__ or ""
    code = doc.partition('python3 -c "')[2].partition('"\n')[0].replace("\n    ", " ")
    ran = subprocess.run(
        ["python3", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert claim["sha256"] == ran.stdout.strip()


def test_the_canonical_form_is_what_it_says() -> None:
    """Sorted, without space, in UTF-8, with whole numbers only."""
    assert b'{"a":[1,null,true],"b":"\xc3\xa9\\"/"}' == canonical(
        {"b": 'é"/', "a": [1, None, True]}
    )
    text = with_checksum(odd().claim()).decode()
    assert json.loads(text, parse_float=lambda _: pytest.fail("a fraction"))
