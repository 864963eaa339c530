"""An assertion of the tests can fail."""

import ast

import pytest

from tests.support.template import ROOT


def idle(source: str) -> list[str]:
    """The assertions whose outcome does not depend on what is tested.

    A choice is one: `assert "a" if x else "b" == y` compares in one of its branches alone.
    """
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert) and _is_idle(node.test)
    ]


def _is_idle(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp):
        return any(map(_is_idle, test.values))
    if isinstance(test, ast.Compare):
        return ast.unparse(test.left) == ast.unparse(test.comparators[-1])
    return isinstance(test, ast.IfExp | ast.Constant | ast.Tuple | ast.JoinedStr | ast.Lambda)


def test_no_assertion_is_idle() -> None:
    """Nor any part of one."""
    files = (ROOT / "tests").rglob("*.py")
    assert [] == [(str(path), one) for path in files for one in idle(path.read_text("utf-8"))]


@pytest.mark.parametrize(
    "source", ["assert 'a' if x else 'b' == y", "assert x or 1", "assert (x, y)", "assert x == x"]
)
def test_an_idle_assertion_is_found(source: str) -> None:
    """And one that can fail is not."""
    assert [source] == idle(source)
    assert [] == idle("assert ('a' if x else 'b') == y")
