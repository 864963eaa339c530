"""The addresses of the calendar: what is kept of each token is its SHA-256."""

from collections.abc import Sequence
from datetime import UTC, datetime

from stallwatch.calendar.service import CalendarLink
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, TableStore, key
from stallwatch.dynamodb.wire import Item

_PREFIX = "CALENDAR#"


class DynamoCalendarStore(TableStore):
    """The addresses, under the stack's key: there are few, and one query reads them all."""

    __slots__ = ()

    def links(self) -> Sequence[CalendarLink]:
        """Those that live."""
        return [
            CalendarLink(
                id=item["sk"]["S"].removeprefix(_PREFIX),
                made_at=wire.instant(item, "made_at") or datetime.fromtimestamp(0, UTC),
            )
            for item in self._items()
        ]

    def keep(self, link: CalendarLink, token_hash: str) -> None:
        """Keep one."""
        self.table.put(
            wire.attributes(
                {
                    **key(STACK, _PREFIX + link.id),
                    "token_hash": token_hash,
                    "made_at": link.made_at,
                }
            )
        )

    def drop(self, link_id: str) -> bool:
        """Drop one. False where there is none."""
        if self.table.get(STACK, _PREFIX + link_id) is None:
            return False
        self.table.delete(STACK, _PREFIX + link_id)
        return True

    def knows(self, token_hash: str) -> bool:
        """Whether a token is one of those that live."""
        return any(wire.text(item, "token_hash") == token_hash for item in self._items())

    def _items(self) -> list[Item]:
        return list(
            self.table.query(
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=wire.attributes({":pk": STACK, ":prefix": _PREFIX}),
                ConsistentRead=True,
            )
        )
