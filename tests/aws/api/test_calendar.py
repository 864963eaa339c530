"""The calendar of deadlines: addresses that need no key, and the entries that they open."""

from typing import Any

from tests.aws.api.client import Api


def opened(api: Api, token: str) -> tuple[int, Any]:
    """What an address opens, without the check against its JSON documentation."""
    return api.world.call("GET", f"/calendar/{token}", headers={"host": "page.example"})


def linked(api: Api) -> Any:
    """A new address."""
    status, made = api.call("POST", "/calendar/links")
    assert 201 == status, made
    return made


def test_an_address_opens_the_deadlines(api: Api) -> None:
    """Each key date is an all-day entry with the advice, and a link to its order."""
    order_id = api.add(title="Lamp, small", protection_ends_on="2026-07-20")
    made = linked(api)
    assert f"calendar/{made['token']}" == made["path"]
    status, text = opened(api, made["token"])
    assert 200 == status
    assert "SUMMARY:Protection ends: Lamp\\, small\r\n" in text
    assert "DTSTART;VALUE=DATE:20260720\r\n" in text
    assert f"#/orders/{order_id}" in text.replace("\r\n ", "")


def test_an_address_comes_with_its_code(api: Api) -> None:
    """A square with the finder patterns that readers look for, of the scheme of calendars."""
    code = linked(api)["code"]

    assert {len(code)} == {len(row) for row in code}
    assert {"0", "1"} == set("".join(code))
    ring = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert ring == [row[:7] for row in code[:7]] == [row[-7:] for row in code[:7]]
    assert ring == [row[:7] for row in code[-7:]]


def test_a_date_that_moves_is_the_same_entry(api: Api) -> None:
    """And one that no longer applies is gone."""

    def entries() -> dict[str, str]:
        lines = opened(api, token)[1].replace("\r\n ", "").split("\r\n")
        uids = [line for line in lines if line.startswith("UID:")]
        days = [line for line in lines if line.startswith("DTSTART")]
        return dict(zip(uids, days, strict=True))

    order_id = api.add(protection_ends_on="2026-07-20")
    token = linked(api)["token"]
    before = entries()
    api.call("PATCH", f"/orders/{order_id}", {"protection_ends_on": "2026-07-25"})
    after = entries()
    assert before.keys() == after.keys()
    assert {"DTSTART;VALUE=DATE:20260720"} == set(before.values()) - set(after.values())
    assert 200 == api.act(order_id, "close")
    assert {} == entries()


def test_an_address_is_listed_and_revoked(api: Api) -> None:
    """Its token is told once, and opens nothing after it was revoked."""
    made = linked(api)
    _, listed = api.call("GET", "/calendar/links")
    assert [{"id": made["id"], "made_at": made["made_at"]}] == listed["links"]
    assert 204 == api.call("DELETE", f"/calendar/links/{made['id']}")[0]
    missing = {"message": "There is no such calendar link, or it was revoked."}
    assert (404, missing) == opened(api, made["token"])
    assert 404 == api.call("DELETE", f"/calendar/links/{made['id']}")[0]
    assert {"links": []} == api.call("GET", "/calendar/links")[1]


def test_there_are_at_most_twenty_addresses(api: Api) -> None:
    """Each is read at every opening."""
    for _ in range(20):
        linked(api)
    assert 409 == api.call("POST", "/calendar/links")[0]


def test_a_forged_token_opens_nothing(api: Api) -> None:
    """Whatever it looks like."""
    linked(api)
    for token in ("x", "links.ics", "A" * 43):
        assert 404 == opened(api, token)[0]
