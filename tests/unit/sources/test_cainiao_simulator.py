"""The look-alike of Cainiao: it answers as the recorded answers do, and can be steered."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.request import Request, urlopen

import pytest

from tests.simulators.cainiao import Mode, Simulator

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "data" / "cainiao"
NUMBER = "RS0000000001Y"
COMMAND = [sys.executable, "-m", "tests.simulators.cainiao"]


def get(url: str, orders: object = None) -> Any:  # JSON
    body = None if orders is None else json.dumps(orders).encode()
    with urlopen(Request(url, data=body), timeout=60) as answer:  # 127.0.0.1  # noqa: S310
        return json.load(answer)


def test_it_answers_in_the_recorded_shape() -> None:
    """A rebuilt answer, told to it event by event, comes out the same, `time` and all."""
    recorded = json.loads(
        (SAMPLES / "economy_handed_over_with_predeclared_customs.json").read_text(encoding="utf-8")
    )
    (entry,) = recorded["module"]
    events = [
        (
            datetime.fromisoformat(e["timeStr"] + _offset(e["timeZone"])),
            e["actionCode"],
            e["standerdDesc"],
            e["timeZone"],
        )
        for e in entry["detailList"]
    ]
    own_words = {name: entry[name] for name in ("mailTypeDesc", "daysNumber", "destCpInfo")}
    for detail in entry["detailList"]:
        detail["desc"] = ""
    with Simulator() as simulator:
        simulator.put(
            NUMBER,
            events[::-1],
            status="CLEAR_CUSTOMS",
            mail_type="Economy",
            destination="France,Town",
            **own_words,
        )
        assert recorded == get(f"{simulator.url}?mailNos={NUMBER}&lang=en-US")


def _offset(zone: str) -> str:
    return {"GMT+2": "+02:00", "GMT+0200": "+02:00"}.get(zone, "+08:00")


def test_an_unknown_number_is_answered_as_recorded() -> None:
    """So is one that was forgotten."""
    unknown = {"mailNo": NUMBER, "mailNoSource": "EXTERNAL", "detailList": []}
    with Simulator() as simulator:
        assert get(f"{simulator.url}?mailNos={NUMBER}")["module"] == [unknown]
        simulator.put(NUMBER)
        assert get(f"{simulator.url}?mailNos={NUMBER}")["module"][0]["mailNoSource"] == "AE"
        simulator.forget(NUMBER)
        assert get(f"{simulator.url}?mailNos={NUMBER}")["module"] == [unknown]


def test_a_mode_ends_after_its_number_of_requests() -> None:
    """The log of requests tells the mode of each."""
    with Simulator() as simulator:
        simulator.be(Mode.BLOCK_JSON, times=2)
        answers = [get(f"{simulator.url}?mailNos={NUMBER},LP1") for _ in range(3)]
        assert ["rgv587_flag" in answer for answer in answers] == [True, True, False]
        assert [(a.mode, a.numbers) for a in simulator.asked] == [
            (Mode.BLOCK_JSON, (NUMBER, "LP1")),
            (Mode.BLOCK_JSON, (NUMBER, "LP1")),
            (Mode.FINE, (NUMBER, "LP1")),
        ]
        first, second, third = (a.monotonic for a in simulator.asked)
        assert first <= second <= third


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """The look-alike as a process of its own, and what it printed."""
    with subprocess.Popen(  # our own module
        [*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, cast("dict[str, str]", json.loads(process.stdout.readline()))
        finally:
            process.kill()


def test_another_process_can_steer_it(tmp_path: Path) -> None:
    """Journeys, modes and the log go over its control address; a signal ends it in peace."""
    journeys = tmp_path / "journeys.json"
    at = datetime(2026, 5, 1, 10, tzinfo=UTC).isoformat()
    journeys.write_text(json.dumps([{"number": NUMBER, "events": [[at, "LH_ARRIVE"]]}]))
    with running("--file", str(journeys)) as (process, printed):
        ask = f"{printed['url']}?mailNos={NUMBER}"
        assert get(ask)["module"][0]["detailList"][0]["timeStr"] == "2026-05-01 18:00:00"
        orders = {
            "clear": True,
            "put": [
                {"number": NUMBER, "status": "DELIVERED", "eta": at,
                 "events": [[at, "GTMS_SIGNED", None, "GMT-3"]]}
            ],
            "mode": "success_false",
            "times": 1,
        }  # fmt: skip
        get(printed["control"], orders)
        assert get(ask)["success"] is False
        entry = get(ask)["module"][0]
        assert entry["detailList"][0]["timeStr"] == "2026-05-01 07:00:00"
        report = get(printed["control"])
        assert [asked["mode"] for asked in report["asked"]] == ["success_false", "fine"]
        assert report["numbers"] == [NUMBER]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_it_dies_with_its_parent() -> None:
    """Even where the parent is killed and can tell nobody."""
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({[*COMMAND, '--die-with-parent']!r}, stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(child.stdout.readline())\n"
        "sys.stdout.flush()\n"
        "child.wait()\n"
    )
    with subprocess.Popen(  # our own code
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        process.kill()
        # The child holds no pipe of ours, so its own end shows only at its port.
        with pytest.raises(OSError, match=r"refused|reset|closed"):
            ask_on_and_on(url)


def ask_on_and_on(url: str) -> None:
    for _ in range(20_000):
        get(f"{url}?mailNos={NUMBER}")
