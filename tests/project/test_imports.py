"""Who imports whom, by the table of packages, and what a cold start pays."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.imports import (
    ALLOWED,
    INNER,
    MODULES,
    PACKAGE,
    PACKAGES,
    edges,
    imports,
    named,
)
from tests.project.package_picture import PICTURE, draw, floors, package_edges
from tests.support.template import ROOT
from tests.support.transformed import functions

OUTSIDE = {
    "apprise",
    "asyncio",
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "http",
    "imaplib",
    "os",
    "pathlib",
    "pydantic",
    "random",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "time",
    "urllib3",
}
"""What no package but the adapters may import."""

SPEAKS_AWS = {
    "cli.cloud",
    "aws.workers",
    "aws.clients",
    "aws.sns",
    "aws.parameters",
    "dynamodb.table",
}
"""Who knows botocore."""


def test_every_package_has_its_row() -> None:
    """A new folder says what it may import."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert PACKAGES == folders


def test_packages_import_only_what_the_table_allows() -> None:
    """An edge that the table does not allow is named with both of its ends."""
    forbidden = {
        f"{here} imports {module}: {package} may not import {there}"
        for package, here, there, module in edges()
        if there not in ALLOWED[package]
    }
    assert set() == forbidden


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_says_what_it_may_import(package: str) -> None:
    """In the docstring of its `__init__`, after what it holds; the table decides."""
    text = ast.get_docstring(ast.parse((PACKAGE / package / "__init__.py").read_text("utf-8")))
    assert text is not None
    holds, _, may = text.partition("May import ")
    said = {word for word in re.findall("[a-z]+", may.partition(".")[0]) if word in ALLOWED}
    assert said == ALLOWED[package], f"shared/stallwatch/{package}/__init__.py"
    assert holds.strip(), "say first what it holds"


def test_the_table_has_no_circle() -> None:
    """Packages stand in floors: each imports only what lies below it."""
    allowed = {(package, other) for package, others in ALLOWED.items() for other in others}
    assert max(floors(allowed, ALLOWED).values()) < 8


def test_the_picture_of_the_packages_is_current() -> None:
    """At most eight floors and sixty arrows, each of which points down."""
    arrows = package_edges()
    floor = floors(arrows, PACKAGES)
    assert all(floor[importer] > floor[imported] for importer, imported in arrows)
    assert max(floor.values()) < 8
    assert len(arrows) <= 60
    assert draw(arrows, PACKAGES) == PICTURE.read_text("utf-8"), "make picture draws it anew"


def test_nothing_imports_the_projects_other_roots() -> None:
    """The product knows neither its functions nor its tests."""
    roots = {imported.partition(".")[0] for path in MODULES for imported in imports(path)}
    assert set() == roots & {"shared", "functions", "tests"}


@pytest.mark.parametrize("path", INNER, ids=named)
def test_domain_and_use_cases_know_nothing_of_the_outside(path: Path) -> None:
    """No AWS, no network, no environment."""
    assert set() == {imported.partition(".")[0] for imported in imports(path)} & OUTSIDE


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_the_time_is_read_in_one_place(path: Path) -> None:
    """Everything else is told what time it is."""
    read = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    } & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    assert named(path) in {"aws.lambda_clock", "aws.clients"} or not read


@pytest.mark.parametrize("folder", sorted(functions()))
def test_a_handler_reads_neither_the_time_nor_the_environment(folder: str) -> None:
    """It has a clock and settings."""
    path = ROOT / "functions" / folder / "app.py"
    assert not {"os", "time", "datetime"} & set(imports(path))


def test_few_modules_speak_to_aws() -> None:
    """The table's calls stand in one module, the topic's in another, the key's in a third."""
    found = {
        named(path)
        for path in MODULES
        if any(imported.partition(".")[0] in {"boto3", "botocore"} for imported in imports(path))
    }
    assert SPEAKS_AWS == found


STARTS = """
import importlib.util, sys
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location("app", sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(*sys.modules)
"""
"""Prints the modules that are imported with a handler."""


@pytest.mark.parametrize(
    ("folder", "without"),
    [
        ("pull_tracking", ("pydantic", "babel", "boto3", "aws_lambda_powertools.event_handler")),
        ("evaluate_orders", ("pydantic", "babel", "boto3", "requests")),
        ("evaluate_orders", ("aws_lambda_powertools.event_handler", "stallwatch.api")),
        ("orders_api", ("boto3", "requests")),
        ("push_alerts", ("pydantic", "babel", "boto3", "apprise", "stallwatch.api")),
        ("read_mailbox", ("pydantic", "babel", "boto3", "openpyxl", "stallwatch.api")),
    ],
)
def test_a_cold_start_pays_for_nothing_in_vain(folder: str, without: tuple[str, ...]) -> None:
    """What a function does not need at every start is not imported with it."""
    handler = ROOT / "functions" / folder / "app.py"
    printed = subprocess.run(
        [sys.executable, "-I", "-c", STARTS, PACKAGE.parent, handler],
        capture_output=True,
        check=True,
        env={"POWERTOOLS_SERVICE_NAME": "stallwatch"},
        text=True,
    ).stdout
    imported = set(printed.split())
    assert "stallwatch.aws.settings" in imported
    assert set() == imported & set(without)
