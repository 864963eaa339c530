"""What the requests go to: the function in one process, and the stack on the emulator.

Both ask the simulated Cainiao, and have orders, links and a subscriber before the first request.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.aws.moto_stack import world_at
from tests.local.local_stack import LocalStack
from tests.local.machine import LocalError
from tests.simulators.cainiao import Simulator
from tests.web.bridge import bridge

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef

START = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""The time in one process."""

ORDERS = 12

_QUIET = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}


@dataclass(frozen=True)
class Target:
    """An API that requests can be sent to."""

    url: str
    """The address of the stage, without a slash after it."""
    key: str
    today: date
    look: Callable[[], list[str]]
    """Lets pull and evaluation look at all that is stored; returns what went wrong."""

    def ask(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, str, Mapping[str, str]]:
        """Send a request; returns status, body and headers."""
        request = Request(  # noqa: S310
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-api-key": self.key, "content-type": "application/json"},
        )
        try:
            with build_opener(ProxyHandler({})).open(request) as answer:
                return answer.status, answer.read().decode(), _by_name(answer.headers)
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), _by_name(error.headers)

    def made(self, path: str, body: object = None) -> Any:
        """What a POST has made. Raises `LocalError` where it was refused."""
        status, text, _ = self.ask("POST", path, body)
        if status not in {200, 201}:
            raise LocalError(f"POST {path} was refused with {status}: {text}")
        return json.loads(text)

    def stock(self) -> dict[str, list[str]]:
        """Put orders, links and a subscriber there; returns the values of parameters by names."""
        names = [f"known-{n}" for n in range(ORDERS)]
        links, actions, tokens = [], [], []
        for n, name in enumerate(names):
            order = {
                "order_id": name,
                "ordered_on": (self.today - timedelta(days=20)).isoformat(),
                "tracking_number": number_of(n),
                "title": "Cup",
                "price": "12.50",
                "currency": "EUR",
            }
            self.made("/orders", order)
            acted = self.made(f"/orders/{name}/actions", {"action": "seller_contacted"})
            actions += [action["action_id"] for action in acted["actions"]]
            link = self.made(f"/orders/{name}/claim/links", {})
            links.append(link["id"])
            tokens.append(link["token"])
        calendar = self.made("/calendar/links")
        subscriber = self.made("/subscriptions", {"protocol": "email", "endpoint": "a@example.org"})
        return {
            "order_id": names,
            "link_id": [*links, calendar["id"]],
            "action_id": actions,
            "token": [*tokens, calendar["token"]],
            "subscription_id": [subscriber["id"]],
        }

    def wrong_with_what_is_stored(self) -> list[str]:
        """What pull, evaluation, lists and export cannot cope with."""
        wrong = self.look()
        for path, cursor_of in (("/orders?limit=100", _in_body), ("/orders/export?", _in_header)):
            cursor: str | None = ""
            while cursor is not None:
                status, text, headers = self.ask("GET", path + cursor)
                if status != 200:
                    wrong.append(f"GET {path}{cursor} is answered with {status}")
                    break
                following = cursor_of(text, headers)
                cursor = None if following is None else f"&cursor={following}"
        for path in ("/stats", "/subscriptions", "/calendar/links"):
            status, _, _ = self.ask("GET", path)
            if status != 200:
                wrong.append(f"GET {path} is answered with {status}")
        return wrong


def _by_name(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _in_body(text: str, _: Mapping[str, str]) -> str | None:
    found: str | None = json.loads(text)["next_cursor"]
    return found


def _in_header(_: str, headers: Mapping[str, str]) -> str | None:
    return headers.get("x-next-cursor")


def number_of(n: int) -> str:
    """The tracking number of an order that is there beforehand."""
    return f"LP{n:014}"


def _put_journeys(cainiao: Simulator, now: datetime) -> None:
    for n in range(ORDERS):
        scans = [(now - timedelta(days=18), "GWMS_ACCEPT"), (now - timedelta(days=n), "LH_DEPART")]
        cainiao.put(number_of(n), scans)


@contextmanager
def in_one_process() -> Iterator[Target]:
    """The handlers over stand-ins of AWS's services, behind a gateway in small."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _QUIET.items():
            patch.setenv(name, value)
        with world_at(START, patch) as world, bridge(world) as gateway:
            gateway.checks_at_once = False
            _put_journeys(world.cainiao, START)

            def look() -> list[str]:
                try:
                    world.pull()
                    world.pump()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                    return [f"what is stored cannot be looked at: {error!r}"]
                return []

            yield Target(gateway.url, gateway.key, START.date(), look)


@contextmanager
def deployed() -> Iterator[Target]:
    """The stack on the emulator."""
    now = datetime.now(UTC)
    with (
        Simulator() as cainiao,
        LocalStack(
            "fuzz",
            parameters={"CainiaoUrl": cainiao.url, "CheckEvery": "rate(3 hours)"},
            say=lambda line: print(f"  {line}", flush=True),
        ) as local,
    ):
        _put_journeys(cainiao, now)
        _lift_limits(local)

        def look() -> list[str]:
            local.settle()
            local.invoke("pull_tracking", {})
            local.settle()
            return [
                f"{function}: {line}"
                for function in ("pull_tracking", "evaluate_orders", "orders_api")
                for line in local.logs(function)
                if '"level":"ERROR"' in line
            ]

        yield Target(local.stack["api_url"], local.stack["api_key"], now.date(), look)


def _lift_limits(local: LocalStack) -> None:
    """Let all requests through: what the gateway refuses shows nothing of the product."""
    api, gateway = local.physical_id("OrdersApi"), local.apigateway
    gateway.update_usage_plan(
        usagePlanId=local.physical_id("UsagePlan"), patchOperations=_no_limit("/throttle")
    )
    routes = gateway.get_stage(restApiId=api, stageName="live")["methodSettings"]
    for route in routes:
        path, _, method = route.rpartition("/")
        gateway.update_stage(
            restApiId=api,
            stageName="live",
            patchOperations=_no_limit(f"/{path.replace('/', '~1')}/{method}/throttling"),
        )


def _no_limit(where: str) -> list["PatchOperationTypeDef"]:
    names = ("rateLimit", "burstLimit")
    return [{"op": "replace", "path": f"{where}/{name}", "value": "10000"} for name in names]
