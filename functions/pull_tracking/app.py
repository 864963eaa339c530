"""Polls the sources for what is due.

The schedule and new orders invoke it with nothing (check what is due). `{"order_ids": [...]}`
checks these orders now, `{"redrive": true}` processes again what it had given up on, and with
`PullWorkers` above 1 it invokes itself with `{"request_task": ...}`.
"""

from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch.aws import clients, metrics
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.settings import Settings
from stallwatch.aws.workers import FunctionWorkers
from stallwatch.polling.gate import LAST_REQUEST
from stallwatch.polling.run import PollRun
from stallwatch.polling.tally import RunReport
from stallwatch.wiring import build_poll_run, source

MOST_ORDERS = 1000

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Check what is due, or the orders that the event names; or make a request for another run."""
    settings = Settings.of_environment()
    clock = LambdaClock(context, settings.clock_shift)
    if "request_task" in event:
        return _check(settings, clock).run_request_task(event["request_task"])
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
    logger.info("run", extra={**report.as_dict(), "unsaved": report.unsaved})
    counts: dict[str, float] = {
        "Checked": report.checked,
        "Unanswered": report.unanswered,
        "LeftOver": report.left_over,
        "Unsaved": report.unsaved,
    }
    if order_ids is None:
        counts["SourceDown"] = check.source_is_down
        counts["PendingMinutes"] = metrics.pending_minutes(
            check.oldest_pending, settings.quiet_hours, clock.now()
        )
    metrics.publish(**counts)
    return report


def _redrive(settings: Settings, clock: LambdaClock) -> dict[str, int]:
    # Only who asks for it pays for it.
    from stallwatch.aws.dead_letters import DeadLetters  # noqa: PLC0415
    from stallwatch.aws.redrive import check_again  # noqa: PLC0415

    return check_again(
        DeadLetters(clients.queues(), settings.dead_letters_url),
        check=lambda order_ids: not _run(settings, clock, list(order_ids) or None).left_over,
        has_time=lambda: clock.remaining() > 2 * LAST_REQUEST,
    ).as_dict()


def _check(settings: Settings, clock: LambdaClock) -> PollRun:
    """A run, of the sources that the settings name."""
    return build_poll_run(settings, clock, uuid4().hex, source, _workers(settings, clock))


def _workers(settings: Settings, clock: LambdaClock) -> FunctionWorkers | None:
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
