"""A figure, and the check that what was measured did what it was measured for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figure:
    """One line of the table."""

    key: str
    name: str
    unit: str
    ours: float
    bar: float | None = None
    more_is_better: bool = False
    plain: float | None = None
    client: float | None = None
    note: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    """What it is made of, where that is worth knowing."""

    @property
    def met(self) -> bool:
        """Whether the bar is met; without one it is."""
        return self.share_of_bar <= 1

    @property
    def share_of_bar(self) -> float:
        """How much of its bar it takes: up to 1 where it is met."""
        if self.bar is None:
            return 0.0
        return self.bar / self.ours if self.more_is_better else self.ours / self.bar

    @property
    def ratio(self) -> float | None:
        """How many times better than the plain way."""
        if self.plain is None:
            return None
        return self.ours / self.plain if self.more_is_better else self.plain / self.ours


def expect(report: Mapping[str, Any], **wanted: int) -> None:
    """Raise where a run did not do what it is measured for."""
    found = {name: report[name] for name in wanted}
    if found != wanted:
        raise RuntimeError(f"{report} is not {wanted}")
