"""SMS: one segment, the title before the number, and never half an order."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stallwatch.domain.alerts import AlertKind
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.messages.compose import SMS_LIMIT, compose
from stallwatch.messages.translations import Translations
from tests.support.alphabets import GSM7
from tests.support.effort import examples
from tests.support.message_samples import (
    ABOUT_ORDERS,
    NATURAL,
    OF_THE_SOURCE,
    ORDER,
    PAGE,
    dated,
    facts_in,
    notification,
)


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
@pytest.mark.parametrize(("kind", "reason"), ABOUT_ORDERS)
def test_an_sms_says_all_of_it_whatever_the_name(
    language: str, kind: AlertKind, reason: str
) -> None:
    """The name gives way, never what happened or what to do."""
    facts = facts_in(NATURAL[kind, reason], **dated(999))
    translations = Translations(language)

    def sms(**changes: str | None) -> str:
        order = replace(ORDER, **changes)  # type: ignore[arg-type]
        return compose(notification(kind, reason, (order,), facts), PAGE, translations).sms

    short = sms(title="W").removeprefix("W").removesuffix(f" ({ORDER.order_id})")
    for long in (sms(title="W" * 200), sms(title=None, order_id="W" * 64)):
        assert len(long) <= SMS_LIMIT
        assert long.endswith(short)
        assert set(long) <= GSM7
    assert "Stallwatch" not in short


def test_the_title_stands_before_the_number() -> None:
    """Which follows where there is room; without a title it is the name."""
    kind = AlertKind.STALLED
    sms = compose(notification(kind), PAGE, Translations()).sms
    assert sms.startswith("USB cable: ")
    assert sms.endswith("(8123456789012345)")
    untitled = replace(ORDER, title=None)
    sms = compose(notification(kind, orders=(untitled,)), PAGE, Translations()).sms
    assert sms.startswith("order 8123456789012345: ")
    assert 1 == sms.count("8123456789012345")


@settings(max_examples=examples(15), deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=2, max_size=50),
    st.sampled_from(ABOUT_ORDERS),
    st.sampled_from(ALERT_LANGUAGES),
)
def test_several_orders_are_cut_after_a_whole_one_and_counted(
    lengths: list[int], spoken: tuple[AlertKind, str], language: str
) -> None:
    """Each is named, or counted with the rest."""
    orders = tuple(
        replace(ORDER, order_id=f"{n}", title=f"{n}x{'y' * length}")
        for n, length in enumerate(lengths)
    )
    sms = compose(notification(*spoken, orders), PAGE, Translations(language)).sms
    assert len(sms) <= SMS_LIMIT
    named = len(re.findall(r"\dxy", sms))
    more = re.search(r"\+(\d+)$", sms)
    assert len(orders) == named + (int(more[1]) if more else 0)


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_an_sms_about_the_source_does_without_the_product_s_name(language: str) -> None:
    """SNS puts it in front."""
    for kind in OF_THE_SOURCE:
        sms = compose(notification(kind), PAGE, Translations(language)).sms
        assert 0 < len(sms) <= SMS_LIMIT
        assert "Stallwatch" not in sms
