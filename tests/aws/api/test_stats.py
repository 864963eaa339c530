"""The money and the delivery days in the counts."""

from datetime import timedelta

from tests.aws.api.client import START, TODAY, Api


def test_the_money_is_shown_by_currency(api: Api) -> None:
    """At risk, claimed, recovered and lost, with what each order counts as."""
    world = api.world
    for n, (deed, given) in enumerate(
        [
            (None, {}),
            ("dispute_opened", {}),
            ("refunded", {"amount": "10.40", "on": "2026-06-11"}),
            ("refunded", {"on": "2026-06-06"}),
            ("lost", {}),
            ("received", {}),
        ]
    ):
        order_id = api.add(order_id=f"o{n}", price="12.50", currency="EUR")
        if deed is not None:
            assert 200 == api.act(order_id, deed, **given)
    api.add(order_id="yen", price="1500", currency="JPY")
    api.add(order_id="free")
    world.pump()
    euro, yen = api.call("GET", "/stats")[1]["money"]
    none = {"amount": "0.00", "count": 0, "average_days": None}
    one = {"amount": "12.50", "count": 1, "average_days": None}
    assert {
        "currency": "EUR",
        "at_risk": one,
        "claimed": one,
        "recovered": {"amount": "22.90", "count": 2, "average_days": 8},
        # 12.50, and what the partial refund of 10.40 left of another 12.50.
        "lost": {"amount": "14.60", "count": 1, "average_days": 14},
        "unsettled": none,
    } == euro
    assert ("JPY", "1500.00", none) == (yen["currency"], yen["at_risk"]["amount"], yen["lost"])
    assert {
        "standing": "recovered",
        "amount": "10.40",
        "currency": "EUR",
        "days": 10,
    } == api.get("o2")["stake"]
    assert api.get("o5")["stake"] is None
    assert api.get("free")["stake"] is None


def test_money_that_is_forgotten_or_taken_back_is_taken_from_the_totals(api: Api) -> None:
    """However often the evaluation is woken."""
    world = api.world
    order_id = api.add(price="12.50", currency="EUR")
    api.act(order_id, "lost")
    for _ in range(2):
        world.pump()
    assert "12.50" == api.call("GET", "/stats")[1]["money"][0]["lost"]["amount"]
    api.act(order_id, "reopen")
    api.call("PATCH", f"/orders/{order_id}", {"price": "13.00"})
    world.pump()
    (euro,) = api.call("GET", "/stats")[1]["money"]
    assert (0, "13.00") == (euro["lost"]["count"], euro["at_risk"]["amount"])
    api.call("DELETE", f"/orders/{order_id}")
    world.pump()
    assert [] == api.call("GET", "/stats")[1]["money"]


def test_delivery_days_stand_beside_the_window(api: Api) -> None:
    """Of the own parcels, with how many there were."""
    world = api.world
    for n, days in enumerate((9, 12, 20)):
        number = f"LP0000000000000{n}"
        events = [
            (START - timedelta(days=days), "PU_PICKUP_SUCCESS"),
            (START - timedelta(days=days - 2), "LH_DEPART"),
            (START - timedelta(hours=1), "GTMS_SIGNED"),
        ]
        world.cainiao.put(number, events)
        ordered_on = (TODAY - timedelta(days=days + 1)).isoformat()
        api.add(order_id=f"o{n}", ordered_on=ordered_on, tracking_number=number, destination="BR")
    world.pull()
    world.pump()
    assert [
        {
            "service": "standard",
            "destination": "BR",
            "parcels": 3,
            "days": {"median": 11, "p80": 19, "p95": 19},
            "silence": {"median": 9, "p80": 17, "p95": 17},
            "window": {"low": 25, "high": 35},
        }
    ] == api.call("GET", "/stats")[1]["deliveries"]
