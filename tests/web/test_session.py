"""The terminal session of the documentation."""

from tests.web import session


def test_the_session_is_what_the_commands_print() -> None:
    """`make session` records it anew."""
    assert session.recorded_in(session.DOCUMENT.read_text("utf-8")) == session.record()
