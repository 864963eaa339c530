"""Evaluates the orders that changed, and sends the alerts.

Invoked by the table's stream, whose records carry keys only: they say what to look at, never what
is true.
"""

from dataclasses import asdict
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch import clients
from stallwatch.clock import Context, LambdaClock
from stallwatch.errors import StallwatchError
from stallwatch.evaluating import Evaluation
from stallwatch.logs import configure
from stallwatch.notify import Topic
from stallwatch.sending import Pending, Sending
from stallwatch.settings import Settings
from stallwatch.store.evaluations import EvaluationStore
from stallwatch.store.outbox import OutboxStore
from stallwatch.store.table import STACK, Table, order_id_of
from stallwatch.words import Words

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evaluate what the records name; report the first record whose order could not be."""
    settings = Settings.of_environment()
    table = Table(clients.dynamodb(), settings.table_name)
    clock = LambdaClock(context, settings.clock_shift)
    evaluation = Evaluation(
        files=EvaluationStore(table),
        wheel=settings.wheel,
        limits=settings.limits,
        second_source=settings.second_source,
    )
    fresh: list[Pending] = []
    woken = False
    failures: list[dict[str, str]] = []
    done: set[str] = set()
    for record in event["Records"]:
        pk = record["dynamodb"]["Keys"]["pk"]["S"]
        if pk in done:
            continue
        done.add(pk)
        try:
            if pk == STACK:
                evaluation.evaluate_source("cainiao", clock.now())
                woken = True
            else:
                fresh += evaluation.evaluate(order_id_of(pk), clock.now())
        except Exception:  # one order that cannot be evaluated must not keep the others waiting
            logger.exception("not evaluated", extra={"order_id": order_id_of(pk)})
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    try:
        evaluation.write_counts()
        if fresh or woken:
            sending = Sending(
                outbox=OutboxStore(table),
                notifier=Topic(clients.sns_once(), settings.topic_arn, settings.page_url, Words()),
                clock=clock,
                owner=uuid4().hex,
            )
            logger.info("sending", extra=asdict(sending.send(fresh)))
    except StallwatchError:
        # What is pending stays so, and the next tick wakes the sending.
        logger.exception("not sent")
    return {"batchItemFailures": failures}
