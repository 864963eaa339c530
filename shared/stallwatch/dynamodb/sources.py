"""dynamodb.sources."""

from stallwatch.dynamodb.table import Item, bytes_of, instant_of, number_of, text_of
from stallwatch.polling.registration import Attempt, Credits
from stallwatch.tracking.packing import unpack
from stallwatch.tracking.source import Quota


def credits_of_item(item: Item) -> Credits:
    """A source's credits as they were stored."""
    left, total = number_of(item, "credits_left"), number_of(item, "credits_total")
    token, numbers = text_of(item, "attempt"), bytes_of(item, "numbers")
    return Credits(
        spent=number_of(item, "spent") or 0,
        quota=None if left is None or total is None else Quota(left, total),
        quota_at=instant_of(item, "quota_at"),
        attempt=None
        if token is None or numbers is None
        else Attempt(token, tuple(unpack(numbers))),
    )
