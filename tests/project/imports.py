"""The imports of the product, read from its files, and the table of those that are allowed."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.template import ROOT

PACKAGE = ROOT / "shared" / "stallwatch"

ALLOWED: dict[str, frozenset[str]] = {
    "domain": frozenset(),
    "tracking": frozenset({"domain"}),
    "rules": frozenset({"domain", "tracking"}),
    "polling": frozenset({"domain", "tracking"}),
    "sources": frozenset({"domain", "tracking"}),
    "messages": frozenset({"domain", "tracking", "rules"}),
    "push": frozenset({"domain"}),
    "imports": frozenset({"domain"}),
    "mailbox": frozenset({"domain", "imports"}),
    "gateways": frozenset({"domain", "mailbox", "push"}),
    "orders": frozenset({"domain", "tracking", "rules", "polling", "imports"}),
    "alerting": frozenset({"domain", "tracking", "rules", "orders"}),
    "calendar": frozenset({"domain", "messages", "orders"}),
    "claims": frozenset({"domain", "tracking", "rules", "messages", "orders"}),
    "dynamodb": frozenset(
        {
            "domain",
            "tracking",
            "rules",
            "polling",
            "orders",
            "alerting",
            "calendar",
            "claims",
            "mailbox",
            "push",
        }
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
    "wiring": frozenset({"domain", "tracking", "polling", "sources", "dynamodb", "aws"}),
    "cli": frozenset({"domain", "aws", "dynamodb", "wiring"}),
}
"""What each package may import of the others. An edge that is not here is a decision to take."""

PACKAGES = ALLOWED.keys() - {"wiring"}
"""Those that are folders; the wiring is a module, which knows all of them like a function."""

ADAPTERS = {"api", "aws", "cli", "dynamodb", "gateways", "sources", "wiring.py"}
"""The packages that know the outside. Every other must not."""

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
    """Every import of one package by another: package, module, what it imports."""
    for path in MODULES:
        here = named(path)
        for imported in imports(path):
            product, _, module = imported.partition(".")
            there = module.partition(".")[0]
            if product == "stallwatch" and there in ALLOWED and there != here.partition(".")[0]:
                yield here.partition(".")[0], here, there, module
