"""The commands `import` and `export`."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.fake_replies import CUT, Reply
from tests.unit.cli.terminal import Terminal

HEADER = "order_id,ordered_on,tracking_number,title\n"


def write(name: str, text: str) -> str:
    """A file beside the terminal."""
    Path(name).write_text(text, "utf-8")
    return name


def rows(begin: int, end: int) -> str:
    return "".join(f"{n},2026-05-20,LP{n:014},Lamp {n}\n" for n in range(begin, end))


def test_a_file_is_imported_with_a_report(cli: Terminal, api: FakeApi) -> None:
    """What was refused stands first, with its reason, and the exit code tells of it."""
    name = write("orders.csv", f"{HEADER}1,2026-05-20,,Lamp\nno id,,,\n")

    ended = cli.run("import", name)

    assert 1 == ended.exit_code
    assert ended.stdout.startswith("orders.csv (stallwatch_csv): 1 added, 1 rejected\n")
    lines = ended.stdout.splitlines()
    assert ["2", "rejected", "it", "has", "no", "order", "id"] == lines[2].split()
    assert ["1"] == list(api.orders)


def test_the_same_file_again_changes_nothing(cli: Terminal) -> None:
    """Which is a success."""
    name = write("orders.csv", HEADER + rows(1, 4))
    cli.ok("import", name)

    assert "orders.csv (stallwatch_csv): 3 unchanged\n" == cli.ok("import", name).stdout


def test_a_dry_run_writes_nothing(cli: Terminal, api: FakeApi) -> None:
    """And says so."""
    name = write("orders.csv", HEADER + rows(1, 4))

    assert "3 added; nothing was written (--dry-run)" in cli.ok("import", "--dry-run", name).stdout
    assert {} == api.orders


def test_ten_thousand_rows_go_in_pieces(cli: Terminal, api: FakeApi) -> None:
    """Each within what one request takes; the report counts rows as the file does."""
    name = write("orders.csv", HEADER + rows(0, 10_000))

    report = cli.ok("import", name, "--json").json

    assert 5 == len(api.requests)
    assert 10_000 == report["added"] == len(api.orders)
    [file] = report["files"]
    assert list(range(1, 10_001)) == [row["row"] for row in file["rows"]]
    assert [str(n) for n in range(10_000)] == [row["order_id"] for row in file["rows"]]


def test_rows_that_were_folded_are_counted_as_the_file_does(cli: Terminal, api: FakeApi) -> None:
    """An order that several rows tell of names them all."""
    name = write("orders.csv", HEADER + rows(0, 2_500))
    folded = {"row": 2, "rows": [2, 3], "outcome": "added", "order_id": "x"}
    api.replies = [Reply(200, {"added": 1, "rows": [folded]})] * 2

    [file] = cli.ok("import", name, "--json").json["files"]

    assert [(2, [2, 3]), (2002, [2002, 2003])] == [(r["row"], r["rows"]) for r in file["rows"]]


def test_several_files_are_reported_each(cli: Terminal) -> None:
    """And counted together."""
    first = write("a.csv", HEADER + rows(0, 2))
    second = write("b.json", json.dumps([{"order_id": "7"}, {"order_id": "?"}]))

    ended = cli.run("import", first, second, "--json")

    report = ended.json
    assert (1, 3, 1) == (ended.exit_code, report["added"], report["rejected"])
    assert [("a.csv", 2), ("b.json", 1)] == [(f["file"], f["added"]) for f in report["files"]]


def test_standard_input_is_a_file_too(cli: Terminal, api: FakeApi) -> None:
    """Under the name -."""
    cli.ok("import", "-", stdin=HEADER + rows(1, 3))

    assert ["1", "2"] == list(api.orders)


def test_how_dates_are_read_is_handed_on(cli: Terminal, api: FakeApi) -> None:
    """To the API, which reads them; and so is the file's name, without its folder."""
    name = write("orders.csv", HEADER + rows(1, 3))
    cli.ok("import", "--dates", "dmy", str(Path(name).resolve()))

    assert {"dates": "dmy", "filename": "orders.csv"} == api.requests[-1].query
    assert 2 == cli.run("import", "--dates", "ymd", name).exit_code


def test_a_piece_that_is_lost_is_sent_again(cli: Terminal, api: FakeApi) -> None:
    """The same rows again change nothing, so nothing is in twice."""
    name = write("orders.csv", HEADER + rows(1, 3))
    api.replies = [CUT, Reply(503, {"message": "Service Unavailable"})]

    assert 2 == cli.ok("import", name, "--json").json["added"]


