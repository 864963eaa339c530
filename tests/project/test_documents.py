"""The documentation: everything it names is there, and everything it must name is named."""

import json
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from stallwatch import __version__
from stallwatch.alerting import delivery
from stallwatch.api import app
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import ActionKind, Service
from stallwatch.domain.parcels import Stage
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds
from stallwatch.tracking.fingerprint import MOST_EVENTS
from stallwatch.tracking.schedule import CADENCES
from tests.project.imports import ALLOWED, MODULES, PACKAGE, named
from tests.support.documents import (
    DOCUMENTS,
    anchors,
    bare,
    commands,
    links,
    name_of,
    prose,
    read,
    spans,
    tables,
)
from tests.support.template import ROOT, resources, template

ALL = [name_of(path) for path in DOCUMENTS]
MAKEFILE = read("Makefile")

MOST_BYTES = 300_000
"""Of a picture."""

_OF_THE_CLI = {
    "--query",
    "--output",
    "--cli-binary-format",
    "--cli-read-timeout",
    "--notification-endpoint",  # how it calls the endpoint of a subscription
}

OF_AWS = {
    "AdministratorAccess",
    "AuthenticateOnUnsubscribe",
    "NotFound",
    "OmitName",
    "RetainExceptOnCreate",
    "Token",
    "TransactionConflictException",
}
"""Words of AWS that look like names of the template."""

OF_PYTHON = {"InitialFindings", "ValueError"}
"""Classes that decisions name."""

_WHERE = re.compile(r"(?:\.ci|docs|events|functions|shared|tests)/[\w./-]*")


