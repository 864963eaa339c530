"""The page in the languages of the alerts."""

import re
from typing import TYPE_CHECKING

import pytest

from stallwatch.api.page_words import page_words
from stallwatch.domain.languages import ALERT_LANGUAGES
from tests.web.bridge import KEY, Bridge
from tests.web.stock import LEFT, MOVING, add, check, day

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.visitor import Visitor

VIEWS = ("", "#/add", "#/subscriptions", "#/stats", "#/orders/1", "#/orders/1/edit")


def sign_in(visitor: "Visitor", language: str) -> None:
    words = page_words(language)
    visitor.page.get_by_label(str(words["key.key"])).fill(KEY)
    visitor.page.get_by_role("button", name=str(words["key.title"])).click()
    visitor.page.locator("main[aria-busy=false] h1").wait_for()


def filled(gateway: Bridge) -> None:
    add(gateway.world, "1", LEFT, title="Lampe", protection_ends_on=day(gateway.world, -12))
    add(gateway.world, "2", MOVING, ordered=10)
    check(gateway.world)


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("pl-PL", "pl"), ("pt-PT", "pt-PT")]
)
def test_the_page_speaks_the_browsers_language(
    browser: "Browser", gateway: Bridge, locale: str, language: str
) -> None:
    """Words, counted words, days and advice alike, on every view; no key of a sentence is seen."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    filled(gateway)
    words = page_words(language)
    with visiting(browser, gateway, locale=locale) as visitor:
        visitor.open()
        sign_in(visitor, language)
        page = visitor.page
        visitor.expect(page.get_by_role("heading", level=1)).to_have_text(str(words["list.title"]))
        silent = words["order.silent"]
        assert isinstance(silent, dict)
        category = {"de": "other", "pl": "many", "pt-PT": "other"}[language]
        visitor.expect(page.get_by_text(silent[category].replace("{n}", "62"))).to_be_visible()
        for view in VIEWS:
            page.evaluate("route => { location.hash = route || '#/'; }", view)
            page.locator("main[aria-busy=false] h1").wait_for()
            assert "{" not in page.locator("body").inner_text()
        assert language == page.evaluate("document.documentElement.lang")
        opened = {"de": "13. Juni", "pl": "13 cze", "pt-PT": "13/06"}[language]
        page.evaluate("location.hash = '#/orders/1'")
        visitor.expect(page.locator(".present .dates")).to_contain_text(opened)
        checked = {"de": "15. Juni 2026", "pl": "15 cze 2026", "pt-PT": "15/06/2026"}[language]
        visitor.expect(page.locator(".facts")).to_contain_text(checked)


@pytest.mark.parametrize("language", ALERT_LANGUAGES)
def test_every_word_fits_on_the_smallest_phone(
    browser: "Browser", gateway: Bridge, language: str
) -> None:
    """None is broken, and none reaches out of its button, tab or row, on any view."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    filled(gateway)
    smallest = {"width": 320, "height": 568}
    with visiting(browser, gateway, locale=language, viewport=smallest) as visitor:
        visitor.open()
        sign_in(visitor, language)
        page = visitor.page
        for view in VIEWS:
            page.evaluate("route => { location.hash = route || '#/'; }", view)
            page.locator("main[aria-busy=false] h1").wait_for()
            assert [] == visitor.misfits(), view


