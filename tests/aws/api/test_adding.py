"""Adding an order: what is stored, filled in, compared and refused."""

import pytest

from tests.aws.api.client import ORDER, Api, stored


def test_an_order_is_added_with_all_its_fields(api: Api) -> None:
    """As it was sent, in the spelling that is kept; the first check is called for at once."""
    status, answer = api.call("POST", "/orders", ORDER)
    assert 201 == status
    expected = ORDER | {
        "tracking_number": "LP00123456789012",
        "destination": "DE",
        "currency": "EUR",
    }
    assert expected == {name: answer[name] for name in ORDER}
    assert ("watching", "unknown", None, None) == (
        answer["state"],
        answer["stage"],
        answer["checked_at"],
        answer["answered_at"],
    )
    assert {"low": 25, "high": 45} == answer["window"]
    assert ([], [], []) == (answer["alerts"], answer["checkpoints"], answer["actions"])
    assert answer == api.get(ORDER["order_id"])
    assert 1 == api.world.nudges


def test_what_is_not_given_is_filled_in(api: Api) -> None:
    """The home country; the service by the rules; nothing else."""
    answer = api.get(api.add())
    assert ("US", "standard") == (answer["destination"], answer["service"])
    for name in set(ORDER) - {"order_id", "ordered_on", "destination", "service"}:
        assert answer[name] is None


def test_an_order_answers_all_that_the_contract_names(api: Api) -> None:
    """Field by field, in lists and by itself."""
    named = {
        *ORDER,
        *("state", "stage", "last_checkpoint", "checked_at", "answered_at", "silent_days"),
        *("days_in_transit", "window", "late_on", "claim_opens_on", "next_check_at", "advice"),
        *("severity", "pressing", "reminder_on", "stake", "language"),
        *("promised_on", "paid_with", "paid_on", "order_number", "refund_until"),
        *("dispute_until", "bank_until", "carrier", "links"),
    }
    order_id = api.add()
    assert named | {"checkpoints", "alerts", "actions", "observations"} == set(api.get(order_id))
    _, page = api.call("GET", "/orders")
    assert {"orders", "next_cursor"} == set(page)
    assert named == set(page["orders"][0])


def test_the_same_again_changes_nothing(api: Api) -> None:
    """A request whose answer got lost is sent again; defaults count as given."""
    order_id = api.add()
    before = stored(api.world)
    body = {"order_id": order_id, "ordered_on": "2026-06-01"}
    for again in (
        body,
        body | {"destination": "us"},
        body | {"title": None, "service": None},
        body | {"title": "  \u200b "},
    ):
        status, answer = api.call("POST", "/orders", again)
        assert 200 == status
        assert answer == api.get(order_id)
    assert before == stored(api.world)
    assert 1 == api.world.nudges


@pytest.mark.parametrize(
    "other",
    [
        {"title": "x"},
        {"ordered_on": "2026-06-02"},
        {"destination": "DE"},
        {"tracking_number": "LP00123456789012"},
    ],
)
def test_another_order_with_the_same_id_is_refused(api: Api, other: dict[str, str]) -> None:
    """And changes nothing."""
    order_id = api.add()
    before = stored(api.world)
    body = {"order_id": order_id, "ordered_on": "2026-06-01", **other}
    assert 409 == api.call("POST", "/orders", body)[0]
    assert before == stored(api.world)


def test_the_same_is_compared_with_the_order_as_it_now_stands(api: Api) -> None:
    """After a change, the former content is another, and the present one the same."""
    order_id = api.add()
    api.call("PATCH", f"/orders/{order_id}", {"title": "x"})
    body = {"order_id": order_id, "ordered_on": "2026-06-01"}
    assert 409 == api.call("POST", "/orders", body)[0]
    assert 200 == api.call("POST", "/orders", body | {"title": "x"})[0]
    api.act(order_id, "seller_contacted")
    assert 200 == api.call("POST", "/orders", body | {"title": "x"})[0]


def test_text_is_kept_clean_and_short(api: Api) -> None:
    """Without what cannot be seen, on one line, two hundred characters."""
    order_id = api.add(title="a\r\nb\u202e\x00" + "x" * 300, seller=" \t")
    answer = api.get(order_id)
    assert "a b" + "x" * 197 == answer["title"]
    assert answer["seller"] is None


