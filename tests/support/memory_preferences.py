"""What is kept of the subscribers, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stallwatch.alerting.subscribers import TEST_PAUSE, Preference
from tests.support.builders import NOON


@dataclass
class MemoryPreferences:
    """The languages and kinds that subscribers have chosen, and when a test was sent."""

    kept: dict[str, Preference] = field(default_factory=dict)
    tested_at: datetime = NOON - timedelta(days=1)

    def preferences(self) -> Mapping[str, Preference]:
        return dict(self.kept)

    def keep(self, subscription_id: str, preference: Preference, now: datetime) -> None:  # noqa: ARG002
        self.kept[subscription_id] = preference

    def drop(self, subscription_id: str) -> None:
        self.kept.pop(subscription_id, None)

    def claim_test(self, now: datetime) -> datetime | None:
        again_at = self.tested_at + TEST_PAUSE
        if now < again_at:
            return again_at
        self.tested_at = now
        return None
