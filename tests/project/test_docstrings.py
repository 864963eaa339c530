"""A docstring that lists arguments lists those that there are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.template import ROOT

PLACES = ("shared/stallwatch", "functions", "tests")
FILES = sorted(path for place in PLACES for path in (ROOT / place).rglob("*.py"))


def listed(docstring: str) -> Iterator[str]:
    """The names below `Args:`."""
    _, _, below = docstring.partition("\nArgs:\n")
    for line in below.split("\n"):
        if line and not line.startswith("    "):
            return
        name = re.match(r" {4}(\w+): ", line)
        if name:
            yield name[1]


def taken(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """What a function takes, or a class when an instance is made."""
    if isinstance(node, ast.ClassDef):
        fields = {
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        }
        made = (item for item in node.body if isinstance(item, ast.FunctionDef))
        return fields.union(*(taken(item) for item in made if item.name == "__init__"))
    arguments = node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    more = (arguments.vararg, arguments.kwarg)
    return {argument.arg for argument in (*every, *more) if argument is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_docstring_lists_the_arguments_that_there_are(path: Path) -> None:
    """A name that was changed is changed there too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            extra = set(listed(ast.get_docstring(node) or "")) - taken(node)
            assert extra == set(), f"{node.name}, line {node.lineno}"
