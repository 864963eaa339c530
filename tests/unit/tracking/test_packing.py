"""Values packed small."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.tracking.packing import pack, unpack

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
values = values.filter(lambda value: "\\ud" not in ascii(value))


@settings(deadline=None)
@given(values, st.binary(max_size=200))
def test_what_was_packed_comes_out_again(value: Any, dictionary: bytes) -> None:
    """Any JSON value, with any dictionary."""
    assert value == unpack(pack(value, dictionary), dictionary)


def test_a_dictionary_makes_short_values_small() -> None:
    """What stands in it takes a few bytes."""
    value = ["Departed from departure country/region"] * 2
    text = "Departed from departure country/region"
    assert len(pack(value, text.encode())) < 20 < len(pack(value))
