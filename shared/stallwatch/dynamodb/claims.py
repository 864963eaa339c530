"""What a claim file is made of beside its order, and the links that open one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zlib import compress, decompress

from stallwatch.claims.service import Link
from stallwatch.domain.errors import ConflictError, TransactionRefusedError
from stallwatch.dynamodb.polling import run_of_item
from stallwatch.dynamodb.table import (
    FILE,
    LINK,
    ORDER,
    Item,
    Table,
    binary,
    bytes_of,
    instant_of,
    key,
    link_pk,
    order_pk,
    seconds,
    string,
    text_of,
)
from stallwatch.tracking.run_log import RunRecord

_MOST_RUNS = 400
"""How many run records of a turn are read: one a day, for as long as they are kept."""


@dataclass(frozen=True, slots=True)
class DynamoClaimStore:
    """The run records, and the links with the files that they open."""

    table: Table

    def runs_since(self, turn: str, since: datetime) -> Sequence[RunRecord]:
        """The run records of a turn from an instant on, newest first."""
        items = self.table.query(
            KeyConditionExpression="pk = :turn AND sk >= :since",
            ExpressionAttributeValues={
                ":turn": string(f"TURN#{turn}"),
                ":since": string(f"RUN#{since:%Y-%m-%dT%H:%M:%SZ}"),
            },
            ScanIndexForward=False,
            Limit=_MOST_RUNS,
        )
        return [run_of_item(item) for item in islice(items, _MOST_RUNS)]

    def links(self, order_id: str, incarnation: str) -> Sequence[Link]:
        """The links of an order, ended ones too, as long as they are kept."""
        items = self.table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :link)",
            ExpressionAttributeValues={":pk": string(order_pk(order_id)), ":link": string(LINK)},
            ConsistentRead=True,
        )
        return [_link(item) for item in items if text_of(item, "born") == incarnation]

    def keep(
        self, order_id: str, incarnation: str, link: Link, token_hash: str, file: bytes
    ) -> bool:
        """Keep a link and the file that it opens, and note the link with its order.

        False where the order is no longer the one with that `incarnation`.

        Raises:
            ConflictError: another write was in the way.
        """
        ends = {"ends": seconds(link.ends_at), "expires": seconds(link.ends_at)}
        noted = {
            **key(order_pk(order_id), LINK + link.id),
            "born": string(incarnation),
            "token_hash": string(token_hash),
            "made_at": seconds(link.made_at),
            **ends,
        }
        kept = {
            **key(link_pk(token_hash), FILE),
            "order_id": string(order_id),
            "born": string(incarnation),
            "file": binary(compress(file, 9)),
            **ends,
        }
        try:
            self.table.transact(
                [
                    {
                        "ConditionCheck": {
                            "Key": key(order_pk(order_id), ORDER),
                            "ConditionExpression": "born = :born",
                            "ExpressionAttributeValues": {":born": string(incarnation)},
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
        if noted is None or text_of(noted, "born") != incarnation:
            return False
        self.table.delete(link_pk(noted["token_hash"]["S"]), FILE)
        self.table.delete(order_pk(order_id), LINK + link_id)
        return True

    def file(self, token_hash: str, now: datetime) -> bytes | None:
        """What a link opens; None where it has ended, or its order is not the one any more."""
        kept = self.table.get(link_pk(token_hash), FILE)
        if kept is None or (instant_of(kept, "ends") or now) <= now:
            return None
        order = self.table.get(order_pk(kept["order_id"]["S"]), ORDER)
        if order is None or order["born"] != kept["born"]:
            return None
        return decompress(bytes_of(kept, "file") or b"")


def _link(item: Item) -> Link:
    since = datetime.fromtimestamp(0, UTC)
    return Link(
        id=item["sk"]["S"].removeprefix(LINK),
        made_at=instant_of(item, "made_at") or since,
        ends_at=instant_of(item, "ends") or since,
    )
