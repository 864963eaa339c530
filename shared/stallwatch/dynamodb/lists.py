"""Lists of orders: by state, by what presses, and what a search finds."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice

from stallwatch.domain.orders import Order, State
from stallwatch.domain.tracking_numbers import normalize_number
from stallwatch.dynamodb import wire
from stallwatch.dynamodb.items import order_of_item
from stallwatch.dynamodb.snapshots import snapshot_of_items
from stallwatch.dynamodb.table import (
    ORDER,
    TRACE,
    WATCH,
    TableStore,
    number_pk,
    order_id_of,
    order_pk,
)
from stallwatch.dynamodb.wire import Item
from stallwatch.orders.ports import SEARCH, Page, PageCursor, PageQuery, Sort
from stallwatch.orders.pressing import BY_URGENCY, CALM, Counts
from stallwatch.orders.snapshot import OrderSnapshot

_STATES = frozenset(state.value for state in State)

_DEADLINE = Sort.DEADLINE.value

_SEARCHED_AT_ONCE = 300
"""How many orders' titles and sellers one page of a search reads."""


class DynamoOrderLists(TableStore):
    """The lists of orders, a page at a time."""

    __slots__ = ()

    def page(self, query: PageQuery, cursor: PageCursor | None) -> Page:
        """A page of orders without their alerts. It may be short: only no next cursor ends.

        Raises:
            ValueError: the cursor is not of such a list.
        """
        sections = _sections(query)
        if cursor is not None:
            sections = sections[sections.index(cursor.section) :]
        for section, following in zip(sections, [*sections[1:], None], strict=True):
            after = cursor.place if cursor is not None else ""
            cursor = None
            found, place = self._section(section, after, query)
            if place is not None:
                return Page(found, PageCursor(section, place))
            if found or following is None:
                return Page(found, None if following is None else PageCursor(following))
        return Page((), None)

    def pressing_counts(self) -> Counts:
        """How many orders press, by severity; the calm ones, which may be many, are not counted."""
        return {
            severity: self.table.count(
                IndexName="pressing",
                KeyConditionExpression="p = :severity",
                ExpressionAttributeValues={":severity": wire.value(severity)},
            )
            for severity in BY_URGENCY
            if severity != CALM
        }

    def _section(
        self, section: str, after: str, query: PageQuery
    ) -> tuple[tuple[OrderSnapshot, ...], str | None]:
        """Some orders of a section, and where in it the next page begins; None at its end."""
        if section == SEARCH:
            return self._search(after, query)
        if section in _STATES:
            rows = self._in_state(State(section), after, query.limit + 1)
            name = "listed"
        else:
            severities = BY_URGENCY if section == _DEADLINE else (section,)
            by_place = [self._pressing(severity, after, query.limit + 1) for severity in severities]
            rows = list(islice(merge(*by_place, key=_place), query.limit + 1))
            name = "d"
        shown = rows[: query.limit]
        found = [
            snapshot
            for snapshot in self._snapshots([row["pk"]["S"] for row in shown])
            if _is_wanted(snapshot, section, query)
        ]
        return tuple(found), shown[-1][name]["S"] if len(rows) > query.limit else None

    def _in_state(self, state: State, after: str, limit: int) -> list[Item]:
        """Rows of the orders in a state, the newest first."""
        condition, values = "#state = :state", {":state": str(state)}
        if after:
            condition += " AND listed < :after"
            values[":after"] = after
        rows = self.table.query(
            IndexName="by_state",
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=wire.attributes(values),
            ScanIndexForward=False,
            Limit=limit,
        )
        return list(islice(rows, limit))

    def _pressing(self, severity: str, after: str, limit: int) -> list[Item]:
        """Rows of the orders of a severity, the nearest deadline first."""
        condition, values = "p = :severity", {":severity": severity}
        if after:
            condition += " AND d > :after"
            values[":after"] = after
        rows = self.table.query(
            IndexName="pressing",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=wire.attributes(values),
            Limit=limit,
        )
        return list(islice(rows, limit))

    def _snapshots(self, pks: Sequence[str]) -> Iterator[OrderSnapshot]:
        """The orders of some partitions in their order, without their alerts."""
        items = self.table.get_many([(pk, sk) for pk in pks for sk in (ORDER, TRACE, WATCH)])
        by_pk: dict[str, list[Item]] = {pk: [] for pk in pks}
        for item in items:
            by_pk[item["pk"]["S"]].append(item)
        for held in by_pk.values():
            snapshot = snapshot_of_items(held)
            if snapshot is not None:
                yield snapshot

    def _search(self, after: str, query: PageQuery) -> tuple[tuple[OrderSnapshot, ...], str | None]:
        """What a search finds, from a state and a place in its list on.

        The first page begins with the order whose id it is, and those whose tracking number it is.
        """
        wanted = (query.q or "").strip()
        found = [] if after else list(dict.fromkeys(self._named(wanted)))
        states = [query.state] if query.state is not None else list(State)
        begun, _, listed = after.partition("|")
        if begun:
            states = states[states.index(State(begun)) :]
        left = _SEARCHED_AT_ONCE
        place: str | None = after or f"{states[0]}|"
        for state, following in zip(states, [*states[1:], None], strict=True):
            rows = self._in_state(state, listed, left + 1)
            listed = ""
            read = rows[:left]
            orders = self.table.get_many([(row["pk"]["S"], ORDER) for row in read])
            matches = {i["pk"]["S"] for i in orders if _matches(order_of_item(i), wanted)}
            for row in read:
                if len(found) >= query.limit:
                    break
                left -= 1
                place = f"{state}|{row['listed']['S']}"
                if row["pk"]["S"] in matches:
                    found.append(row["pk"]["S"])
            else:
                if len(rows) <= len(read):
                    place = None if following is None else f"{following}|"
            if len(found) >= query.limit or left == 0:
                break
        shown = (s for s in self._snapshots(found) if _is_wanted(s, SEARCH, query))
        return tuple(shown), place

    def _named(self, wanted: str) -> Iterator[str]:
        """The partitions of the orders that have an id or a tracking number."""
        if wanted and self.table.get(order_pk(wanted), ORDER) is not None:
            yield order_pk(wanted)
        number = normalize_number(wanted)
        if number is not None:
            for item in self.table.query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": wire.value(number_pk(number))},
            ):
                yield order_pk(order_id_of(item["sk"]["S"]))


