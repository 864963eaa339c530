"""Who imports whom, by the table of packages, and what a cold start pays."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.template import ROOT
from tests.support.transformed import functions

PACKAGE = ROOT / "shared" / "stallwatch"

ALLOWED: dict[str, frozenset[str]] = {
    "domain": frozenset(),
    "tracking": frozenset({"domain"}),
    "rules": frozenset({"domain", "tracking"}),
    "polling": frozenset({"domain", "tracking"}),
    "sources": frozenset({"domain", "tracking"}),
    "messages": frozenset({"domain", "tracking", "rules"}),
    "imports": frozenset({"domain"}),
    "orders": frozenset({"domain", "tracking", "rules", "polling"}),
    "alerting": frozenset({"domain", "tracking", "rules", "orders"}),
    "calendar": frozenset({"domain", "rules", "messages", "orders"}),
    "claims": frozenset({"domain", "tracking", "rules", "messages", "orders"}),
    "dynamodb": frozenset(
        {"domain", "tracking", "rules", "polling", "orders", "alerting", "claims", "calendar"}
    ),
    "aws": frozenset({"domain", "tracking", "polling", "alerting", "messages"}),
    "api": frozenset(
        {
            "domain",
            "tracking",
            "rules",
            "polling",
            "messages",
            "imports",
            "orders",
            "alerting",
            "calendar",
            "claims",
        }
    ),
}
"""What each package may import of the others. An edge that is not here is a decision to take."""

ADAPTERS = {"api", "aws", "dynamodb", "sources"}
"""The packages that know the outside. Every other must not."""

OUTSIDE = {
    "asyncio",
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "http",
    "os",
    "pathlib",
    "pydantic",
    "random",
    "requests",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "time",
    "urllib3",
}
"""What no package but the adapters may import."""

SPEAKS_AWS = {"aws.workers", "aws.clients", "aws.sns", "aws.parameters", "dynamodb.table"}
"""Who knows botocore."""

MODULES = sorted(PACKAGE.rglob("*.py"))
INNER = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] not in ADAPTERS]


def named(path: Path) -> str:
    """A module's name within the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            assert node.module is not None
            yield node.module
            if node.module == "stallwatch":
                yield from (f"stallwatch.{alias.name}" for alias in node.names)


def edges() -> Iterator[tuple[str, str, str, str]]:
    """Every import of one package by another: package, module, imported package, imported module."""
    for path in MODULES:
        here = named(path)
        for imported in imports(path):
            product, _, module = imported.partition(".")
            there = module.partition(".")[0]
            if product == "stallwatch" and there in ALLOWED and there != here.partition(".")[0]:
                yield here.partition(".")[0], here, there, module


def test_every_package_has_its_row() -> None:
    """A new folder says what it may import."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(ALLOWED) == folders


def test_packages_import_only_what_the_table_allows() -> None:
    """An edge that the table does not allow is named with both of its ends."""
    forbidden = {
        f"{here} imports {module}: {package} may not import {there}"
        for package, here, there, module in edges()
        if there not in ALLOWED[package]
    }
    assert set() == forbidden


def test_the_table_has_no_circle() -> None:
    """Packages stand in floors: each imports only what lies below it."""
    floors: dict[str, int] = {}
    while len(floors) < len(ALLOWED):
        ready = {p for p, below in ALLOWED.items() if p not in floors and below <= floors.keys()}
        assert ready, f"a circle among {sorted(ALLOWED.keys() - floors.keys())}"
        floors |= dict.fromkeys(ready, max(floors.values(), default=0) + 1)
    assert max(floors.values()) <= 8


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
    assert named(path) == "aws.lambda_clock" or not read


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
