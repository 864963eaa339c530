"""The stack in one process: the real handlers over moto, a look-alike of Cainiao, and a clock."""

import importlib.util
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from botocore.client import BaseClient

from stallwatch.aws import clients
from stallwatch.aws.lambda_clock import LambdaClock
from tests.aws import moto
from tests.aws.roles import Roles
from tests.simulators.cainiao import Simulator
from tests.simulators.seventeen_track import Simulator as SeventeenTrack
from tests.support.template import ROOT, without_serverless, woken_by
from tests.support.transformed import Names, defaults, functions, variables

REGION = moto.REGION

KEY_NAME = "/stallwatch/17track"
PAGE_URL = "https://stallwatch.example/"

_MADE_ONCE = [make for make in vars(clients).values() if hasattr(make, "cache_clear")]


_ONE_AT_A_TIME = threading.RLock()
"""A function serves one event at a time, here too where a browser asks beside a test."""


@dataclass
class Context:
    """What a function is told of its invocation."""

    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    function_name: str = "function"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:000000000000:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def load_handler(name: str) -> ModuleType:
    """The module of a function."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Sent:
    """A message that a machine got."""

    body: dict[str, Any]
    attributes: dict[str, str]
    subject: str

    @property
    def kind(self) -> str:
        return str(self.body["kind"])


@dataclass
class World:
    """The stack, its surroundings, and the time."""

    now: datetime
    cainiao: Simulator
    stack: moto.Stack
    roles: Roles
    track: SeventeenTrack | None = None
    """17TRACK, where the stack asks it."""
    handlers: dict[str, ModuleType] = field(default_factory=dict)
    nudges: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    """The template's, where they are not at their defaults."""
    _seen: int = 0
    """How much of the stream was delivered."""

    @property
    def table(self) -> str:
        """The name of the table."""
        return self.stack.ids["OrdersTable"]

    @property
    def topic(self) -> str:
        """The ARN of the alerts' topic."""
        return self.stack.ids["AlertsTopic"]

    @property
    def translated_topic(self) -> str:
        """The ARN of the topic in other languages."""
        return self.stack.ids["TranslatedAlertsTopic"]

    @property
    def dead_letters(self) -> dict[str, str]:
        """The URL of each function's queue."""
        return {
            "pull_tracking": self.stack.ids["PullDeadLetters"],
            "evaluate_orders": self.stack.ids["EvaluateDeadLetters"],
        }

    def deploy(self, parameters: Mapping[str, str], changed: Mapping[str, str]) -> None:
        """Give the functions what the template gives them with some parameters.

        Args:
            parameters: The template's, in place of their defaults or of what they were before.
            changed: Variables of the environment that are set otherwise.
        """
        self.parameters |= parameters
        known = Names({**self.roles.ids, **defaults(), **self.parameters})
        for name in functions():
            self.handlers[name] = _deployed(self, name, variables(name, known) | {**changed})

    # Time.

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    # The API.

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request; returns the status and the answer."""
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"content-type": "application/json", **(headers or {})},
            "multiValueHeaders": {"content-type": ["application/json"]},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {n: [v] for n, v in (query or {}).items()} or None,
            "pathParameters": None,
            "requestContext": {
                "resourcePath": path,
                "path": f"/live{path}",
                "httpMethod": method,
                "stage": "live",
            },
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self.handlers["orders_api"].handler(event, Context())
        text = answer.get("body")
        kind = (answer.get("multiValueHeaders") or {}).get("Content-Type", [""])[0]
        return answer["statusCode"], json.loads(text) if text and "json" in kind else text

    # The other functions.

    def pull(self, *order_ids: str) -> dict[str, Any]:
        """Run the pull: of what is due, or of some orders."""
        event = {"order_ids": list(order_ids)} if order_ids else {}
        answer: dict[str, Any] = self.handlers["pull_tracking"].handler(event, Context())
        return answer

    def redrive(self, name: str) -> dict[str, Any]:
        """Have a function do again what it gave up on."""
        answer: dict[str, Any] = self.handlers[name].handler({"redrive": True}, Context())
        return answer

    def pump(self) -> None:
        """Deliver what the stream holds to the evaluation, until nothing comes any more."""
        while records := self._new_records():
            event = {"Records": records}
            answer = self.handlers["evaluate_orders"].handler(event, Context())
            assert answer == {"batchItemFailures": []}

    def skip_stream(self) -> None:
        """Deliver nothing of what the stream holds."""
        self._new_records()

    def check(self, order_id: str) -> None:
        """Look at an order now, and evaluate what was seen."""
        self.pull(order_id)
        self.pump()

    def _new_records(self) -> list[dict[str, Any]]:
        records = moto.stream_of(self.table, self._seen)
        self._seen += len(records)
        return [
            _lambda_record(r) for r in records if r["dynamodb"]["Keys"]["sk"]["S"] in woken_by()
        ]

    def empty(self) -> None:
        """Forget all that is stored, subscribed and sent."""
        self.stack.empty()
        self._seen = 0

    # What went out.

    def messages(self) -> list[Sent]:
        """The messages that machines got since the last call."""
        found = []
        for body in self.stack.take_inbox():
            envelope = json.loads(body)
            attributes = envelope["MessageAttributes"].items()
            found.append(
                Sent(
                    body=json.loads(envelope["Message"]),
                    attributes={name: value["Value"] for name, value in attributes},
                    subject=envelope["Subject"],
                )
            )
        return found


def _lambda_record(record: Any) -> dict[str, Any]:
    """A stream's record as a function gets it: keys only."""
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": record["dynamodb"]["Keys"],
            "SequenceNumber": record["dynamodb"]["SequenceNumber"],
            "StreamViewType": "KEYS_ONLY",
        },
    }