def test_an_import_that_ends_early_says_how_far_it_came(cli: Terminal, api: FakeApi) -> None:
    """And that it can be run again."""
    name = write("orders.csv", HEADER + rows(0, 4_500))
    cli.ok("import", "--dry-run", name)
    api.requests.clear()
    good = [Reply(200, {"added": 2000, "rows": []})]
    api.replies = good + [Reply(500, {"message": "Internal server error"})] * 4

    ended = cli.run("import", name, "--json")

    assert (3, "") == (ended.exit_code, ended.stdout)
    assert ended.stderr.startswith("2000 rows were imported before this and stay as they are; run")


def test_what_the_api_cannot_read_is_refused(cli: Terminal) -> None:
    """With what it tried."""
    ended = cli.run("import", write("letter.txt", "Dear Sir\n"))

    assert 4 == ended.exit_code
    assert "table, list, JSON and mail were tried (422)." in ended.stderr


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [
        ("missing.csv", None, "missing.csv: it cannot be read: No such file or directory."),
        ("empty.csv", b"", "empty.csv: there is nothing in it."),
        ("large.xlsx", b"PK\x03\x04" + b"x" * 2_000_000, "save its sheet as CSV (UTF-8)"),
    ],
)
def test_a_file_that_cannot_be_sent_stops_all(
    cli: Terminal, api: FakeApi, name: str, data: bytes | None, hint: str
) -> None:
    """Before anything of the others is sent."""
    good = write("orders.csv", HEADER + rows(1, 3))
    if data is not None:
        Path(name).write_bytes(data)
    ended = cli.run("import", good, name)

    assert (2, []) == (ended.exit_code, api.requests)
    assert hint in ended.stderr


def test_a_large_mail_is_refused_alone(cli: Terminal, api: FakeApi) -> None:
    """The others are sent; it stands in the report at its place."""
    large = f"From x\nSubject: 2\n\n{'x' * 2_000_000}\n\n"
    name = write("mails.mbox", f"From x\nSubject: 1\n\ntext\n\n{large}")
    api.replies = [Reply(200, {"unchanged": 1, "format": "mbox", "rows": []})]

    report = cli.run("import", name, "--json").json

    assert (1, 1) == (report["unchanged"], report["rejected"])
    assert [2] == [row["row"] for row in report["files"][0]["rows"]]


def test_an_export_goes_in_again(cli: Terminal, api: FakeApi) -> None:
    """Page after page, with one header; importing it changes nothing."""
    cli.ok("import", "-", stdin=HEADER + rows(10, 17))
    api.page_size = 3

    for options, name in (((), "out.csv"), (("--format", "jsonl"), "out.jsonl")):
        ended = cli.ok("export", *options, "-o", name)
        assert ("", f"Exported to {name}.\n") == (ended.stdout, ended.stderr)
        assert {"unchanged": 7, "added": 0, "filled": 0, "rejected": 0} | {"dry_run": False} == {
            k: v for k, v in cli.ok("import", name, "--json").json.items() if k != "files"
        }
        assert 0o600 == stat.S_IMODE(Path(name).stat().st_mode)


def test_an_export_may_go_into_a_pipe(cli: Terminal, api: FakeApi) -> None:
    """Nothing but the table stands on standard output, as the API wrote it."""
    cli.ok("import", "-", stdin=HEADER + rows(10, 15))
    api.page_size = 2
    ended = cli.ok("export")

    table = list(csv.reader(io.StringIO(ended.data.decode(), newline="")))
    assert [HEADER.strip().split(","), *([str(n)] for n in range(10, 15))] == [
        table[0],
        *([row[0]] for row in table[1:]),
    ]


def test_an_export_is_written_as_a_whole_or_not_at_all(cli: Terminal, api: FakeApi) -> None:
    """A page that does not come leaves the old file as it was, and nothing beside it."""
    cli.ok("import", "-", stdin=HEADER + rows(10, 15))
    api.page_size = 2
    write("out.csv", "old")
    api.replies = [Reply(200, b"order_id\n1\n", {"X-Next-Cursor": "2"}), *[CUT] * 4]

    assert 3 == cli.run("export", "-o", "out.csv").exit_code
    assert "old" == Path("out.csv").read_text("utf-8")
    assert ["out.csv"] == sorted(path.name for path in Path().iterdir() if path.is_file())


def test_a_link_header_leads_on_as_well(cli: Terminal, api: FakeApi) -> None:
    """To the next page of an export."""
    link = {"Link": f'<{api.url}/orders/export?format=csv&cursor=a%3Db>; rel="next"'}
    api.replies = [Reply(200, b"order_id\n1\n", link), Reply(200, b"order_id\n2\n")]

    assert b"order_id\n1\n2\n" == cli.ok("export").data
    assert "a=b" == api.requests[-1].query["cursor"]


def test_a_folder_that_is_not_there_is_named(cli: Terminal) -> None:
    """Before a page is asked for."""
    ended = cli.run("export", "-o", "nowhere/out.csv")

    assert 2 == ended.exit_code
    assert "nowhere/out.csv cannot be written: No such file or directory." in ended.stderr
