"""The documentation names what the code has: kinds, stages, packages, numbers, costs."""

import re

import pytest

from stallwatch.alerting import delivery
from stallwatch.api import app
from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.orders import ActionKind, Service
from stallwatch.domain.parcels import Stage
from stallwatch.domain.thresholds import MAJOR_DESTINATIONS, Thresholds
from stallwatch.tracking.fingerprint import MOST_EVENTS
from stallwatch.tracking.schedule import CADENCES
from tests.project.imports import ALLOWED, MODULES, PACKAGE, named
from tests.support.documents import DOCUMENTS, bare, name_of, prose, read, spans, tables
from tests.support.template import ROOT, resources, template

ALL = [name_of(path) for path in DOCUMENTS]


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
