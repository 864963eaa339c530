"""Evaluates the orders that changed, and sends the alerts.

Invoked by the table's stream, whose records carry keys only: they say what to look at, never what
is true. With `{"digest": "2026-06-15T06:00:00Z"}` it makes the digest of that instant, once however
often it is told, and with `{"redrive": true}` it does again what it had given up on.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from stallwatch.alerting.composing import ComposingNotifier
from stallwatch.alerting.delivery import LAST_MESSAGE, OutboxDispatcher, SendReport
from stallwatch.alerting.evaluation import Evaluation
from stallwatch.aws import clients, metrics
from stallwatch.aws.lambda_clock import Context, LambdaClock
from stallwatch.aws.logs import configure
from stallwatch.aws.settings import Settings
from stallwatch.aws.sns import SnsPublisher
from stallwatch.domain.alerts import AlertRef, Notification
from stallwatch.domain.errors import StallwatchError
from stallwatch.dynamodb.evaluations import DynamoEvaluationStore
from stallwatch.dynamodb.outbox import DynamoOutbox
from stallwatch.dynamodb.table import STACK, Table, order_id_of
from stallwatch.messages.compose import Message, compose
from stallwatch.messages.translations import Translations

logger = configure(Logger())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evaluate what the records name; report the records whose orders could not be."""
    settings = Settings.of_environment()
    run = _Run(settings, LambdaClock(context, settings.clock_shift))
    if event.get("redrive"):
        return run.redrive()
    if "digest" in event:
        run.make_digest(event["digest"])
        return asdict(run.send())
    numbers: dict[str, str] = {}
    for record in event["Records"]:
        change = record["dynamodb"]
        numbers.setdefault(change["Keys"]["pk"]["S"], change["SequenceNumber"])
    failed = run.evaluate(numbers)
    run.send()
    return {"batchItemFailures": [{"itemIdentifier": numbers[pk]} for pk in failed]}


@dataclass(slots=True)
class _Run:
    settings: Settings
    clock: LambdaClock
    table: Table = field(init=False)
    fresh: list[AlertRef] = field(default_factory=list)
    first_checked: set[str] = field(default_factory=set)
    """The orders whose first check has ended: what waited for that may go out."""
    woken: bool = False
    failures: int = 0

    def __post_init__(self) -> None:
        self.table = Table(clients.dynamodb(), self.settings.table_name)

    def evaluate(self, partitions: Iterable[str]) -> list[str]:
        """Evaluate what some partitions hold; returns those that could not be."""
        evaluation = Evaluation(
            store=DynamoEvaluationStore(self.table),
            schedule=self.settings.schedule,
            thresholds=self.settings.thresholds,
            second_source=self.settings.second_source,
            answers_come_late=self.settings.first_profile.answers_late,
        )
        failed = []
        for pk in partitions:
            try:
                if pk == STACK:
                    evaluation.evaluate_source(self.settings.first_source, self.clock.now())
                    self.woken = True
                else:
                    self.fresh += evaluation.evaluate(order_id_of(pk), self.clock.now())
            except Exception:  # one order that cannot be evaluated must not keep the others waiting
                logger.exception("not evaluated", extra={"order_id": order_id_of(pk)})
                failed.append(pk)
        self.failures += len(failed)
        self.first_checked |= evaluation.first_checked
        try:
            evaluation.write_counts()
        except StallwatchError:
            logger.exception("not counted")
        return failed

    def make_digest(self, scheduled_at: str) -> None:
        """Raise the digest of an instant, where that was not done.

        Raises:
            ValueError: that is no instant.
        """
        # Once a day at the most: no other start pays for it.
        from stallwatch.alerting.digest import DigestRun  # noqa: PLC0415
        from stallwatch.dynamodb.digests import DynamoDigestStore  # noqa: PLC0415
        from stallwatch.dynamodb.orders import DynamoOrderStore  # noqa: PLC0415
        from stallwatch.orders.view import OrderViewer  # noqa: PLC0415

        orders, settings = DynamoOrderStore(self.table), self.settings
        digests = DigestRun(
            orders=orders,
            viewer=OrderViewer(
                orders, settings.schedule, settings.thresholds, settings.second_source
            ),
            store=DynamoDigestStore(self.table),
        )
        raised = digests.run(scheduled_at, self.clock.now())
        self.fresh += [] if raised is None else [raised]
        # A digest that an earlier run raised may not have gone out.
        self.woken = True

    def make_digest_again(self, scheduled_at: str) -> bool:
        """Make a digest that was given up on. False where it failed again."""
        try:
            self.make_digest(scheduled_at)
        except StallwatchError:
            logger.exception("no digest")
            return False
        return True

    def send(self) -> SendReport:
        """Send what is pending, where something was raised or it was asked for."""
        report = SendReport()
        try:
            if self.fresh or self.woken or self.first_checked:
                sending = OutboxDispatcher(
                    outbox=DynamoOutbox(self.table),
                    notifier=ComposingNotifier(
                        self._compose,
                        SnsPublisher(
                            clients.sns_once(),
                            self.settings.topic_arn,
                            self.settings.translated_topic_arn,
                            clients.publishing_connections(),
                        ),
                    ),
                    clock=self.clock,
                    owner=uuid4().hex,
                    quiet_hours=self.settings.quiet_hours,
                    groups=True,
                )
                report = sending.send(self.fresh, self.first_checked)
                logger.info("sending", extra=asdict(report))
        except StallwatchError:
            # What is pending stays so, and the next tick wakes the sending.
            logger.exception("not sent")
        metrics.publish(
            NotEvaluated=self.failures,
            AlertsSent=report.alerts,
            AlertsRefused=report.refused,
        )
        return report

    def _compose(self, notification: Notification, language: str | None) -> Message:
        """The texts of a notification; no language: the stack's."""
        translations = Translations(language or self.settings.language)
        return compose(notification, self.settings.page_url, translations)

    def redrive(self) -> dict[str, int]:
        """Evaluate again what was given up on, and send what comes of it."""
        # Only who asks for it pays for it.
        from stallwatch.aws.dead_letters import DeadLetters, Stream  # noqa: PLC0415
        from stallwatch.aws.redrive import evaluate_again  # noqa: PLC0415

        report = evaluate_again(
            DeadLetters(clients.queues(), self.settings.dead_letters_url),
            Stream(clients.streams()),
            watched=DynamoEvaluationStore(self.table).watched,
            evaluate=lambda partitions: not self.evaluate(partitions),
            make_digest=self.make_digest_again,
            has_time=lambda: self.clock.remaining() > 2 * LAST_MESSAGE,
        )
        self.send()
        logger.info("redrive", extra=report.as_dict())
        return report.as_dict()
