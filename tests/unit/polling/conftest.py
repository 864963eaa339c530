"""What the tests of the poll share."""

import pytest

from tests.support.poll_rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
