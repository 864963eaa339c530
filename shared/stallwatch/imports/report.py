"""The answer to an import: each row with its outcome, and how many of each there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    FILLED = "filled"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One order, or one row that was rejected."""

    row: int
    """The first row that tells of the order."""
    outcome: Outcome
    order_id: str | None = None
    reason: str | None = None
    """Why it is rejected; otherwise what is worth knowing about it."""
    read: Mapping[str, object] | None = None
    """The order's fields as read, named as in the API."""
    rows: tuple[int, ...] = ()
    """All rows that tell of the order, where they are several."""

    def as_dict(self) -> dict[str, object]:
        """The row as the API answers it: what is not known is left out."""
        shown: dict[str, object] = {"row": self.row, "outcome": self.outcome.value}
        if self.order_id is not None:
            shown["order_id"] = self.order_id
        if self.reason:
            shown["reason"] = self.reason
        if self.read is not None:
            shown["read"] = dict(self.read)
        if len(self.rows) > 1:
            shown["rows"] = list(self.rows)
        return shown


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The answer to an import."""

    format: str
    rows: Sequence[ReportRow]

    def as_dict(self) -> dict[str, object]:
        """The report as the API answers it."""
        counts = Counter(row.outcome for row in self.rows)
        return {
            **{outcome.value: counts[outcome] for outcome in Outcome},
            "format": self.format,
            "rows": [row.as_dict() for row in self.rows],
        }
