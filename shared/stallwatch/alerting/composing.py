"""Composing notifier: turns a notification into its texts and publishes them.

The texts are made by a function that is passed in, so that neither the outbox dispatcher nor the
topic's adapter knows how a message reads.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stallwatch.alerting.ports import ComposedMessage, Outcome, Publisher
from stallwatch.domain.alerts import Notification


@dataclass(frozen=True, slots=True)
class ComposingNotifier:
    """A notifier made of a composer and a publisher.

    Args:
        compose: Makes the message of a notification in a language; None: the stack's.
        publisher: Publishes it.
    """

    compose: Callable[[Notification, str | None], ComposedMessage]
    publisher: Publisher

    def publish(self, notification: Notification, language: str | None) -> Outcome:
        """Publish one message, once, without trying again.

        Args:
            notification: The alerts of the message, with their orders.
            language: None for the stack's.
        """
        return self.publisher.publish(self.compose(notification, language), language)
