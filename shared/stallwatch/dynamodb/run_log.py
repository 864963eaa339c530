"""The run records: when each turn of the day was served, and which numbers got no answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from stallwatch.dynamodb import wire
from stallwatch.dynamodb.progress import run_of_item, run_sk, run_to_item
from stallwatch.dynamodb.table import TableStore, turn_pk
from stallwatch.tracking.run_log import RunRecord

_IN_SIGHT = 8
"""How many runs are read at once: almost always the first of them was answered."""

_MOST_RUNS = 400
"""How many run records of a turn are read: one a day, for as long as they are kept."""


class DynamoRunLog(TableStore):
    """The run records."""

    __slots__ = ()

    def save_run(self, turn: str, run: RunRecord) -> None:
        """Keep the record of a run."""
        self.table.put(run_to_item(turn, run))

    def silent_of(self, turn: str) -> Mapping[str, datetime]:
        """The silent orders of a turn's last run that was answered, by short name."""
        items = self.table.query(**_newest_first(turn))
        answered = (run for run in map(run_of_item, items) if run.answered)
        return next((run.silent for run in answered), {})

    def runs(self, turn: str) -> Sequence[RunRecord]:
        """The last runs of a turn, newest first."""
        return [run_of_item(item) for item in next(self.table.pages(**_newest_first(turn)))]

    def runs_since(self, turn: str, since: datetime) -> Sequence[RunRecord]:
        """The run records of a turn from an instant on, newest first."""
        items = self.table.query(
            KeyConditionExpression="pk = :turn AND sk >= :since",
            ExpressionAttributeValues=wire.attributes(
                {":turn": turn_pk(turn), ":since": run_sk(since)}
            ),
            ScanIndexForward=False,
            Limit=_MOST_RUNS,
        )
        return [run_of_item(item) for item in islice(items, _MOST_RUNS)]


def _newest_first(turn: str) -> dict[str, object]:
    return {
        "KeyConditionExpression": "pk = :turn",
        "ExpressionAttributeValues": {":turn": wire.value(turn_pk(turn))},
        "ScanIndexForward": False,
        "Limit": _IN_SIGHT,
    }
