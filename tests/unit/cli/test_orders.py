"""The commands about orders."""

import pytest

from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.terminal import Terminal


def test_an_order_is_added_with_all_its_fields(cli: Terminal, api: FakeApi) -> None:
    """Each option becomes the API's field of the same name, and the number loses its blanks."""
    options = {
        "ordered_on": "2026-05-20",
        "tracking_number": "LP 0012 3456 789012",
        "service": "economy",
        "destination": "DE",
        "shipped_on": "2026-05-22",
        "protection_ends_on": "2026-08-05",
        "promised_on": "2026-07-01",
        "paid_with": "card",
        "paid_on": "2026-05-20",
        "order_number": "8190001234567890",
        "title": "Desk lamp",
        "seller": "Lamp Store",
        "price": "23.90",
        "currency": "EUR",
        "language": "de",
    }
    words = [w for name, value in options.items() for w in (f"--{name.replace('_', '-')}", value)]

    ended = cli.ok("add", "lamp", "--remote", *words)

    assert ended.stdout.startswith("Added lamp.\n")
    expected = {**options, "order_id": "lamp", "remote": True}
    assert expected | {"tracking_number": "LP00123456789012"} == api.requests[-1].json


def test_an_order_is_of_today_unless_said_otherwise(cli: Terminal, api: FakeApi) -> None:
    """Today is a day in UTC."""
    cli.ok("add", "lamp")

    assert {"order_id": "lamp", "ordered_on": "2026-06-15"} == api.requests[-1].json


def test_the_same_order_again_changes_nothing(cli: Terminal) -> None:
    """It is said to be there already, which is no failure."""
    cli.ok("add", "lamp", "--title", "Lamp")

    assert cli.ok("add", "lamp", "--title", "Lamp").stdout.startswith("lamp is there already.\n")


def test_another_order_of_that_id_is_refused(cli: Terminal) -> None:
    """With the API's reason, in one sentence on standard error."""
    cli.ok("add", "lamp", "--title", "Lamp")
    ended = cli.run("add", "lamp", "--title", "Chair")

    assert (4, "") == (ended.exit_code, ended.stdout)
    assert "stallwatch: An order lamp with other content exists already (409).\n" == ended.stderr


def test_a_refused_field_is_named(cli: Terminal) -> None:
    """With the API's reason for it."""
    ended = cli.run("add", "lamp", "--destination", "XX")

    assert 4 == ended.exit_code
    assert (
        "stallwatch: Some fields are not acceptable: destination: must be a country (422).\n"
        == ended.stderr
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "no blanks"),
        ("add", ".."),
        ("add", "lamp", "--ordered-on", "31.05.2026"),
        ("add", "lamp", "--ordered-on", "2026-02-30"),
        ("add", "lamp", "--price", "12,50"),
        ("add", "lamp", "--service", "fast"),
        ("add", "lamp", "--tracking-number", "LP1"),
        ("show",),
        ("show", "a/b"),
        ("act", "lamp", "dance"),
        ("act", "lamp", "not_found_here", "--searched", "roof"),
        ("change", "lamp"),
        ("change", "lamp", "--seller", "A", "--clear", "seller"),
        ("list", "--limit", "0"),
        ("delete", "lamp"),
        ("dance",),
        ("poll",),
    ],
    ids=" ".join,
)
def test_wrong_use_sends_nothing(cli: Terminal, api: FakeApi, arguments: tuple[str, ...]) -> None:
    """It ends with 2, and says why on standard error alone."""
    ended = cli.run(*arguments)

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert ended.stderr
    assert [] == api.requests


def test_what_presses_most_stands_first(cli: Terminal, api: FakeApi) -> None:
    """The order of the API is kept."""
    api.put("calm")
    api.put("late", severity="attention", pressing="late")
    api.put("claim", severity="claim", pressing="refund_claim", advice="Open the dispute.")

    ended = cli.ok("list")

    first = [line.split()[0] for line in ended.stdout.splitlines()]
    assert ["order", "claim", "late", "calm"] == first
    assert "Open the dispute." in ended.stdout
    assert "urgent" == api.requests[-1].query["sort"]


