"""The traces: what the sources have said of each order's number, and when they were asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.items import (
    second_of_item,
    second_to_attributes,
    trace_of_item,
    trace_to_item,
)
from stallwatch.dynamodb.table import TRACE, TableStore, order_pk
from stallwatch.polling.state import Silence, WatchRow
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.source import TrackingResult
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import SecondRecord, absorb

_MERGE_TRIES = 5


class DynamoTraceStore(TableStore):
    """The traces as the poll writes them: only while they are of the number that was asked."""

    __slots__ = ()

    def add_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime, added: int
    ) -> bool:
        """Write an answer that only adds events to the one the row stands for.

        Returns:
            False where the trace is no longer what the row stands for.
        """
        values: dict[str, Any] = {
            ":number": wire.value(row.number or ""),
            ":events": wire.value(pack_answer(answer, source)),
            ":new": wire.value(fingerprint(answer)),
            ":now": wire.value(now),
        }
        sets = ["events = :events", "fingerprint = :new", "answered_at = :now", "asked_at = :now"]
        condition = "#number = :number AND "
        if row.fingerprint is None:
            condition += "attribute_not_exists(fingerprint)"
        else:
            condition += "fingerprint = :known"
            values[":known"] = wire.value(row.fingerprint)
        if added or row.fingerprint is None:
            values[":seen"] = {"L": [wire.value(now), wire.value(added)]}
            # The first answer may come twice: an acknowledgement may have been lost.
            if row.fingerprint is None:
                sets.append("seen = :seen")
            else:
                values[":none"] = {"L": []}
                sets.append("seen = list_append(if_not_exists(seen, :none), :seen)")
        try:
            self.table.update(
                order_pk(row.order_id),
                TRACE,
                f"SET {', '.join(sets)} REMOVE silent_since, unanswered",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError:
            return False
        return True

    def merge_answer(
        self, row: WatchRow, answer: TrackingResult, source: str, now: datetime
    ) -> bool:
        """Read the trace, merge an answer into it and write it. False where it said nothing new."""
        for _ in range(_MERGE_TRIES):
            item = self.table.get(order_pk(row.order_id), TRACE)
            if item is None or wire.text(item, "number") != row.number:
                return False
            record = trace_of_item(item)
            merged = absorb(record, answer, source, now)
            condition = "fingerprint = :known AND born = :born"
            values = {":born": item["born"]}
            if record.fingerprint is None:
                condition = "attribute_not_exists(fingerprint) AND born = :born"
            else:
                values[":known"] = wire.value(record.fingerprint)
            try:
                self.table.put(
                    {
                        **trace_to_item(row.order_id, item["born"]["S"], merged),
                        "touched_at": wire.value(now),
                    },
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
            except ConditionFailedError:
                continue
            return merged.fingerprint != record.fingerprint
        return False

    def touch_answered(self, row: WatchRow, now: datetime) -> None:
        """Have the evaluation look again, with a valid answer that says nothing new.

        It ends a silence that was written down.
        """
        self._touch(row, "answered_at = :now, asked_at = :now REMOVE silent_since", now)

    def touch_unanswered(
        self,
        row: WatchRow,
        now: datetime,
        *,
        asked: bool,
        answered_at: datetime | None = None,
        silent: Silence | None = None,
    ) -> None:
        """Have the evaluation look again without an answer."""
        sets = ["asked_at = :now"] if asked else []
        values: dict[str, Any] = {}
        if silent is not None:
            sets += ["silent_since = :since", "unanswered = :too_long"]
            values = {":since": wire.value(silent.since), ":too_long": wire.value(silent.too_long)}
        if answered_at is not None and self._touch(
            row,
            ", ".join([*sets, "answered_at = :answered"]),
            now,
            condition="answered_at < :answered",
            values={**values, ":answered": wire.value(answered_at)},
        ):
            return
        self._touch(row, ", ".join(sets), now, values=values)

    def _touch(
        self,
        row: WatchRow,
        sets: str,
        now: datetime,
        *,
        condition: str = "attribute_exists(pk)",
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change a trace so that the stream tells of it, though nothing in it is new."""
        names = {}
        values = {
            ":now": wire.value(now),
            ":touched": wire.value(now.isoformat()),
            **(values or {}),
        }
        if row.number is not None and not row.gone:
            names = {"ExpressionAttributeNames": {"#number": "number"}}
            condition += " AND #number = :number"
            values[":number"] = wire.value(row.number)
        if ":now" not in sets:
            del values[":now"]
        try:
            self.table.update(
                order_pk(row.order_id),
                TRACE,
                f"SET touched_at = :touched{', ' if sets else ''}{sets}",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **names,
            )
        except ConditionFailedError:
            return False
        return True

    def silent_since(self, order_id: str) -> datetime | None:
        """Since when a number gets no answer, where its trace says so."""
        item = self.table.get(order_pk(order_id), TRACE, consistent=False)
        return None if item is None else wire.instant(item, "silent_since")

    # The second source.

    def second(self, row: WatchRow) -> SecondRecord | None:
        """What the second source said about a row's number; None where it is another by now."""
        item = self.table.get(order_pk(row.order_id), TRACE)
        if item is None or wire.text(item, "number") != row.number:
            return None
        return second_of_item(item)

    def keep_second(self, row: WatchRow, record: SecondRecord) -> None:
        """Write what the second source said, unless the number is another by now."""
        attributes = second_to_attributes(record)
        present = wire.attributes(attributes)
        sets = ", ".join(f"{name} = :{name}" for name in present)
        removes = ", ".join(attributes.keys() - present.keys())
        try:
            self.table.update(
                order_pk(row.order_id),
                TRACE,
                f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
                ConditionExpression="#number = :number",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":number": wire.value(row.number or ""),
                    **{f":{name}": value for name, value in present.items()},
                },
            )
        except ConditionFailedError:
            return

    # The credits.