REFUSED: list[tuple[str, object]] = [
    *(("order_id", value) for value in ("", "a b", "ä", "a/b", "x" * 65, "a\n", 7, None, ["a"])),
    *(
        ("ordered_on", value)
        for value in (
            *("", "2026-6-1", "01.06.2026", "2026-06-31", "2026-06-01T00:00:00Z", "20260601"),
            *("2026-06-17", "2009-12-31", 1748736000, None, True, "２０２６-06-01"),
        )
    ),
    *(
        ("tracking_number", value)
        for value in ("", "short", "x" * 41, "LP0012345678901_", "LP00123456789012,LP1", 12345678, "ＬＰ0012345678")  # noqa: E501
    ),
    *(("service", value) for value in ("", "Economy", "slow", 1)),
    *(("destination", value) for value in ("", "XX", "DEU", "d", 49, "ß", "Nowhere")),
    *(("remote", value) for value in ("true", 1, 0, "")),
    *(("shipped_on", value) for value in ("2026-05-31", "2026-06-17", "soon", 0)),
    *(("protection_ends_on", value) for value in ("2026-05-31", "2027-06-03", "soon")),
    *(("title", value) for value in (7, ["x"], {"a": "b"}, "x" * 2001)),
    *(("seller", value) for value in (7, False)),
    *(
        ("price", value)
        for value in (12.5, 12, "", "12,50", "1e3", "-1", "12.5000", "1234567890", "NaN", "12.50\n", "１２")  # noqa: E501
    ),
    *(("currency", value) for value in ("ıdr", "EURO", "€", "XXQ", "", 1)),
    ("colour", "red"),
    ("state", "closed"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_field_that_makes_no_sense_is_refused_when_adding(
    api: Api, field: str, value: object
) -> None:
    """With its name and a reason, and nothing is stored."""
    status, answer = api.call("POST", "/orders", ORDER | {field: value})
    assert 422 == status, answer
    # Another order date makes the other dates senseless too.
    assert field in [error["field"] for error in answer["errors"]]
    assert len(answer["errors"]) == 1 or field == "ordered_on"
    assert all(error["reason"] for error in answer["errors"])
    assert {} == stored(api.world)
    assert 0 == api.world.nudges


@pytest.mark.parametrize(
    ("field", "value"), [pair for pair in REFUSED if pair[0] != "order_id"] + [("order_id", "x")]
)
def test_a_field_that_makes_no_sense_is_refused_when_changing(
    api: Api, field: str, value: object
) -> None:
    """By the same rules; the id is no field that changes."""
    order_id = api.add(
        **{name: v for name, v in ORDER.items() if name not in {"order_id", "ordered_on"}}
    )
    before = stored(api.world)
    status, answer = api.call("PATCH", f"/orders/{order_id}", {field: value})
    assert 422 == status, answer
    assert field in [error["field"] for error in answer["errors"]]
    assert before == stored(api.world)


def test_all_that_is_wrong_is_said_at_once(api: Api) -> None:
    """Each field once."""
    body = {"order_id": "a b", "ordered_on": "soon", "remote": "no", "colour": "red"}
    status, answer = api.call("POST", "/orders", body)
    assert 422 == status
    assert {"order_id", "ordered_on", "remote", "colour"} == {
        error["field"] for error in answer["errors"]
    }
    status, answer = api.call("POST", "/orders", {})
    assert {"order_id", "ordered_on"} == {error["field"] for error in answer["errors"]}


def test_a_price_and_its_currency_go_together(api: Api) -> None:
    """When adding and when changing."""
    body = {"order_id": "x", "ordered_on": "2026-06-01"}
    for given, missing in (({"price": "1.00"}, "currency"), ({"currency": "EUR"}, "price")):
        status, answer = api.call("POST", "/orders", body | given)
        assert (422, [missing]) == (status, [error["field"] for error in answer["errors"]])
    order_id = api.add(price="1.00", currency="EUR")
    assert 422 == api.call("PATCH", f"/orders/{order_id}", {"currency": None})[0]
    both = {"price": None, "currency": None}
    assert 200 == api.call("PATCH", f"/orders/{order_id}", both)[0]


@pytest.mark.parametrize(
    ("accepted", "advice"),
    [
        ("", "Ask the seller"),
        ("de", "Fragen Sie den Verk"),
        ("de-AT,en;q=0.5", "Fragen Sie den Verk"),
        ("ja, de;q=0.8", "Fragen Sie den Verk"),
        ("de;q=0", "Ask the seller"),
        ("tlh", "Ask the seller"),
    ],
)
def test_the_advice_is_in_the_language_that_is_accepted(
    api: Api, accepted: str, advice: str
) -> None:
    """The page speaks one language, whatever the alerts are in."""
    order_id = api.add()
    path = f"/orders/{order_id}"
    _, answer = api.call("GET", path, headers={"accept-language": accepted})
    assert advice in answer["advice"]


@pytest.mark.parametrize(
    ("given", "code"),
    [("uk", "GB"), ("Germany", "DE"), ("united kingdom", "GB"), ("gb", "GB"), ("EL", "GR")],
)
def test_a_country_may_be_named(api: Api, given: str, code: str) -> None:
    """By its code, its English name, or what people take for its code."""
    assert code == api.get(api.add(destination=given))["destination"]