def _sections(query: PageQuery) -> list[str]:
    """The sections that a list consists of, in their order."""
    if query.q:
        return [SEARCH]
    states = [query.state] if query.state is not None else list(State)
    if query.sort is Sort.NEWEST or query.state is State.CLOSED:
        return [str(state) for state in states]
    severities = [s for s in BY_URGENCY if s != CALM or query.state is not State.DELIVERED]
    pressing = [_DEADLINE] if query.sort is Sort.DEADLINE else severities
    return [*pressing, *(str(state) for state in states if state is not State.WATCHING)]


def _is_wanted(snapshot: OrderSnapshot, section: str, query: PageQuery) -> bool:
    entry = snapshot.entry
    if query.state is not None and entry.state is not query.state:
        return False
    if query.stage is not None and entry.stage is not query.stage:
        return False
    # After those that press come the others of each state.
    return not (
        query.sort is not Sort.NEWEST
        and section in {State.DELIVERED, State.CLOSED}
        and entry.pressing is not None
    )


def _place(row: Item) -> str:
    return str(row["d"]["S"])


def _matches(order: Order, wanted: str) -> bool:
    """Whether a text is part of an order's id, title, seller or order number.

    What it names exactly stands on the first page already.
    """
    if order.order_id == wanted or order.tracking_number == (normalize_number(wanted) or ""):
        return False
    part = wanted.casefold()
    texts = (order.order_id, order.title, order.seller, order.order_number)
    return any(part in text.casefold() for text in texts if text)
