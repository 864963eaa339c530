"""The order of the tests."""

from tests.conftest import FIRST
from tests.support.template import ROOT


def test_what_is_begun_with_is_there() -> None:
    """A file that was renamed keeps its place."""
    assert [] == [name for name in FIRST if not (ROOT / name).exists()]
