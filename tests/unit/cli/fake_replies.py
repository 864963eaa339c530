"""What the fake API is asked, and what it answers."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass
class Reply:
    """What is answered."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


CUT = Reply(0)
"""The connection ends before an answer has come."""


class Refusal(Exception):  # noqa: N818
    """A refusal of a request."""

    def __init__(self, status: int, message: str, **errors: str) -> None:
        super().__init__(message)
        body: dict[str, Any] = {"message": message}
        if errors:
            body["errors"] = [{"field": name, "reason": why} for name, why in errors.items()]
        self.reply = Reply(status, body)
