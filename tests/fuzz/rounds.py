"""Rounds of requests, made and judged by schemathesis in an environment of its own."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.fuzz.targets import Target
from tests.local.machine import LOCAL, ROOT, LocalError, end_of, need
from tests.local.supervised import Supervised

PROGRAM = LOCAL / "fuzz" / "bin" / "schemathesis"
REPORTS = LOCAL / "fuzz" / "reports"
DOCUMENT = ROOT / "shared" / "stallwatch" / "web" / "openapi.json"
HOOK = Path(__file__).with_name("count_statuses.py")

LIMITS = "examples,coverage"
"""The phase that goes to the limits of every parameter: some thousand requests at once."""

ENOUGH_FOR_LIMITS = 500
"""Requests that must be left for it."""

PHASES = ("fuzzing", "stateful", LIMITS, "fuzzing")
"""What the rounds are made of, over and over, each with another seed."""

MOST_OF_EACH = 100
"""Requests a round sends to one route at the most."""

NOT_CHECKED = {
    "positive_data_acceptance": "rules say more than a schema can: dates after each other, states",
    "unsupported_method": "the gateway refuses what the template does not name, before the API",
    "allow_header_conformance": "the same",
    "object_level_authorization": "one key may do everything",
}
"""Checks of schemathesis that are left out, each with why."""

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE")

PATIENCE = 120
"""Seconds for an answer: how long one takes on a busy machine says nothing."""

KNOWN = 0.7
"""How often a name in an address is one that is there."""


class Rounds:
    """Rounds of requests to one API.

    Args:
        target: The API.
        seed: Decides, with the document, what is sent.
    """

    def __init__(self, target: Target, seed: int) -> None:
        need(PROGRAM)
        self._target = target
        self._seed = seed
        self._phases: Iterator[str] = cycle(PHASES)
        self._routes = sum(map(len, json.loads(DOCUMENT.read_bytes())["paths"].values()))
        shutil.rmtree(REPORTS, ignore_errors=True)
        REPORTS.mkdir()
        self._settings = REPORTS / "schemathesis.toml"
        self._settings.write_text(settings(target.stock(), self._dates()), "utf-8")
        self._statuses = REPORTS / "statuses.txt"
        self._statuses.touch()
        self.sent = 0
        self.wrong: list[str] = []
        """What was found, each with a request that shows it."""

    def send(self, wanted: int) -> None:
        """Send one round of about so many requests, fewer or more."""
        phases = next(self._phases)
        if phases == LIMITS and wanted < ENOUGH_FOR_LIMITS:
            phases = next(self._phases)
        of_each = max(2, min(MOST_OF_EACH, wanted // self._routes))
        report, log = REPORTS / "report.json", REPORTS / f"{self._seed}.log"
        command: list[str | Path] = [
            *(PROGRAM, f"--config-file={self._settings}", "--no-color", "run", DOCUMENT),
            *(f"--url={self._target.url}", f"--header=x-api-key: {self._target.key}"),
            *(f"--exclude-checks={','.join(NOT_CHECKED)}", f"--phases={phases}"),
            *(f"--max-examples={of_each}", f"--seed={self._seed}", "--continue-on-failure"),
            f"--request-timeout={PATIENCE}",
            *("--suppress-health-check=all", "--warnings=off", "--generation-database=none"),
            *("--report=json", f"--report-json-path={report}"),
        ]
        environment = {
            "PATH": "/usr/bin:/bin",
            "NO_PROXY": "127.0.0.1",
            "LANG": "C.UTF-8",
            "SCHEMATHESIS_HOOKS": str(HOOK),
            "STATUSES": str(self._statuses),
        }
        with (
            log.open("wb") as output,
            Supervised(command, output=output, environment=environment, folder=REPORTS) as run,
        ):
            run.wait()
        if not report.exists():
            raise LocalError(f"schemathesis has failed:\n{end_of(log)}")
        told = json.loads(report.read_text("utf-8"))
        report.unlink()
        self._seed += 1
        self.sent += told["test_cases"]["generated"]
        self.wrong += [_one_line(found) for found in (*told["failures"], *told["errors"])]
        if not told["test_cases"]["generated"]:
            raise LocalError(f"schemathesis has sent nothing:\n{end_of(log)}")

    def statuses(self) -> dict[str, int]:
        """How many answers had which status; a case can take several requests."""
        return dict(sorted(Counter(self._statuses.read_text("ascii").split()).items()))

    def _dates(self) -> list[str]:
        days = (-400, -60, -20, -1, 0, 1, 30)
        return [(self._target.today + timedelta(days=n)).isoformat() for n in days]


def settings(known: Mapping[str, Sequence[str]], dates: Sequence[str]) -> str:
    """The settings of schemathesis: which names are there, which dates make sense.

    Args:
        known: Values of the parameters in addresses, by their names.
        dates: For the fields of bodies that take one.
    """
    lists = {**known, "date": dates}
    held = [f"[dictionaries.{name}]\nvalues = {json.dumps(lists[name])}" for name in lists]
    bound = [_bound(f"path.{name}", name) for name in known]
    bound += [_bound(f"body.{field}", "date") for field in ("ordered_on", "shipped_on", "on")]
    # An order that is there would not be there for long.
    spared = '[[operations]]\ninclude-name = "DELETE /orders/{order_id}"\n'
    spared += f"parameters = {{ {_bound('path.order_id', 'order_id', 0.01)} }}"
    return "\n\n".join(
        [
            f"[phases.coverage]\nunexpected-methods = {json.dumps(METHODS)}",
            *held,
            "\n".join(["[parameters]", *bound]),
            spared,
        ]
    )


def _bound(parameter: str, name: str, probability: float = KNOWN) -> str:
    return f'"{parameter}" = {{ dictionary = "{name}", probability = {probability} }}'


def _one_line(found: Mapping[str, Any]) -> str:
    return json.dumps(found)[:2000]
