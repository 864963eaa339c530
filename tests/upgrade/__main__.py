"""`make upgrade-test`: updates a stack of before the first release, on the emulator.

The stack is deployed from the code of then, and its table filled with every kind of item as that
code wrote them (`tests.upgrade.record`). Then the project as it stands is deployed over it. All
that the API answers must be as it was, what was pending goes out once, nothing fails, and one run
of the pull later every watched order has its place in the lists by urgency and by deadline.
"""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.local.local_stack import LocalStack
from tests.local.machine import LOCAL, LocalError, client, told
from tests.local.sam import build_of
from tests.local.supervised import end_with_parent
from tests.simulators.cainiao import Simulator
from tests.simulators.seventeen_track import KEY
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.upgrade.record import BEFORE, checked_out
from tests.upgrade.recorded import (
    ENDPOINTS,
    LISTS,
    Recorded,
    differences,
    fill,
    recorded,
    values,
    watched,
    wrong_in_list,
)

KEY_NAME = "/stallwatch/17track"

RUNNING = {"/orders/*/claim: made_at": "the emulator's clock goes on while it is asked"}
"""Where an answer differs because time passes here."""


def main() -> int:
    """Update, compare, and say what is wrong; 1 where something is."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    end_with_parent()

    def say(line: str) -> None:
        print(f"  {line}", flush=True)

    try:
        say(f"Building what was before ({BEFORE[:7]})")
        with checked_out(BEFORE) as tree, Simulator() as cainiao, SeventeenTrack() as track:
            template = build_of(tree, LOCAL / "build-before")
            parameters = {
                "CainiaoUrl": cainiao.url,
                "CheckEvery": "rate(3 hours)",
                "HomeCountry": "ES",
                "SeventeenTrackKey": KEY_NAME,
                "SeventeenTrackUrl": track.url,
            }
            with LocalStack("upgrade", parameters=parameters, template=template, say=say) as local:
                wrong = _live(local, recorded(), say)
    except (LocalError, OSError) as error:
        print(told(error), file=sys.stderr)
        return 1
    print("\n".join(wrong) or "\nAll is as it was, and what was pending went out once.")
    return 1 if wrong else 0


def _live(local: LocalStack, record: Recorded, say: Callable[[str], None]) -> list[str]:
    parameters = client("ssm", local.stack["aws_endpoint"])
    parameters.put_parameter(Name=KEY_NAME, Value=KEY, Type="SecureString")
    local.settle()
    _listen(local, enabled=False)
    for given in ENDPOINTS:
        name = "TranslatedAlertsTopic" if given.get("translated") else "AlertsTopic"
        local.sns.subscribe(
            TopicArn=local.physical_id(name),
            Protocol=str(given["protocol"]),
            Endpoint=str(given["endpoint"]),
        )
    fill(local.dynamodb, local.outputs["OrdersTableName"], record.items)
    say(f"{len(record.items)} items are in the table; updating")
    local.update()
    _listen(local, enabled=False)
    _move_clock(local, record)
    wrong = _compare(local, record)
    say(
        f"{len(record.answers)} answers with {values(record.answers):,} values compared, "
        f"{len(wrong)} differ"
    )
    listed = {sort: len(_listed(local, sort)) for sort in LISTS}
    _listen(local, enabled=True)
    local.drain_inbox()
    local.invoke("pull_tracking", {})
    local.settle(quiet=2.0)
    told = [
        (order["order_id"], body["kind"])
        for body in (json.loads(envelope["Message"]) for envelope in local.drain_inbox(1))
        for order in body["orders"]
    ]
    pending = [
        (item["pk"]["S"].removeprefix("ORDER#"), item["kind"]["S"])
        for item in record.items
        if "pending" in item
    ]
    wrong += [
        f"the pending alert {alert} went out {told.count(alert)} times"
        for alert in pending
        if told.count(alert) != 1
    ]
    say(f"{len(pending)} alert was pending; {len(told)} went out in the first run")
    for sort in LISTS:
        after = _listed(local, sort)
        wrong += wrong_in_list(record, sort, after)
        say(
            f"sort={sort}: {listed[sort]} orders right after the update, {len(after)} after the "
            f"first run; {len(watched(record))} are watched"
        )
    wrong += [
        f"{function}: {line}"
        for function in local.function_names
        for line in local.logs(function)
        if '"level":"ERROR"' in line
    ]
    return wrong


def _listen(local: LocalStack, *, enabled: bool) -> None:
    """Let the evaluation hear of changes, or not."""
    name = local.function_names["evaluate_orders"]
    mappings = local.functions.list_event_source_mappings(FunctionName=name)
    for mapping in mappings["EventSourceMappings"]:
        local.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


def _move_clock(local: LocalStack, record: Recorded) -> None:
    shift = int((record.now - datetime.now(UTC)).total_seconds())
    local.update_function_environment({"CLOCK_SHIFT": str(shift)})


def _compare(local: LocalStack, record: Recorded) -> list[str]:
    wrong: list[str] = []
    for path, before in record.answers.items():
        answer = _ask(local, "/orders?limit=100" if path == "/orders" else path)
        if path == "/orders":
            answer = sorted(answer["orders"], key=lambda order: order["order_id"])
        wrong += differences(before, answer, path, RUNNING)
    return wrong


def _listed(local: LocalStack, sort: str) -> list[dict[str, Any]]:
    """All orders of a list, over its pages."""
    found: list[dict[str, Any]] = []
    more: str | None = ""
    while more is not None:
        page = _ask(local, f"/orders?sort={sort}&limit=5{more}")
        found += page["orders"]
        following = page["next_cursor"]
        more = None if following is None else f"&cursor={quote(following)}"
    return found


def _ask(local: LocalStack, path: str) -> Any:
    request = urllib.request.Request(  # noqa: S310
        f"{local.stack['api_url']}{path}",
        headers={"x-api-key": local.stack["api_key"], "accept": "*/*"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    sys.exit(main())
