"""The notifier of the product over a client of SNS, as the evaluation puts it together."""

from typing import Any

from stallwatch.alerting.composing import ComposingNotifier
from stallwatch.aws.clients import Connections
from stallwatch.aws.sns import SnsPublisher
from stallwatch.messages.compose import compose
from stallwatch.messages.translations import Translations


def sns_notifier(
    client: Any,
    arn: str,
    translated_arn: str,
    page_url: str,
    language: str,
    connections: Connections | None = None,
) -> ComposingNotifier:
    """Composes in a stack's language and publishes on its topics."""
    return ComposingNotifier(
        lambda notification, other: compose(
            notification, page_url, Translations(other or language)
        ),
        SnsPublisher(client, arn, translated_arn, connections or Connections()),
    )
