"""Asks the sources for the tracking of what is due.

Invoked by the schedule and by new orders with nothing (check what is due), or with
`{"order_ids": [...]}` (check these now). With `{"redrive": true}` it does again what it had given
up on. Where there are `PullWorkers`, it invokes itself with an errand: a request to make.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, cast
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
from stallwatch.tracking.profiles import CAINIAO, SEVENTEEN_TRACK, SourceProfile
from stallwatch.tracking.source import Registry, Source

MOST_ORDERS = 1000

logger = configure(Logger())


Ask = Callable[[str, Callable[[], str]], Source]
"""Makes a source, given its address and what reads its key."""

SOURCES: Mapping[str, Ask] = {
    CAINIAO.name: lambda url, _: Cainiao(url),
    SEVENTEEN_TRACK.name: SeventeenTrack,
}
"""How each source is made, by the name in its profile."""


@lru_cache(maxsize=4)
def source(name: str, url: str, key_name: str) -> Source:
    """A source, with one session and its key for as long as the function lives."""
    return SOURCES[name](url, lambda: read_secret(clients.parameters(), key_name))


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
        pace=settings.pace_of(settings.first_profile),
        limits=settings.limits,
        owner=owner,
        catch_up=settings.catch_up,
        workers=_helpers(settings, clock),
    )
    first, second = settings.first_profile, settings.second_profile
    return prepare(
        source=_source(settings, first),
        registering=_registering(settings, store, clock, owner, first),
        second=None
        if second is None
        else SecondSourceCheck(
            store,
            _source(settings, second),
            clock,
            settings.pace_of(second),
            settings.limits,
            _registering(settings, store, clock, owner, second),
        ),
    )


def _source(settings: Settings, profile: SourceProfile) -> Source:
    return source(profile.name, settings.url_of(profile), settings.key_of(profile))


def _registering(
    settings: Settings,
    store: DynamoPollStore,
    clock: LambdaClock,
    owner: str,
    profile: SourceProfile,
) -> Callable[[Callable[[], bool]], RegistrationRun] | None:
    """What registers numbers with a source; None where it takes no credits."""
    if not profile.takes_credits:
        return None
    registry = cast("Registry", _source(settings, profile))
    batch = settings.pace_of(profile).batch
    return partial(RegistrationRun, registry, store, clock.now, batch=batch, owner=owner)


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
