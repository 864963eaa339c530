"""What a claim file is made of beside its order, and the links that open one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zlib import compress, decompress

from stallwatch.claims.service import Link
from stallwatch.domain.errors import ConflictError, TransactionRefusedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.run_log import DynamoRunLog
from stallwatch.dynamodb.table import FILE, LINK, ORDER, key, link_pk, order_pk
from stallwatch.dynamodb.wire import Item


class DynamoClaimStore(DynamoRunLog):
    """The run records, and the links with the files that they open."""

    __slots__ = ()

    def links(self, order_id: str, incarnation: str) -> Sequence[Link]:
        """The links of an order, ended ones too, as long as they are kept."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :link)",
            ExpressionAttributeValues={
                ":pk": wire.value(order_pk(order_id)),
                ":link": wire.value(LINK),
            },
            ConsistentRead=True,
        )
        return [_link(item) for item in items if wire.text(item, "born") == incarnation]

    def keep(
        self, order_id: str, incarnation: str, link: Link, token_hash: str, file: bytes
    ) -> bool:
        """Keep a link and the file that it opens, and note the link with its order.

        False where the order is no longer the one with that `incarnation`.

        Raises:
            ConflictError: another write was in the way.
        """
        ends = {"ends": wire.value(link.ends_at), "expires": wire.value(link.ends_at)}
        noted = {
            **key(order_pk(order_id), LINK + link.id),
            "born": wire.value(incarnation),
            "token_hash": wire.value(token_hash),
            "made_at": wire.value(link.made_at),
            **ends,
        }
        kept = {
            **key(link_pk(token_hash), FILE),
            "order_id": wire.value(order_id),
            "born": wire.value(incarnation),
            "file": wire.value(compress(file, 9)),
            **ends,
        }
        try:
            self.table.transact(
                [
                    {
                        "ConditionCheck": {
                            "Key": key(order_pk(order_id), ORDER),
                            "ConditionExpression": "born = :born",
                            "ExpressionAttributeValues": {":born": wire.value(incarnation)},
                        }
                    },
                    {"Put": {"Item": noted}},
                    {"Put": {"Item": kept}},
                ]
            )
        except TransactionRefusedError as refusal:
            if refusal.reasons[0] == "ConditionalCheckFailed":
                return False
            raise ConflictError(order_id) from refusal
        return True

    def drop(self, order_id: str, incarnation: str, link_id: str) -> bool:
        """Drop a link and its file. False where there is none."""
        noted = self.table.get(order_pk(order_id), LINK + link_id)
        if noted is None or wire.text(noted, "born") != incarnation:
            return False
        self.table.delete(link_pk(noted["token_hash"]["S"]), FILE)
        self.table.delete(order_pk(order_id), LINK + link_id)
        return True

    def file(self, token_hash: str, now: datetime) -> bytes | None:
        """What a link opens; None where it has ended, or its order is not the one any more."""
        kept = self.table.get(link_pk(token_hash), FILE)
        if kept is None or (wire.instant(kept, "ends") or now) <= now:
            return None
        order = self.table.get(order_pk(kept["order_id"]["S"]), ORDER)
        if order is None or order["born"] != kept["born"]:
            return None
        return decompress(wire.binary(kept, "file") or b"")


def _link(item: Item) -> Link:
    since = datetime.fromtimestamp(0, UTC)
    return Link(
        id=item["sk"]["S"].removeprefix(LINK),
        made_at=wire.instant(item, "made_at") or since,
        ends_at=wire.instant(item, "ends") or since,
    )
