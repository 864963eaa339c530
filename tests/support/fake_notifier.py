"""A fake of the port that publishes notifications."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stallwatch.alerting.ports import Outcome
from stallwatch.domain.alerts import Notification


@dataclass
class FakeNotifier:
    """A topic with which every message ends as told; after that all are sent."""

    outcomes: deque[Outcome] = field(default_factory=deque)
    notifications: list[Notification] = field(default_factory=list)
    """What was published, whatever came of it."""
    languages: list[str | None] = field(default_factory=list)
    """In which language each of them was."""
    journal: list[str] | None = None
    before: Callable[[Notification], None] | None = None
    """What happens just before a message goes out."""

    def publish(self, notification: Notification, language: str | None) -> Outcome:
        if self.before is not None:
            self.before(notification)
        if self.journal is not None:
            self.journal.append("publish")
        self.notifications.append(notification)
        self.languages.append(language)
        return self.outcomes.popleft() if self.outcomes else Outcome.SENT

    @property
    def order_ids(self) -> list[list[str]]:
        return [
            [member.order_id for member, _, _ in notification.members]
            for notification in self.notifications
        ]