def test_only_an_open_order_has_a_next_date(cli: Terminal, api: FakeApi) -> None:
    """The protection of a closed order stays known, and nothing waits for it."""
    api.put("open", protection_ends_on="2999-01-01")
    api.put("over", protection_ends_on="2999-01-01", state="closed")

    _, *rows = cli.ok("list").stdout.splitlines()

    assert {"open": True, "over": False} == {
        row.split()[0]: "2999-01-01" in row for row in rows if row.startswith("o")
    }


def test_a_list_is_colourless_in_a_pipe(cli: Terminal, api: FakeApi) -> None:
    """No escape sequence reaches what reads it."""
    api.put("claim", severity="claim", pressing="refund_claim")

    assert "\x1b" not in cli.ok("list").stdout


def test_short_pages_are_put_together(cli: Terminal, api: FakeApi) -> None:
    """Only a null cursor ends a list, and --all follows it to the end."""
    for n in range(23):
        api.put(f"o{n:02}")
    api.page_size = 4

    listed = cli.ok("list", "--all", "--json").json

    assert [f"o{n:02}" for n in range(23)] == [order["order_id"] for order in listed["orders"]]
    assert listed["more"] is False


def test_a_limit_ends_a_list(cli: Terminal, api: FakeApi) -> None:
    """Over several pages, and it is said that there may be more."""
    for n in range(23):
        api.put(f"o{n:02}")
    api.page_size = 4

    listed = cli.ok("list", "--limit", "10", "--json").json

    assert (10, True) == (len(listed["orders"]), listed["more"])
    assert "There may be more" in cli.ok("list", "--limit", "10").stderr


def test_a_list_is_narrowed(cli: Terminal, api: FakeApi) -> None:
    """By state, stage and words."""
    api.put("lamp", title="Desk lamp")
    api.put("chair", title="Chair", state="closed")

    def ids(*options: str) -> list[str]:
        return [order["order_id"] for order in cli.ok("list", "--json", *options).json["orders"]]

    assert ["chair"] == ids("--state", "closed")
    assert ["lamp"] == ids("--q", "Desk")
    assert [] == ids("--stage", "delivered")
    assert "No orders.\n" == cli.ok("list", "--stage", "delivered").stdout


def test_an_order_is_shown_with_all_that_is_known(cli: Terminal, api: FakeApi) -> None:
    """What to do first, then dates, checkpoints, alerts, and what was said with its id."""
    api.put(
        "lamp",
        title="Desk lamp",
        advice="Contact the seller.",
        claim_opens_on="2026-07-27",
        bank_until="2026-11-01",
        carrier={"name": "DHL", "url": "https://dhl.example/1", "number": "1"},
        links={"order": "https://aliexpress.example/1"},
        observations=[{"code": "check_digit", "text": "The check digit is wrong."}],
        checkpoints=[
            {"at": "2026-05-28T10:00:00Z", "text": "Departed", "place": "Shenzhen"},
            *({"at": f"2026-05-{n:02}T10:00:00Z", "text": "Sorted"} for n in range(27, 10, -1)),
        ],
        alerts=[{"kind": "stalled", "sent_at": None}, {"kind": "late", "sent_at": "2026-06-12"}],
    )
    cli.ok("act", "lamp", "not_found_here", "--searched", "neighbour=2026-06-14", "--note", "Asked")

    shown = cli.ok("show", "lamp").stdout

    assert shown.startswith("lamp: Desk lamp\nContact the seller.\n")
    for text in (
        *("2026-07-27", "2026-11-01", "DHL", "https://aliexpress.example/1", "Shenzhen"),
        *("The check digit is wrong.", "and 3 earlier ones", "about to be sent", "late"),
        *("neighbour 2026-06-14", "Asked", f"{1:016x}"),
    ):
        assert text in shown, text


