"""Whatever a body holds: an answer that the documentation promises, and nothing half-written."""

import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.aws.api.client import Api, sent_as_bytes, stored
from tests.support.effort import examples

relaxed = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""No test here is about time, and the order that is changed may be any."""

FIELDS = (
    "currency",
    "destination",
    "language",
    "order_number",
    "ordered_on",
    "paid_on",
    "paid_with",
    "price",
    "promised_on",
    "protection_ends_on",
    "remote",
    "seller",
    "service",
    "shipped_on",
    "title",
    "tracking_number",
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            *("2026-06-05", "2026-02-30", "12.50", "-1", "1e9", "NaN", "EUR", "ß", "DE", "economy"),
            *("LP00123456789012", "\x00", "\ud800", "x" * 5000, "2026-06-05T00:00:00Z", 10**400),
        ]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)

BODIES = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), VALUES, max_size=5)


@relaxed
@given(BODIES | VALUES)
@example([{}])
def test_any_change_of_an_order(api: Api, body: object) -> None:
    """It is made as a whole, or refused as a whole."""
    api.call("POST", "/orders", {"order_id": "a", "ordered_on": "2026-06-01"})
    before = stored(api.world)
    status, answer = sent_as_bytes(api, "PATCH", "/orders/a", json.dumps(body).encode())
    if status != 200:
        assert before == stored(api.world)
        return
    assert isinstance(body, dict)
    again, shown = api.call("GET", "/orders/a")
    assert (200, answer["title"]) == (again, shown["title"])


@relaxed
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_for_an_action(api: Api, body: bytes) -> None:
    """They are no action, and nothing is noted."""
    api.call("POST", "/orders", {"order_id": "a", "ordered_on": "2026-06-01"})
    before = stored(api.world)
    status, _ = sent_as_bytes(api, "POST", "/orders/a/actions", body)
    assert 400 <= status < 500
    assert before == stored(api.world)