def test_a_sentence_ends_with_one_dot(browser: "Browser", gateway: Bridge) -> None:
    """Though the month before it is shortened, and has one too."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    filled(gateway)
    words = page_words("fr")
    with visiting(browser, gateway, locale="fr-FR") as visitor:
        visitor.open("#/orders/1")
        sign_in(visitor, "fr")
        visitor.page.get_by_role("button", name=str(words["claim.make"])).click()
        made = visitor.page.locator(".links li p").first

        visitor.expect(made).to_have_text(re.compile(r"15 juil\.$"))


def test_a_chosen_language_wins_and_stays(visitor: "Visitor") -> None:
    """By the switch at the foot of every view, the sign-in too; the key is not asked for again."""
    filled(visitor.bridge)
    visitor.go("")
    page = visitor.page
    page.get_by_label("Language").select_option("de")
    visitor.expect(page.get_by_role("heading", level=1)).to_have_text("Bestellungen")
    visitor.expect(page.get_by_text("seit 62 Tagen still")).to_be_visible()
    page.reload()
    visitor.expect(page.get_by_role("heading", level=1)).to_have_text("Bestellungen")

    page.get_by_label("Sprache").select_option("fr")
    visitor.expect(page.get_by_role("heading", level=1)).to_have_text("Commandes")
    page.get_by_role("button", name="Se déconnecter").click()
    visitor.expect(page.get_by_label("Clé d'API")).to_be_visible()
    page.get_by_label("Langue").select_option("en")
    visitor.expect(page.get_by_label("API key")).to_be_visible()


def test_the_switch_offers_every_language_of_the_alerts(visitor: "Visitor") -> None:
    """Each by its own name."""
    visitor.open()
    options = visitor.page.get_by_label("Language").locator("option")

    visitor.expect(options).to_have_text(
        [str(page_words("en")[f"language.{code}"]) for code in ALERT_LANGUAGES]
    )


def test_what_is_refused_is_said_in_the_pages_language(browser: "Browser", gateway: Bridge) -> None:
    """By the page itself and by the API, at its field."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    filled(gateway)
    words = page_words("de")
    with visiting(browser, gateway, locale="de-DE") as visitor:
        visitor.expected = {422}
        visitor.open("#/orders/1/edit")
        sign_in(visitor, "de")
        price = visitor.page.get_by_label(str(words["field.price"]))
        price.fill("zwölf")
        visitor.page.get_by_label(str(words["field.currency"])).fill("EUR")
        visitor.page.get_by_label(str(words["field.tracking_number"])).fill("?")
        visitor.page.get_by_role("button", name=str(words["form.edit_go"])).click()

        visitor.expect(visitor.page.get_by_text(str(words["wrong.price"]))).to_be_visible()
        visitor.expect(price).to_be_focused()
        price.fill("12,50")
        visitor.page.get_by_role("button", name=str(words["form.edit_go"])).click()
        visitor.expect(
            visitor.page.get_by_text(str(words["wrong.tracking_number"]))
        ).to_be_visible()


def test_what_the_api_refuses_is_said_in_the_pages_language(
    browser: "Browser", gateway: Bridge
) -> None:
    """A subscriber's address, an order that is there already, and a word that makes no sense."""
    from tests.web.visitor import visiting  # noqa: PLC0415

    filled(gateway)
    words = page_words("de")
    with visiting(browser, gateway, locale="de-DE") as visitor:
        visitor.expected = {409, 422}
        visitor.open("#/subscriptions")
        sign_in(visitor, "de")
        page = visitor.page
        address = page.get_by_label(str(words["subs.address"]))
        address.fill("+49 151")
        page.get_by_role("button", name=str(words["subs.go"])).click()
        visitor.expect(address).to_have_accessible_description(
            "Geben Sie eine Telefonnummer wie +4915112345678 ein oder eine E-Mail-Adresse."
        )
        page.evaluate("location.hash = '#/add'")
        page.get_by_label(str(words["field.order_id"])).fill("1")
        page.get_by_label(str(words["field.ordered_on"])).fill("2026-06-01")
        page.get_by_role("button", name=str(words["form.add_go"]), exact=True).click()
        visitor.expect(page.get_by_role("alert").filter(has_text="1")).to_have_text(
            "Es gibt schon eine Bestellung 1 mit anderem Inhalt."
        )


def test_texts_from_outside_do_not_turn_a_line(visitor: "Visitor") -> None:
    """One that runs from right to left stands apart from the page's own words around it."""
    add(visitor.bridge.world, "1", title="مصباح مكتب LED")
    check(visitor.bridge.world)
    visitor.go("#/orders/1")
    direction = "element => getComputedStyle(element).direction"

    assert "rtl" == visitor.page.get_by_role("heading", level=1).evaluate(direction)
    assert "ltr" == visitor.page.locator("main").evaluate(direction)
    told = visitor.page.locator(".timeline li p:nth-child(2)")
    visitor.expect(told.locator("bdi").first).to_be_visible()
    assert told.count() == told.filter(has=visitor.page.locator("bdi")).count()
