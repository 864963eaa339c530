"""The secret with the addresses of push services."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.push.addresses import ALARM, KINDS, PushError, read_addresses

TEXT = """
# my phone
ntfy://ntfy.example/topic-that-is-a-secret

tgram://123:token/456 refund_claim, protection_ending alarm
ntfy://ntfy.example/topic-that-is-a-secret
"""

LINES = st.sampled_from(
    ["ntfy://a/b", "ntfy://a/b late", "#", "\ufeffntfy://a", "://", "a://[", ","]
)


def test_one_address_a_line_with_the_kinds_it_wants() -> None:
    """None: all. The same address twice is one; comments and empty lines are passed over."""
    phone, telegram = read_addresses(TEXT)
    assert ("ntfy://ntfy.example/topic-that-is-a-secret", 3) == (phone.url, phone.line)
    assert {"refund_claim", "protection_ending", ALARM} == telegram.kinds
    assert all(phone.wants(kind) for kind in KINDS)
    assert (True, False) == (telegram.wants("refund_claim"), telegram.wants("late"))
    assert phone.key != telegram.key


def test_nothing_of_an_address_is_shown() -> None:
    """Where it is logged by mistake; its key is a hash."""
    (phone, _) = read_addresses(TEXT)
    assert "secret" not in repr(phone)
    assert "secret" not in phone.key


@pytest.mark.parametrize("line", ["topic-secret", "ntfy://secret/a nonsense", "ntfy://secret/a ,x"])
def test_a_bad_line_is_named_by_its_number(line: str) -> None:
    """And by nothing of its text."""
    with pytest.raises(PushError) as refused:
        read_addresses(f"ntfy://fine.example/a\n{line}\n")
    assert "line 2" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "nonsense" not in str(refused.value)


def test_there_are_not_too_many() -> None:
    """One run asks them all."""
    with pytest.raises(PushError, match="20"):
        read_addresses("\n".join(f"ntfy://ntfy.example/{n}" for n in range(21)))


@settings(deadline=None)
@given(st.text(max_size=80) | st.lists(LINES, max_size=25).map("\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """In our own words."""
    try:
        addresses = read_addresses(text)
    except PushError:
        return
    assert len({address.key for address in addresses}) == len(addresses)