def test_text_from_outside_is_text(cli: Terminal, api: FakeApi) -> None:
    """It can neither move the cursor nor be read as markup."""
    api.put("lamp", title="[red]A\x1b[31m\rB\u202e[/red]", advice="[bold]x[/bold]")

    for shown in (cli.ok("show", "lamp").stdout, cli.ok("list").stdout):
        assert "[red]A[31m B[/red]" in shown
        assert "[bold]x[/bold]" in shown


def test_what_was_done_is_said(cli: Terminal, api: FakeApi) -> None:
    """With its days and its amount."""
    api.put("lamp")

    ended = cli.ok("act", "lamp", "refunded", "--amount", "12.50", "--on", "2026-06-14")
    cli.ok("act", "lamp", "snooze", "--until", "2026-06-30")
    cli.ok("act", "lamp", "not_found_here", "--searched", "locker")

    assert ended.stdout.startswith("Recorded for lamp: refunded.\n")
    assert [
        {"action": "refunded", "amount": "12.50", "on": "2026-06-14"},
        {"action": "snooze", "until": "2026-06-30"},
        {"action": "not_found_here", "answers": {"locker": "2026-06-15"}},
    ] == [request.json for request in api.requests]


def test_one_word_is_taken_back(cli: Terminal, api: FakeApi) -> None:
    """By the id that `show` lists, and nothing else."""
    api.put("lamp")
    cli.ok("act", "lamp", "seller_contacted")
    cli.ok("act", "lamp", "snooze", "--until", "2026-06-30")

    assert f"{1:016x}" in cli.ok("show", "lamp").stdout
    assert cli.ok("undo", "lamp", f"{1:016x}").stdout.startswith("Taken back from lamp: ")
    left = cli.ok("show", "lamp", "--json").json["actions"]
    assert ["snooze"] == [action["action"] for action in left]
    assert 4 == cli.run("undo", "lamp", f"{1:016x}").exit_code


def test_a_senseless_word_is_refused(cli: Terminal, api: FakeApi) -> None:
    """With the API's reason."""
    api.put("lamp", state="closed")
    ended = cli.run("act", "lamp", "seller_contacted")

    assert (4, "stallwatch: The order is closed; reopen it first (409).\n") == (
        ended.exit_code,
        ended.stderr,
    )


def test_an_order_is_asked_about_now_once_in_ten_minutes(cli: Terminal, api: FakeApi) -> None:
    """The second time is refused at once, with the seconds to wait; nothing waits for them."""
    api.put("lamp")

    assert cli.ok("check", "lamp").stdout.startswith("lamp is being checked;")
    ended = cli.run("check", "lamp")

    assert 4 == ended.exit_code
    assert "stallwatch: It was asked about just now; try again in 540 s (429).\n" == ended.stderr
    assert [] == cli.waited


def test_an_order_is_changed(cli: Terminal, api: FakeApi) -> None:
    """What is named changes, what is cleared is emptied, the rest is not sent."""
    api.put("lamp", seller="A", title="Lamp")

    cli.ok("change", "lamp", "--shipped-on", "2026-05-22", "--clear", "seller")

    assert {"shipped_on": "2026-05-22", "seller": None} == api.requests[-1].json
    assert "Lamp" == api.orders["lamp"]["title"]


def test_an_order_is_deleted(cli: Terminal, api: FakeApi) -> None:
    """Where nobody can be asked, only with --yes; the command's former name still works."""
    api.put("lamp")

    assert "Deleted: lamp.\n" == cli.ok("delete", "lamp", "--yes").stdout
    assert {} == api.orders
    ended = cli.run("forget", "lamp", "--yes")
    assert (4, "stallwatch: There is no such thing (404).\n") == (ended.exit_code, ended.stderr)
