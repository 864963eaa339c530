"""How far the mailbox was read: one item under the stack."""

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.table import STACK, TableStore, key
from stallwatch.dynamodb.wire import Item
from stallwatch.mailbox.ports import Bookmark

MAILBOX = "MAILBOX"

_COUNTS = ("mails", "aliexpress", "added", "filled", "unplaced")


class DynamoBookmarkStore(TableStore):
    """The bookmark of the mailbox. It holds nothing of a mail but the shapes of subjects."""

    __slots__ = ()

    def read(self) -> Bookmark:
        """The bookmark; an empty one where the mailbox was never read."""
        return _bookmark_of(self.table.get(STACK, MAILBOX) or {})

    def move(self, before: Bookmark, after: Bookmark) -> bool:
        """Move it, in one write. False where it no longer stands where `before` says."""
        try:
            self.table.put(
                _item_of(after),
                ConditionExpression=(
                    "attribute_not_exists(pk) OR (uid_validity = :validity AND last_uid = :uid)"
                ),
                ExpressionAttributeValues=wire.attributes(
                    {":validity": before.uid_validity, ":uid": before.last_uid}
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailedError as refusal:
            # A write whose acknowledgement was lost is tried again, and meets itself.
            return _bookmark_of(dict(refusal.item or {})) == after
        return True


def _item_of(bookmark: Bookmark) -> Item:
    return wire.attributes(
        {
            **key(STACK, MAILBOX),
            "uid_validity": bookmark.uid_validity,
            "last_uid": bookmark.last_uid,
            "read_at": bookmark.read_at,
            **{name: getattr(bookmark, name) for name in _COUNTS},
            "shapes": {"L": [wire.value(shape) for shape in bookmark.shapes]},
        }
    )


def _bookmark_of(item: Item) -> Bookmark:
    return Bookmark(
        uid_validity=wire.number(item, "uid_validity") or 0,
        last_uid=wire.number(item, "last_uid") or 0,
        read_at=wire.instant(item, "read_at"),
        **{name: wire.number(item, name) or 0 for name in _COUNTS},
        shapes=tuple(shape["S"] for shape in item.get("shapes", {"L": []})["L"]),
    )
