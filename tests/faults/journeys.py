"""What a simulated source knows of a number, and what it answers."""

from dataclasses import dataclass
from datetime import datetime

from stallwatch.tracking.source import Event, TrackingResult


@dataclass
class Journey:
    """What the source knows of a number, and from when on."""

    events: tuple[tuple[datetime, datetime, str], ...] = ()
    """From when on it is shown, when it was, and its code."""
    statuses: tuple[tuple[datetime, bool], ...] = ()
    """From when on the coarse status says that it was delivered, or that it was not."""

    def answer(self, number: str, now: datetime) -> TrackingResult:
        """What the source says of the number at an instant."""
        events = tuple(
            sorted(
                Event(
                    at=at,
                    wall=at.strftime("%Y-%m-%d %H:%M:%S"),
                    zone="GMT+0",
                    code=code,
                    text=code,
                )
                for shown, at, code in self.events
                if shown <= now
            )
        )
        told = [delivered for since, delivered in self.statuses if since <= now]
        return TrackingResult(
            number, known=True, events=events, delivered=told[-1] if told else None
        )
