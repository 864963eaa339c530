"""rules.reminders."""

from datetime import datetime

from stallwatch.domain.orders import Action
from stallwatch.rules.decision import Countdown
from stallwatch.rules.journey import stamp


def _word(action: Action) -> str:
    """What tells a word of the buyer's from others of its kind."""
    return stamp(action.at)


def _countdown(
    reason: str, action: Action, wait: int, ends_at: datetime | None, reached: datetime | None
) -> Countdown:
    is_over = reached is not None and ends_at is not None and reached >= ends_at
    return Countdown(reason, _word(action), action.done_at, wait, ends_at, is_over)