@contextmanager
def world_at(now: datetime, monkeypatch: pytest.MonkeyPatch, **changed: str) -> Iterator[World]:
    """A stack whose clock stands at an instant.

    Each function sees the variables that the template gives it, some of them `changed`, and what it
    asks AWS for is what its role allows.
    """
    with _world(now, monkeypatch, {}, changed) as world:
        yield world


@contextmanager
def world_with(
    track: SeventeenTrack, now: datetime, monkeypatch: pytest.MonkeyPatch, **parameters: str
) -> Iterator[World]:
    """A stack that asks 17TRACK too, with its key in a parameter.

    Args:
        track: 17TRACK.
        now: The instant at which its clock stands.
        monkeypatch: Takes it all down again.
        parameters: The template's, besides those that name 17TRACK.
    """
    named = {"SeventeenTrackKey": KEY_NAME, "SeventeenTrackUrl": track.url}
    with _world(now, monkeypatch, {**named, **parameters}, {}) as world:
        moto.client("ssm").put_parameter(
            Name=KEY_NAME, Value=track.key, Type="SecureString", Overwrite=True
        )
        world.track = track
        yield world


@contextmanager
def _world(
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    parameters: Mapping[str, str],
    changed: Mapping[str, str],
) -> Iterator[World]:
    with moto.on(), Simulator() as cainiao:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        # moto does not know the endpoint that has the account's id in it.
        monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        stack = moto.stack(without_serverless())
        ids = stack.ids | {"PullTrackingFunction": "pull", "SeventeenTrackKey": KEY_NAME}
        world = World(now, cainiao, stack, Roles(ids))
        world.empty()
        monkeypatch.setattr(LambdaClock, "now", lambda _: world.now)
        monkeypatch.setattr(LambdaClock, "sleep", lambda _, d: world.advance(seconds=d.seconds))
        with _watched(world):
            given = {"PublicUrl": PAGE_URL, "CainiaoUrl": cainiao.url, **parameters}
            world.deploy(given, changed)
            yield world


def _deployed(world: World, name: str, given: dict[str, str]) -> ModuleType:
    """The module of a function that is run as the template says."""
    environment = dict.fromkeys(_variables_of_all()) | given

    @contextmanager
    def running() -> Iterator[None]:
        before = {variable: os.environ.get(variable) for variable in environment}
        with world.roles.taken(name):
            _set(environment)
            try:
                yield
            finally:
                _set(before)

    with running():
        module = load_handler(name)
    handler = module.handler

    def run(event: dict[str, Any], context: Context) -> Any:
        with _ONE_AT_A_TIME:
            written = moto.writes_to(world.table)
            with running():
                answer = handler(event, context)
        if 400 <= answer.get("statusCode", 0) < 500:
            # Nothing is stored of a refused request.
            assert written == moto.writes_to(world.table)
        return answer

    module.handler = run  # type: ignore[attr-defined]
    return module


@cache
def _variables_of_all() -> frozenset[str]:
    """The names of all variables that the template gives to any function."""
    known = Names(defaults())
    return frozenset(each for folder in functions() for each in variables(folder, known))


def _set(environment: Mapping[str, str | None]) -> None:
    """Set variables of the environment; those that are None are not there."""
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@cache
def _without_clients_of_others() -> None:
    for make in _MADE_ONCE:
        make.cache_clear()


@contextmanager
def _watched(world: World) -> Iterator[None]:
    """See to what the functions ask AWS for, and count the runs of the pull that they start."""

    def nudge(**_: object) -> Any:
        world.nudges += 1
        return mock.Mock(status_code=202), {}

    _without_clients_of_others()
    with ExitStack() as undo:
        for make in _MADE_ONCE:
            made = make()
            if isinstance(made, BaseClient):
                events = made.meta.events
                events.register("provide-client-params", world.roles.note)
                undo.callback(events.unregister, "provide-client-params", world.roles.note)
        events = clients.functions().meta.events
        events.register("before-call.lambda.Invoke", nudge)
        undo.callback(events.unregister, "before-call.lambda.Invoke", nudge)
        yield
