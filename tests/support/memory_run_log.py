"""The run records and the sources in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stallwatch.polling.registration import Credits
from stallwatch.polling.state import Progress
from stallwatch.tracking.circuit_breaker import CircuitBreaker
from stallwatch.tracking.run_log import RunRecord
from tests.support.memory_table import MemoryTable


@dataclass
class MemoryRunLog(MemoryTable):
    """When each turn was served, and what is known of each source."""

    def save_run(self, turn: str, run: RunRecord) -> None:
        self.write("save_run")
        self.run_records.setdefault(turn, {})[run.at.replace(microsecond=0)] = run

    def silent_of(self, turn: str) -> Mapping[str, datetime]:
        return next((run.silent for run in self.runs(turn) if run.answered), {})

    def runs(self, turn: str) -> Sequence[RunRecord]:
        records = self.run_records.get(turn, {})
        return [records[at] for at in sorted(records, reverse=True)]

    def progress(self) -> Progress:
        return self.progress_kept

    def health(self, source: str) -> CircuitBreaker:
        return self.healths.get(source, CircuitBreaker())

    def credits(self, source: str) -> Credits:
        return self.credit_books.get(source, Credits())
