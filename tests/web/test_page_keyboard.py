"""Everything that people come for is done by keyboard alone."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.visitor import Visitor

NAMES = (
    "add orders from a file",
    "find the urgent one",
    "write to the seller",
    "make a claim",
    "correct a mistaken refund",
    "add a second subscriber",
    "get the calendar's address",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_task_is_done_by_keyboard_alone(visitor: "Visitor", name: str) -> None:
    """From the list on, with tab, enter and letters; the focus is never lost on the way."""
    from tests.web.tasks import TASKS, Keyboard, begin, prepare  # noqa: PLC0415

    prepare(visitor.bridge.world)
    begin(visitor)

    TASKS[name](Keyboard(visitor.page))


def test_no_task_is_left_out() -> None:
    """The table of the tasks and this list are one."""
    pytest.importorskip("playwright")
    from tests.web.tasks import TASKS  # noqa: PLC0415

    assert list(NAMES) == list(TASKS)
