"""What the pull reads and writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from stallwatch.domain.clock import epoch_minutes, from_epoch_minutes
from stallwatch.domain.errors import ConditionFailedError
from stallwatch.dynamodb.items import (
    second_of_item,
    second_to_attributes,
    trace_of_item,
    trace_to_item,
)
from stallwatch.dynamodb.sources import credits_of_item
from stallwatch.dynamodb.table import (
    PULL,
    STACK,
    TRACE,
    WAKE,
    WATCH,
    Item,
    Table,
    binary,
    boolean,
    boolean_of,
    bytes_of,
    instant_of,
    key,
    number,
    number_of,
    order_id_of,
    order_pk,
    seconds,
    string,
    text_of,
    without_none,
)
from stallwatch.dynamodb.traces import _MERGE_TRIES
from stallwatch.polling.registration import Attempt, Credits
from stallwatch.polling.state import Cursor, Lease, Progress, Row, Silent
from stallwatch.tracking.circuit_breaker import CircuitBreaker, Outage
from stallwatch.tracking.fingerprint import fingerprint
from stallwatch.tracking.packing import pack, unpack
from stallwatch.tracking.run_log import LastRun, RunRecord
from stallwatch.tracking.schedule import Turn
from stallwatch.tracking.source import Quota, TrackingResult, Verdict
from stallwatch.tracking.trace_codec import pack_answer
from stallwatch.tracking.trace_record import SecondRecord, absorb

_ROWS_IN_A_PAGE = 1_000
"""A page holds a megabyte, of which twelve thousand rows take fifty in memory."""


KEPT_RUNS = timedelta(days=400)


_RUNS_IN_A_PAGE = 8
"""Almost always the first of them was answered."""


@dataclass(frozen=True, slots=True)
class DynamoPollStore:
    """The watch, the traces and the pull's own items."""

    table: Table

    # The lease.

    def lease(self) -> Lease:
        """The lease as it stands, without taking it."""
        return _lease(self.table.get(STACK, PULL) or {})

    def take_lease(self, owner: str, until: datetime, now: datetime) -> Lease | None:
        """Take the lease; None while another run holds it."""
        try:
            item = self.table.update(
                STACK,
                PULL,
                "SET #owner = :me, ends = :ends",
                # A lost acknowledgement is tried again: our own name is as good as none.
                ConditionExpression="attribute_not_exists(#owner) OR ends < :now OR #owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":me": string(owner),
                    ":ends": seconds(until),
                    ":now": seconds(now),
                },
                ReturnValues="ALL_NEW",
            )
        except ConditionFailedError:
            return None
        return _lease(item)

    def save_progress(self, owner: str, progress: Progress) -> bool:
        """Keep the progress; False where the lease is no longer the owner's."""
        call = _progress_update(progress)
        call["ExpressionAttributeValues"][":me"] = string(owner)
        try:
            self.table.update(STACK, PULL, ConditionExpression="#owner = :me", **call)
        except ConditionFailedError:
            return False
        return True

    def release_lease(self, owner: str, progress: Progress, wanted: int) -> int | None:
        """Give the lease back, unless a run was called for meanwhile.

        Returns:
            None when it was given back or lost, else how often a run has been called for.
        """
        call = _progress_update(progress, release=wanted)
        call["ExpressionAttributeValues"][":me"] = string(owner)
        try:
            self.table.update(
                STACK,
                PULL,
                ConditionExpression="#owner = :me"
                " AND (attribute_not_exists(wanted) OR wanted = :wanted)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **call,
            )
        except ConditionFailedError as refusal:
            if refusal.item is None or text_of(dict(refusal.item), "owner") != owner:
                return None
            return number_of(dict(refusal.item), "wanted")
        return None

    def abandon_lease(self, owner: str, asked_at: datetime | None) -> None:
        """Give the lease back with the progress as it was kept last, but for the last request."""
        values: Item = {":me": string(owner)}
        expression = "REMOVE #owner, ends"
        if asked_at is not None:
            values[":asked"] = _milliseconds(asked_at)
            expression = f"SET asked_at = :asked {expression}"
        try:
            self.table.update(
                STACK,
                PULL,
                expression,
                ConditionExpression="#owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError:
            return

    # The source's health.

    def health(self, source: str) -> CircuitBreaker:
        """The health of a source."""
        item = self.table.get(STACK, f"SOURCE#{source}")
        if item is None:
            return CircuitBreaker()
        return CircuitBreaker(
            verdict=Verdict(item["verdict"]["S"]),
            failures=int(item["failures"]["N"]),
            pause=timedelta(seconds=int(item["pause"]["N"])),
            open_until=instant_of(item, "open_until"),
            down_since=instant_of(item, "down_since"),
            missed_at=instant_of(item, "missed_at"),
            outages=tuple(
                Outage(*(datetime.fromtimestamp(int(at["N"]), UTC) for at in pair["L"]))
                for pair in item["outages"]["L"]
            ),
        )

    def save_health(self, source: str, health: CircuitBreaker) -> None:
        """Keep the health of a source."""
        item = {
            **key(STACK, f"SOURCE#{source}"),
            "verdict": string(health.verdict),
            "failures": number(health.failures),
            "pause": number(health.pause // timedelta(seconds=1)),
            "outages": {"L": [{"L": [seconds(o.since), seconds(o.until)]} for o in health.outages]},
        }
        if health.open_until is not None:
            item["open_until"] = seconds(health.open_until)
        if health.down_since is not None:
            item["down_since"] = seconds(health.down_since)
        if health.missed_at is not None:
            item["missed_at"] = seconds(health.missed_at)
        self.table.put(item)

    # The rows of the watch.

    def rows(self, slot: str, start: str = "") -> Iterator[Row]:
        """The orders in a slot, by id, from one on."""
        items = self.table.query(
            IndexName="watch",
            KeyConditionExpression="slot = :slot AND pk >= :start",
            ExpressionAttributeValues={":slot": string(slot), ":start": string(order_pk(start))},
            Limit=_ROWS_IN_A_PAGE,
        )
        return (_row(item, slot) for item in items)

    def row(self, order_id: str) -> Row | None:
        """One watched order, whatever its slot."""
        item = self.table.get(order_pk(order_id), WATCH)
        if item is None or "slot" not in item:
            return None
        return _row(item, item["slot"]["S"])

    def in_slot_since(self, order_id: str) -> datetime | None:
        """When an order came into its slot."""
        item = self.table.get(order_pk(order_id), WATCH, consistent=False)
        return None if item is None else instant_of(item, "in_slot_since")

    # The traces.

    def add_answer(
        self, row: Row, answer: TrackingResult, source: str, now: datetime, added: int
    ) -> bool:
        """Write an answer that only adds events to the one the row stands for.

        Returns:
            False where the trace is no longer what the row stands for.
        """
        values: dict[str, Any] = {
            ":number": string(row.number or ""),
            ":events": binary(pack_answer(answer, source)),
            ":new": binary(fingerprint(answer)),
            ":now": seconds(now),
        }
        sets = ["events = :events", "fingerprint = :new", "answered_at = :now", "asked_at = :now"]
        condition = "#number = :number AND "
        if row.fingerprint is None:
            condition += "attribute_not_exists(fingerprint)"
        else:
            condition += "fingerprint = :known"
            values[":known"] = binary(row.fingerprint)
        if added or row.fingerprint is None:
            values[":seen"] = {"L": [seconds(now), number(added)]}
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

    def merge_answer(self, row: Row, answer: TrackingResult, source: str, now: datetime) -> bool:
        """Read the trace, merge an answer into it and write it. False where it said nothing new."""
        for _ in range(_MERGE_TRIES):
            item = self.table.get(order_pk(row.order_id), TRACE)
            if item is None or text_of(item, "number") != row.number:
                return False
            record = trace_of_item(item)
            merged = absorb(record, answer, source, now)
            condition = "fingerprint = :known AND born = :born"
            values = {":born": item["born"]}
            if record.fingerprint is None:
                condition = "attribute_not_exists(fingerprint) AND born = :born"
            else:
                values[":known"] = binary(record.fingerprint)
            try:
                self.table.put(
                    {
                        **trace_to_item(row.order_id, item["born"]["S"], merged),
                        "touched_at": seconds(now),
                    },
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
            except ConditionFailedError:
                continue
            return merged.fingerprint != record.fingerprint
        return False

    def touch_answered(self, row: Row, now: datetime) -> None:
        """Have the evaluation look again, with a valid answer that says nothing new.

        It ends a silence that was written down.
        """
        self._touch(row, "answered_at = :now, asked_at = :now REMOVE silent_since", now)

    def touch_unanswered(
        self,
        row: Row,
        now: datetime,
        *,
        asked: bool,
        answered_at: datetime | None = None,
        silent: Silent | None = None,
    ) -> None:
        """Have the evaluation look again without an answer."""
        if answered_at is not None and self._touch(
            row,
            "answered_at = :answered",
            now,
            condition="answered_at < :answered",
            values={":answered": seconds(answered_at)},
        ):
            return
        sets = ["asked_at = :now"] if asked else []
        values: dict[str, Any] = {}
        if silent is not None:
            sets += ["silent_since = :since", "unanswered = :too_long"]
            values = {":since": seconds(silent.since), ":too_long": boolean(silent.too_long)}
        self._touch(row, ", ".join(sets), now, values=values)

    def _touch(
        self,
        row: Row,
        sets: str,
        now: datetime,
        *,
        condition: str = "attribute_exists(pk)",
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change a trace so that the stream tells of it, though nothing in it is new."""
        names = {}
        values = {":now": seconds(now), ":touched": string(now.isoformat()), **(values or {})}
        if row.number is not None and not row.gone:
            names = {"ExpressionAttributeNames": {"#number": "number"}}
            condition += " AND #number = :number"
            values[":number"] = string(row.number)
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
        return None if item is None else instant_of(item, "silent_since")

    # The second source.

    def second(self, row: Row) -> SecondRecord | None:
        """What the second source said about a row's number; None where it is another by now."""
        item = self.table.get(order_pk(row.order_id), TRACE)
        if item is None or text_of(item, "number") != row.number:
            return None
        return second_of_item(item)

    def keep_second(self, row: Row, record: SecondRecord) -> None:
        """Write what the second source said, unless the number is another by now."""
        attributes = second_to_attributes(record)
        said = without_none(attributes)
        sets = ", ".join(f"{name} = :{name}" for name in said)
        removes = ", ".join(attributes.keys() - said.keys())
        try:
            self.table.update(
                order_pk(row.order_id),
                TRACE,
                f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
                ConditionExpression="#number = :number",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":number": string(row.number or ""),
                    **{f":{name}": value for name, value in said.items()},
                },
            )
        except ConditionFailedError:
            return

    # The credits.

    def credits(self, source: str) -> Credits:
        """The credits of a source."""
        return credits_of_item(self.table.get(STACK, f"CREDITS#{source}") or {})

    def begin_attempt(self, source: str, attempt: Attempt) -> bool:
        """Write down an attempt before it is made. False where another one is not settled."""
        try:
            self.table.update(
                STACK,
                f"CREDITS#{source}",
                "SET attempt = :token, numbers = :numbers",
                ConditionExpression="attribute_not_exists(attempt) OR attempt = :token",
                ExpressionAttributeValues={
                    ":token": string(attempt.token),
                    ":numbers": binary(pack(attempt.numbers)),
                },
            )
        except ConditionFailedError:
            return False
        return True

    def settle_attempt(self, source: str, token: str, spent: int) -> None:
        """Count what an attempt has cost, once however often it is told."""
        try:
            self.table.update(
                STACK,
                f"CREDITS#{source}",
                "ADD spent :spent REMOVE attempt, numbers",
                ConditionExpression="attempt = :token",
                ExpressionAttributeValues={":spent": number(spent), ":token": string(token)},
            )
        except ConditionFailedError:
            return

    def save_quota(self, source: str, quota: Quota | None, now: datetime) -> None:
        """Keep what the source says is left; None: it did not say."""
        values = {":now": seconds(now)}
        sets = "quota_at = :now"
        if quota is not None:
            sets += ", credits_left = :left, credits_total = :total"
            values |= {":left": number(quota.left), ":total": number(quota.total)}
        self.table.update(
            STACK, f"CREDITS#{source}", f"SET {sets}", ExpressionAttributeValues=values
        )

    # The run records.

    def silent_of(self, turn: str) -> Mapping[str, datetime]:
        """The silent orders of a turn's last run that was answered, by short name."""
        items = self.table.query(
            KeyConditionExpression="pk = :turn",
            ExpressionAttributeValues={":turn": string(f"TURN#{turn}")},
            ScanIndexForward=False,
            Limit=_RUNS_IN_A_PAGE,
        )
        answered = (run for run in map(run_of_item, items) if run.answered)
        return next((run.silent for run in answered), {})

    def save_run(self, turn: str, run: RunRecord) -> None:
        """Keep the record of a run."""
        item = {
            **key(f"TURN#{turn}", f"RUN#{run.at:%Y-%m-%dT%H:%M:%SZ}"),
            "answered": boolean(run.answered),
            "due": number(run.due),
            "checked": number(run.checked),
            "expires": seconds(run.at + KEPT_RUNS),
        }
        if not run.answered:
            item["verdict"] = string(run.verdict)
        if run.silent:
            silent = {name: epoch_minutes(since) for name, since in run.silent.items()}
            item["silent"] = binary(pack(silent))
        self.table.put(item)

    # The sending.

    def oldest_pending(self) -> datetime | None:
        """When the oldest of the alerts that are not sent yet was raised."""
        found = self.table.query(
            IndexName="pending",
            KeyConditionExpression="pending = :yes",
            ExpressionAttributeValues={":yes": string("yes")},
            Limit=1,
        )
        item = next(found, None)
        return None if item is None else datetime.fromisoformat(item["raised_at"]["S"])

    def wake_sending(self, now: datetime) -> None:
        """Have the evaluation send what is pending, and tell what the source's health asks for."""
        self.table.put({**key(STACK, WAKE), "at": string(now.isoformat())})


def run_of_item(item: Item) -> RunRecord:
    """A run record as it was stored."""
    silent = bytes_of(item, "silent")
    at = item["sk"]["S"].removeprefix("RUN#") if item else "1970-01-01T00:00:00Z"
    return RunRecord(
        at=datetime.fromisoformat(at),
        answered=boolean_of(item, "answered") or False,
        due=number_of(item, "due") or 0,
        checked=number_of(item, "checked") or 0,
        silent=_instants(unpack(silent)) if silent is not None else {},
        verdict=Verdict(text_of(item, "verdict") or Verdict.OK),
    )


def progress_of_item(item: Item) -> Progress:
    """The pull's progress as it was stored."""
    done_until = number_of(item, "done_until")
    asked_at = number_of(item, "asked_at")
    turns = bytes_of(item, "turns")
    cursor = bytes_of(item, "cursor")
    return Progress(
        done_until=None if done_until is None else from_epoch_minutes(done_until),
        asked_at=None if asked_at is None else datetime.fromtimestamp(asked_at / 1000, UTC),
        cursor=None if cursor is None else _cursor(unpack(cursor)),
        turns={} if turns is None else _turns(unpack(turns)),
        turn_lengths=tuple(int(n) for n in item.get("turn_lengths", {"NS": []})["NS"]),
    )


def _lease(item: Item) -> Lease:
    return Lease(
        progress=progress_of_item(item),
        wanted=number_of(item, "wanted") or 0,
        served=number_of(item, "served") or 0,
    )


def _row(item: Item, slot: str) -> Row:
    return Row(
        order_id=order_id_of(item["pk"]["S"]),
        slot=slot,
        number=text_of(item, "n"),
        fingerprint=bytes_of(item, "f"),
        rule_at=number_of(item, "r"),
        clock_at=number_of(item, "c"),
        gone="g" in item,
        second_at=number_of(item, "s"),
    )


def _progress_update(progress: Progress, *, release: int | None = None) -> dict[str, Any]:
    """The update that keeps the progress, and gives the lease back when `release` is given.

    Args:
        progress: The progress.
        release: The call up to which the run has served.
    """
    values: dict[str, Any] = {":turns": binary(pack(_turn_rows(progress.turns)))}
    sets = ["turns = :turns"]
    removes = []
    names = {"#owner": "owner", "#cursor": "cursor"}
    if progress.turn_lengths:
        values[":lengths"] = {"NS": [str(n) for n in progress.turn_lengths]}
        sets.append("turn_lengths = :lengths")
    if progress.done_until is not None:
        values[":done"] = number(epoch_minutes(progress.done_until))
        sets.append("done_until = :done")
    if progress.asked_at is not None:
        values[":asked"] = _milliseconds(progress.asked_at)
        sets.append("asked_at = :asked")
    if progress.cursor is not None:
        values[":cursor"] = binary(pack(_cursor_row(progress.cursor)))
        sets.append("#cursor = :cursor")
    else:
        removes.append("#cursor")
    if release is not None:
        values[":wanted"] = number(release)
        sets.append("served = :wanted")
        removes += ["#owner", "ends"]
    expression = f"SET {', '.join(sets)}"
    if removes:
        expression += f" REMOVE {', '.join(removes)}"
    return {
        "expression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _milliseconds(asked_at: datetime) -> dict[str, str]:
    """An instant in milliseconds since 1970, rounded up: nobody asks a moment too early."""
    return number(ceil(asked_at.timestamp() * 1000))


def _turn_rows(turns: Mapping[str, LastRun]) -> dict[str, list[int | None]]:
    return {
        name: [
            epoch_minutes(row.tried_at),
            None if row.answered_at is None else epoch_minutes(row.answered_at),
            int(row.silent),
        ]
        for name, row in turns.items()
    }


def _turns(rows: Mapping[str, list[int | None]]) -> dict[str, LastRun]:
    return {
        name: LastRun(
            from_epoch_minutes(tried or 0),
            None if answered is None else from_epoch_minutes(answered),
            silent=bool(silent),
        )
        for name, (tried, answered, silent) in rows.items()
    }


def _cursor_row(cursor: Cursor) -> dict[str, Any]:
    return {
        "turn": epoch_minutes(cursor.turn.start),
        "minutes": cursor.turn.length // timedelta(minutes=1),
        "began": int(cursor.began.timestamp()),
        "slot": cursor.slot,
        "order_id": cursor.order_id,
        "due": cursor.due,
        "checked": cursor.checked,
        "answered": cursor.answered,
        "silent": {name: epoch_minutes(since) for name, since in cursor.silent.items()},
    }


def _cursor(row: Mapping[str, Any]) -> Cursor:
    return Cursor(
        turn=Turn(from_epoch_minutes(row["turn"]), timedelta(minutes=row["minutes"])),
        began=datetime.fromtimestamp(row["began"], UTC),
        slot=row["slot"],
        order_id=row["order_id"],
        due=row["due"],
        checked=row["checked"],
        answered=row["answered"],
        silent=_instants(row["silent"]),
    )


def _instants(minutes: Mapping[str, int]) -> dict[str, datetime]:
    return {name: from_epoch_minutes(at) for name, at in minutes.items()}
