"""Asks the sources for the tracking of what is due.

Invoked by the schedule and by new orders with nothing (check what is due), or with
`{"order_ids": [...]}` (check these now). With `{"redrive": true}` it does again what it had given
up on. Where there are `PullWorkers`, it invokes itself with an errand: a request to make.
"""

from functools import lru_cache, partial
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch.aws import clients, metrics
from stallwatch.aws.dead_letters import DeadLetters
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.parameters import read_secret
from stallwatch.aws.redrive import check_again
from stallwatch.aws.settings import Settings
from stallwatch.aws.workers import FunctionWorkers
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.requests import LAST_REQUEST
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.polling.tally import RunReport
from stallwatch.sources.cainiao import Cainiao
from stallwatch.sources.seventeen_track import SeventeenTrack

MOST_ORDERS = 1000

logger = configure(Logger())


@lru_cache(maxsize=1)
def source(url: str) -> Cainiao:
    """Cainiao, with one session for as long as the function lives."""
    return Cainiao(url)


@lru_cache(maxsize=1)
def seventeen_track(url: str, key_name: str) -> SeventeenTrack:
    """17TRACK, with one session and its key for as long as the function lives."""
    return SeventeenTrack(url, lambda: read_secret(clients.parameters(), key_name))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Check what is due, or the orders that the event names; or make a request for another run."""
    settings = Settings.of_environment()
    clock = LambdaClock(context, settings.clock_shift)
    if "errand" in event:
        return _check(settings, clock).run_request_task(event["errand"])
    if event.get("redrive"):
        answer: dict[str, Any] = {**_redrive(settings, clock)}
        logger.info("redrive", extra=answer)
        return answer
    order_ids = event.get("order_ids")
    report = _run(settings, clock, None if order_ids is None else _checked(order_ids))
    return report.as_dict()


def _run(settings: Settings, clock: LambdaClock, order_ids: list[str] | None) -> RunReport:
    check = _check(settings, clock)
    report = check.check_due() if order_ids is None else check.check_orders(order_ids)
    logger.info("run", extra=report.as_dict())
    counts: dict[str, float] = {
        "Checked": report.checked,
        "Unanswered": report.unanswered,
        "LeftOver": report.left_over,
    }
    if order_ids is None:
        counts["SourceDown"] = check.source_is_down
        counts["PendingMinutes"] = check.pending_for.total_seconds() // 60
    metrics.publish(**counts)
    return report


def _redrive(settings: Settings, clock: LambdaClock) -> dict[str, int]:
    return check_again(
        DeadLetters(clients.queues(), settings.dead_letters_url),
        check=lambda order_ids: not _run(settings, clock, list(order_ids) or None).left_over,
        has_time=lambda: clock.remaining() > 2 * LAST_REQUEST,
    ).as_dict()


def _check(settings: Settings, clock: LambdaClock) -> PollRun:
    """A run, of the sources that the settings name."""
    store = DynamoPollStore(Table(clients.dynamodb(), settings.table_name))
    owner = uuid4().hex
    prepare = partial(
        PollRun,
        watch=store,
        clock=clock,
        schedule=settings.schedule,
        pace=settings.pace,
        limits=settings.limits,
        owner=owner,
        catch_up=settings.catch_up,
        workers=_helpers(settings, clock),
    )
    if not settings.seventeen_track_key:
        return prepare(source=source(settings.cainiao_url))
    registry = seventeen_track(settings.seventeen_track_url, settings.seventeen_track_key)
    pace = settings.seventeen_track_pace
    registering = partial(
        RegistrationRun, registry, store, clock.now, batch=pace.batch, owner=owner
    )
    if not settings.second_source:
        return prepare(source=registry, registering=registering)
    second = SecondSourceCheck(store, registry, clock, pace, settings.limits, registering)
    return prepare(source=source(settings.cainiao_url), second=second)


def _helpers(settings: Settings, clock: LambdaClock) -> FunctionWorkers | None:
    if settings.pull_workers == 1:
        return None
    return FunctionWorkers(clients.functions_once(), clock.context.function_name)


def _checked(order_ids: object) -> list[str]:
    if (
        not isinstance(order_ids, list)
        or len(order_ids) > MOST_ORDERS
        or not all(isinstance(order_id, str) for order_id in order_ids)
    ):
        raise ValueError(f"order_ids takes a list of at most {MOST_ORDERS} strings")
    return order_ids
