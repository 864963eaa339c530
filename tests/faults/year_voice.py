"""One voice over a year: what messages ask and what the page shows are one thing.

For each order, whenever a message goes out and now and then besides:

- what the message asks is the order's advice at that instant;
- the key dates that are shown are those of the reference model: none that cannot come;
- no two messages ask the same within a day, but those raised together, and unless the buyer has
  said or changed something in between; another attempt or flagged update may be told of after the
  rules' 20 hours. A message that tells of something else while a deadline's advice holds (a parcel
  at the pickup point, say) carries that advice without being the one that asks;
- where a message asks for something, the page does not say that there is nothing to do.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from tests.faults.year_record import Accepted, Message, Shown
from tests.reference.evaluate import ADVICE
from tests.reference.model import Evaluation

DAY = timedelta(days=1)
ASKING = frozenset(ADVICE) - {"delivered"}
"""The kinds of alert that ask the buyer to do something."""

AGAIN_AFTER = timedelta(hours=19)
"""The rules call for a message about another attempt or flagged update once its answer is 20 hours
later than the last message's, though it asks the same; the message goes out within the hour."""

AS_GIVEN = frozenset({"protection_ends_on"})
"""What the API answers as the buyer gave it, also when it is no key date any more."""

MAY_BE_HIDDEN = frozenset({"dispute_until"})
"""The text does not say when it ends: with its day, and while another date speaks after
`not_received`, the page does not show it."""

Decided = Callable[[datetime], Evaluation | None]
"""What the reference model decides of the order at an instant."""


class Voice:
    """Listens to what one order is told.

    Args:
        order_id: The order.
        accepted: What the buyer said and changed of it.
        messages: All that went out about it.
    """

    def __init__(
        self, order_id: str, accepted: Sequence[Accepted], messages: Sequence[Message]
    ) -> None:
        self.order_id = order_id
        self.wrong: list[str] = []
        self.compared = 0
        self._said_at = [a.at for a in accepted]
        self._last_of_run: dict[int, Message] = {message.run: message for message in messages}
        self._asked: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)

    def hear(self, message: Message, index: int) -> None:
        """Hear what a message asks about the order, beside what is shown of it then."""
        # The advice at the instant of the evaluation: days are counted from its day.
        pages = message.shown_when_raised or message.shown
        asked, shown = message.asked[index], pages[index]
        at, kind = message.at, message.kind
        if shown is None:
            return
        self.compared += 1
        if asked != shown.advice:
            self._is_wrong(at, f"{kind} asks {asked!r}, the page {shown.advice!r}")
        if kind in ASKING and shown.pressing is None:
            self._is_wrong(at, f"{kind} asks {asked!r}, and the page for nothing")
        if shown.pressing != kind:
            return
        for before, run, what in self._asked[asked]:
            together = run == message.run
            spoken = any(before <= said <= at for said in self._said_at)
            if at - before < self._pause(message, index) and not together and not spoken:
                self._is_wrong(at, f"{kind} asks what {what} asked at {before:%m-%d %H:%M}")
        self._asked[asked].append((at, message.run, kind))

    def _pause(self, message: Message, index: int) -> timedelta:
        """How long the same may not be asked again."""
        _, reason = message.orders[index]
        is_event = message.kind == "action_needed" and reason != "ready_for_pickup"
        return AGAIN_AFTER if is_event else DAY

    def compare_last(self, message: Message, index: int, decided: Decided) -> None:
        """Compare the dates with the model's, once all that was raised together has gone out."""
        shown = message.shown[index]
        if shown is not None and self._last_of_run[message.run] is message:
            self.compare(shown, decided)

    def compare(self, shown: Shown, decided: Decided) -> None:
        """Compare what is shown with what the model shows."""
        evaluation = decided(shown.at)
        if evaluation is None or evaluation.due:
            return  # What is due and not sent yet is judged elsewhere.
        self.compared += 1
        for name, right in asdict(evaluation.dates).items():
            day = shown.dates[name]
            may_be_hidden = day is None and name in MAY_BE_HIDDEN
            if name not in AS_GIVEN and day != right and not may_be_hidden:
                self._is_wrong(shown.at, f"{name} is {day}, not {right}")
        for name in ("state", "stage"):
            given, right = getattr(shown, name), getattr(evaluation, name)
            if given != right:
                self._is_wrong(shown.at, f"{name} is {given}, not {right}")

    def _is_wrong(self, at: datetime, what: str) -> None:
        self.wrong.append(f"{at:%Y-%m-%d %H:%M} {self.order_id}: {what}")
