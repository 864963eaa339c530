"""The real handlers, wired to a simulated stack."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from stallwatch import wiring
from stallwatch.aws import clients, metrics
from stallwatch.aws.lambda_clock import LambdaClock, ProcessClock
from stallwatch.cli import polling
from stallwatch.dynamodb import table
from stallwatch.orders import service
from stallwatch.tracking.profiles import CAINIAO, SEVENTEEN_TRACK
from tests.aws.moto_stack import load_handler
from tests.faults.call_faults import is_ours
from tests.faults.dead_letters import Queue, Stream
from tests.faults.registry import Registry
from tests.faults.simulated_clients import Database, Functions, Source, Topic
from tests.faults.simulated_stack import FUNCTIONS, World
from tests.support.template import thresholds_variable


@contextmanager
def running(world: World) -> Iterator[World]:
    """The handlers, wired to a world."""
    variables = {
        "TABLE_NAME": world.db.name,
        "TOPIC_ARN": world.sns.arn,
        "QUIET_HOURS": world.nights.span,
        "TIME_ZONE": world.nights.zone,
        "TRANSLATED_TOPIC_ARN": world.sns.translated_arn,
        "LANGUAGE": "en",
        "PULL_FUNCTION": "pull",
        "PAGE_URL": "https://stallwatch.example/",
        "PUBLIC_URL": "",
        "HOME_COUNTRY": "DE",
        "CHECK_EVERY": "rate(15 minutes)",
        "TURN_MINUTES": "30",
        "CAINIAO_URL": "http://standin",
        "CAINIAO_BATCH": "10",
        "CAINIAO_PER_MINUTE": str(world.per_minute),
        "PULL_WORKERS": "1",
        "DEAD_LETTERS_URL": "http://standin/queue",
        "SEVENTEEN_TRACK_KEY": "key" if world.second else "",
        "SEVENTEEN_TRACK_URL": "http://standin",
        "THRESHOLDS": thresholds_variable(),
        "POWERTOOLS_SERVICE_NAME": "stallwatch",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_NAMESPACE": "Stallwatch",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    database, topic, functions = Database(world), Topic(world), Functions(world)
    queue, stream = Queue(world), Stream(world)

    with (
        mock.patch.dict(os.environ, variables),
        mock.patch.object(clients, "dynamodb", lambda: database),  # noqa: PT008
        mock.patch.object(clients, "sns_once", lambda: topic),  # noqa: PT008
        mock.patch.object(clients, "sns", lambda: topic),  # noqa: PT008
        mock.patch.object(metrics, "publish", lambda **_: None),  # noqa: PT008
        mock.patch.object(clients, "functions", lambda: functions),  # noqa: PT008
        mock.patch.object(clients, "queues", lambda: queue),  # noqa: PT008
        mock.patch.object(clients, "streams", lambda: stream),  # noqa: PT008
        mock.patch.object(LambdaClock, "now", lambda _: world.now),  # noqa: PT008
        mock.patch.object(LambdaClock, "sleep", lambda _, duration: world.sleep(duration)),
        mock.patch.object(LambdaClock, "remaining", lambda _: world.remaining()),  # noqa: PT008
        mock.patch.object(table, "uniform", lambda *_: 0.0),  # noqa: PT008
        mock.patch.object(service, "token_hex", lambda _: world.token()),  # noqa: PT008
        mock.patch.object(ProcessClock, "now", lambda _: world.now),  # noqa: PT008
        mock.patch.object(ProcessClock, "sleep", lambda _, duration: world.sleep(duration)),
        mock.patch.object(ProcessClock, "remaining", lambda _: world.remaining()),  # noqa: PT008
        mock.patch.object(polling, "uuid4", lambda: _Token(world.token())),  # noqa: PT008
        mock.patch.object(
            wiring,
            "SOURCES",
            {
                CAINIAO.name: lambda *_: Source(world),
                SEVENTEEN_TRACK.name: lambda *_: Registry(world),
            },
        ),
    ):
        wiring.source.cache_clear()
        logging.disable(logging.CRITICAL)
        try:
            deploy(world, Source(world))
            yield world
        finally:
            logging.disable(logging.NOTSET)


def deploy(world: World, source: object) -> None:
    """Load the handlers, for the first time or anew, and wire them to a source."""
    for name in FUNCTIONS:
        world.handlers[name] = load_handler(name)
    for name in ("pull_tracking", "evaluate_orders"):
        world.handlers[name].uuid4 = lambda: _Token(world.token())  # type: ignore[attr-defined]
    pull: Any = world.handlers["pull_tracking"]
    pull.source = lambda name, *_: Registry(world) if name == SEVENTEEN_TRACK.name else source
    logger: Any = world.handlers["evaluate_orders"].logger
    logger.exception = _no_bug


def _no_bug(*_: object, **__: object) -> None:
    """Takes the place of logging an error that was caught: it must tell of the outside."""
    error = sys.exc_info()[1]
    if not is_ours(error):
        raise AssertionError("a bug was caught as if it were an outage") from error


@dataclass(frozen=True)
class _Token:
    hex: str