def made() -> Iterator[tuple[str, list[str]]]:
    """Every use of make in the documentation, as the document and the words after `make`."""
    for name in ALL:
        words = [*commands(read(name)), *(span.split() for span in spans(read(name)))]
        for command in words:
            if "make" in command:
                where = command.index("make")
                yield name, [*command[:where], *command[where + 1 :]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_command_of_make_is_there() -> None:
    """Whoever types what is written gets what is written."""
    unknown = {
        (name, word)
        for name, words in made()
        for word in words
        if re.fullmatch(r"[a-z-]+", word) and word not in targets()
    }

    assert set() == unknown


def test_every_variable_given_to_make_is_read() -> None:
    """A variable that nothing reads would be ignored without a word."""
    readers = MAKEFILE + "".join(
        path.read_text("utf-8")
        for folder in ("bench", "fuzz", "local")
        for path in (ROOT / "tests" / folder).glob("*.py")
    )
    given = {
        word.partition("=")[0] for _, words in made() for word in words if re.match("[A-Z]+=", word)
    }

    assert {name for name in given if name not in readers} == set()
    assert given


@pytest.mark.parametrize("name", ALL)
def test_links_lead_somewhere(name: str) -> None:
    """To a file of the project, and to a heading that is in it."""
    for link in links(read(name)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.resolve().is_relative_to(ROOT), link
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


@pytest.mark.parametrize("name", ALL)
def test_named_files_are_there(name: str) -> None:
    """A path of the project that the text names exists."""
    text = re.sub(r"https?://\S+", "", read(name))
    named = {found.rstrip(".") for found in _WHERE.findall(text)}
    named = {path for path in named if "NAME" not in path}

    roots = ((ROOT / name).parent, ROOT)
    assert {path for path in named if not any((root / path).exists() for root in roots)} == set()


@pytest.mark.parametrize("name", ALL)
def test_commands_of_aws_are_real(name: str) -> None:
    """Service, operation and options are those of the service's own description."""
    session = botocore.session.get_session()
    for words in commands(read(name)):
        if words[0] != "aws" or words == ["aws", "configure"]:
            continue
        _, service, operation, *rest = words
        model = session.get_service_model(service)
        known = {xform_name(found, "-"): found for found in model.operation_names}
        assert operation in known, words
        shape = model.operation_model(known[operation]).input_shape
        assert shape is not None
        fits = {f"--{xform_name(member, '-')}" for member in shape.members} | _OF_THE_CLI
        options = {word for word in rest if word.startswith("--")}
        assert options - fits == set()


def test_the_parameters_are_those_of_the_template() -> None:
    """Each of them stands in a group, and so in a table."""
    rows = tables(read("docs/deploy.md"), "parameter", "default")
    assert set(template()["Parameters"]) == {bare(row[0]) for row in rows}


def test_parameters_in_examples_are_the_templates() -> None:
    """`Name=value` after `--parameter-overrides` and in `PARAMETERS`."""
    named = set()
    for name in ALL:
        for words in [*commands(read(name)), *(span.split() for span in spans(read(name)))]:
            named |= set(re.findall(r"\b([A-Z][a-z]\w+)=", " ".join(words)))

    assert named - set(template()["Parameters"]) - OF_AWS == set()


def test_the_outputs_are_those_of_the_template() -> None:
    """Each of them, and no other."""
    expected = list(template()["Outputs"])

    assert expected == [bare(row[0]) for row in tables(read("docs/deploy.md"), "output")]


def test_the_alarms_are_those_of_the_template() -> None:
    """Each of them with the monitoring that it comes with; and the costs count them."""
    alarms = resources("AWS::CloudWatch::Alarm")
    monitoring = {
        "HasAlarms": "basic",
        "HasPushAlarms": "basic",
        "HasMailboxAlarms": "basic",
        "HasFullMonitoring": "full",
    }
    rows = tables(read("docs/operations.md"), "alarm")
    always = Counter(alarm["Condition"] for alarm in alarms.values())
    basic = dict(row[:2] for row in tables(read("docs/performance.md"), "20 orders, 30 days"))
    added = dict(row[:2] for row in tables(read("docs/performance.md"), "`full` adds"))

    assert {name: monitoring[alarm["Condition"]] for name, alarm in alarms.items()} == {
        bare(row[0]): row[1] for row in rows
    }
    for name, parameter in (("PushHasDeadLetters", "PushUrls"), ("MailboxIsNotRead", "Mailbox")):
        (row,) = (row for row in rows if bare(row[0]) == name)
        assert row[2].endswith(f"only with `{parameter}`")
    assert list(alarms) == [bare(row[0]) for row in rows]
    assert basic["alarms"].startswith(f"{always['HasAlarms']} ×")
    assert added["alarms"].startswith(f"{always['HasFullMonitoring']} ×")
    assert added["metrics"].startswith(f"{len(metrics())} ×")
    assert added["dashboard"].startswith(f"{len(resources('AWS::CloudWatch::Dashboard'))} ×")


def metrics() -> set[str]:
    """The stack's own metrics: those that its alarms and its dashboard show."""
    found = {
        (p["Namespace"], p["MetricName"])
        for p in (a["Properties"] for a in resources("AWS::CloudWatch::Alarm").values())
    }
    for dashboard in resources("AWS::CloudWatch::Dashboard").values():
        body = json.loads(dashboard["Properties"]["DashboardBody"]["Fn::Sub"])
        for widget in body["widgets"]:
            space = name = ""
            for metric in widget["properties"]["metrics"]:
                space = space if metric[0] == "." else metric[0]
                name = name if metric[1] == "." else metric[1]
                found.add((space, name))
    return {name for space, name in found if space == "Stallwatch"}


def test_messages_of_the_log_are_logged() -> None:
    """Whoever searches for what is written finds it."""
    code = [*(ROOT / "functions").glob("*/app.py"), *(ROOT / "shared" / "stallwatch").rglob("*.py")]
    text = "".join(path.read_text("utf-8") for path in code)
    rows = tables(read("docs/operations.md"), "message", "from")
    named = [bare(name.strip()) for row in rows for name in row[0].split(",")]

    assert [name for name in named if f'("{name}"' not in text] == []
    assert named


def test_the_resources_that_are_named_are_there() -> None:
    """Whatever looks like a resource, a parameter or an output of the template is one."""
    whole = template()
    known = {*whole["Resources"], *whole["Parameters"], *whole["Outputs"]}
    known |= {"OrdersApi", "Protocol", "Reply", "Answer", "SubscribeURL", "Message", "Decimal"}
    known |= OF_AWS | OF_PYTHON
    named = {
        span
        for name in ALL
        if name != "CONTRIBUTING.md"  # which names classes too
        for span in spans(read(name))
        if re.fullmatch(r"(?:[A-Z][a-z]+){2,}|Message|Reply|Answer", span)
    }

    assert named - known == set()


@pytest.mark.parametrize("kind", AlertKind)
def test_every_alert_kind_has_its_paragraph(kind: AlertKind) -> None:
    """In the rules in plain words."""
    assert f"`{kind}`" in read("docs/rules.md"), f"docs/rules.md: a paragraph **`{kind}`**: …"


def test_the_actions_are_those_of_the_product() -> None:
    """Every word of the buyer, and no other."""
    first = [row[0] for row in tables(read("docs/rules.md"), "action")]

    assert {deed.value for deed in ActionKind} == {
        bare(w.strip()) for c in first for w in c.split(",")
    }


def test_the_stages_are_those_of_the_product() -> None:
    """Every stage, and no other."""
    rows = tables(read("docs/rules.md"), "stage")

    assert set(Stage) == {bare(row[0]) for row in rows}
    assert len(Stage) == len(rows)


def test_the_windows_are_those_of_the_rules() -> None:
    """By service, and by how far it is."""
    thresholds = Thresholds()
    expected = {}
    for service in Service:
        windows = [thresholds.window(service, remote=remote) for remote in (False, True)]
        expected[service.value] = [f"{window.low}–{window.high}" for window in windows]
    rows = tables(read("docs/rules.md"), "service")

    assert expected == {bare(row[0]): [cell.split()[0] for cell in row[1:]] for row in rows}
    assert len(MAJOR_DESTINATIONS) - 27 == len(
        "US CA MX GB NO CH IS IL TR UA JP KR SG AU NZ SA AE".split()
    )


def test_the_cadences_are_those_of_the_wheel() -> None:
    """Hours between two looks."""
    rows = tables(read("docs/rules.md"), "hours")

    assert list(CADENCES) == [int(row[0]) for row in rows]


def packages() -> dict[str, str]:
    """The packages that the architecture describes, each with its paragraph."""
    paragraphs = re.split(r"\n\n", prose(read("docs/architecture.md")))
    found = {}
    for paragraph in paragraphs:
        if match := re.match(r"\*\*`(\w+)`\*\*", paragraph):
            found[match[1]] = " ".join(paragraph.split())
    return found


def test_every_package_has_its_paragraph() -> None:
    """In the order of the table of imports, and the page last; the wiring is a module."""
    assert [*ALLOWED, "web"] == list(packages())
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders | {"wiring"} == packages().keys()


@pytest.mark.parametrize("package", sorted(ALLOWED.keys() - {"api"}))
def test_a_package_s_paragraph_says_what_it_imports(package: str) -> None:
    """All that the table of imports allows it, and nothing else, in its last sentence."""
    *_, sentence = packages()[package].removesuffix(".").split(". ")

    assert ALLOWED[package] == set(spans(sentence)) & ALLOWED.keys()


def test_the_modules_that_are_named_are_there() -> None:
    """Whoever opens what the architecture or a decision names finds it."""
    modules = {named(path) for path in MODULES}
    for name in ("docs/architecture.md", *(n for n in ALL if n.startswith("docs/decisions/"))):
        for span in spans(read(name)):
            package, _, rest = span.partition(".")
            if package in ALLOWED and re.fullmatch(r"\w+(\.\w+)?", rest):
                assert modules & {span, span.rpartition(".")[0]}, f"{span} in {name}"


def test_the_doors_lead_to_files() -> None:
    """Their paths are below the product's folder."""
    doors = re.compile(rf"(?:{'|'.join([*ALLOWED, 'web'])})/[\w./-]*")
    named_paths = {span for span in spans(read("CONTRIBUTING.md")) if doors.fullmatch(span)}

    assert [path for path in sorted(named_paths) if not (PACKAGE / path).exists()] == []
    assert named_paths


def test_every_folder_of_tests_is_named() -> None:
    """Whoever looks for the place of a new test finds it."""
    named_folders = {row[0].strip("`/") for row in tables(read("CONTRIBUTING.md"), "path")}
    folders = {
        f"tests/{path.name}"
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    assert folders - named_folders == set()


def test_the_runtime_has_one_name() -> None:
    """Whatever names a Python for the functions names that of the template's functions."""
    runtime = template()["Globals"]["Function"]["Runtime"]
    version = runtime.removeprefix("python")
    assert {"ci.yml": True, "run": True} == {
        path.name: version in path.read_text("utf-8")
        for path in (ROOT / ".github/workflows/ci.yml", ROOT / ".ci/run")
    }
    assert f"\nRUNTIME := {version}\n" in read("shared/Makefile")
    for layer in resources("AWS::Serverless::LayerVersion").values():
        assert [runtime] == layer["Properties"]["CompatibleRuntimes"]
    assert f"`{runtime}`" in read("CONTRIBUTING.md")


def test_tests_that_are_named_are_there() -> None:
    """What is said to be held by a test is."""
    code = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named_tests = {
        (name, span)
        for name in ("docs/aws-facts.md", "docs/security.md", "CONTRIBUTING.md")
        for span in spans(read(name))
        if re.fullmatch(r"test_[a-z0-9_]+", span)
    }
    assert {(name, test) for name, test in named_tests if f"def {test}(" not in code} == set()
    assert named_tests


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("docs/limits.md", f"{app.MOST_BYTES // 1024} KiB"),
        ("docs/api.md", f"{app.MOST_BYTES // 1024} KiB"),
        ("docs/limits.md", f"a message {delivery.MOST_IN_ONE} orders"),
        ("docs/alerts.md", f"at most {delivery.MOST_IN_ONE}"),
        ("docs/limits.md", f"at most {MOST_EVENTS} events"),
        ("docs/limits.md", f"ends {Thresholds().end_after_order} days after the order"),
        ("docs/deploy.md", "at most 1,000 in one call"),
        ("CONTRIBUTING.md", "Python 3.11 or newer"),
    ],
)
def test_numbers_are_those_of_the_code(name: str, said: str) -> None:
    """A number that changes in the code changes in the text."""
    assert said in " ".join(read(name).split())


@pytest.mark.parametrize("table", ["20 orders, 30 days", "`full` adds"])
def test_the_costs_add_up(table: str) -> None:
    """Each line is what its own arithmetic says, to the tenth of a cent, and the last their sum."""
    *rows, (_, _, together) = tables(read("docs/performance.md"), table)
    exact = 0.0
    for what, arithmetic, cost in rows:
        total = 0.0
        for part in re.sub(r"[,$]", "", arithmetic).split(" + "):
            value = 1.0
            for sign, number in re.findall(r"(?:([×÷]) )?([\d.]+)", part):
                value = value / float(number) if sign == "÷" else value * float(number)
            total += value
        assert float(cost.strip("$")) == pytest.approx(total, abs=0.0005), what
        exact += total
    assert float(together.strip("$")) == pytest.approx(exact, abs=0.0005)


def test_the_sums_of_both_tables_make_what_full_monitoring_costs() -> None:
    """Which the sentence between them names."""
    sums = [
        float(tables(read("docs/performance.md"), table)[-1][2].strip("$"))
        for table in ("20 orders, 30 days", "`full` adds")
    ]
    assert f"`full` costs ${sum(sums):.3f}" in read("docs/performance.md")


def test_the_version_stands_in_one_place() -> None:
    """In the package; the API's document is made of it, and only the changelog names it besides."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", ":!*requirements*.txt", ":!CHANGELOG.md", ":!tests"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    texts = {
        name: (ROOT / name).read_text("utf-8", errors="ignore")
        for name in listed.stdout.split("\0")
        if name and not name.endswith((".png", ".gif"))
    }
    own = re.compile(rf"""(?i)version(?:__|["'])?\s*[:=]\s*["']?{re.escape(__version__)}\b""")

    assert ["shared/stallwatch/__init__.py", "shared/stallwatch/web/openapi.json"] == [
        name for name, text in texts.items() if own.search(text)
    ]


def test_the_changes_begin_with_this_version() -> None:
    """That of the package, from which the project takes it."""
    whole: dict[str, Any] = tomllib.loads(read("pyproject.toml"))
    project = whole["project"]
    versions = re.findall(r"^## (\d\S*)", read("CHANGELOG.md"), re.MULTILINE)

    assert __version__ == versions[0]
    assert "version" in project["dynamic"]
    assert "shared/stallwatch/__init__.py" == whole["tool"]["hatch"]["version"]["path"]
    assert project["license"] in read("LICENSE").splitlines()[0]


def test_the_decisions_are_all_listed() -> None:
    """Each file has its line, with its title."""
    folder = ROOT / "docs" / "decisions"
    listed = dict(re.findall(r"\| \[\d{4}\]\((\S+)\) \| (.+) \|", read("docs/decisions/README.md")))
    written = {
        path.name: path.read_text("utf-8").splitlines()[0].partition(": ")[2]
        for path in folder.glob("[0-9]*.md")
    }

    assert written == listed


def test_pictures_are_small_and_shown() -> None:
    """Whoever opens the README on a phone gets them at once; and none lies about unused."""
    pictures = {path: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    shown = {
        (ROOT / name).parent.joinpath(link).resolve() for name in ALL for link in links(read(name))
    }

    assert [path.name for path, size in pictures.items() if size > MOST_BYTES] == []
    assert pictures.keys() - shown == set()
