"""The pages of a claim as the API answers them: the file, the form for the bank, a dead link."""

from datetime import UTC, datetime

from stallwatch.api.claim_response import claim_response, gone_response
from stallwatch.claims.canonical import with_checksum
from tests.support.claims import stalled

FILE = with_checksum(stalled(datetime(2026, 6, 15, 12, 0, tzinfo=UTC)).claim())


def test_the_form_for_the_bank_is_a_page_of_its_own() -> None:
    """Under the same policy; the file itself is the same for the bank."""
    form = claim_response(FILE, "html", for_bank=True)
    assert "statement for the bank" in str(form.body)
    assert "style-src 'sha256-" in str(form.headers["Content-Security-Policy"])
    assert FILE.decode() == claim_response(FILE, "json", for_bank=True).body


def test_the_page_prints_where_its_data_is() -> None:
    """The whole address, where it is given."""
    address = "https://example.org/live/claims/x?as=json"
    assert address in str(claim_response(FILE, "html", address=address).body)


def test_a_dead_link_is_a_page_in_words() -> None:
    """Not found, and never kept."""
    gone = gone_response()
    assert 404 == gone.status_code
    assert "no longer works" in str(gone.body)
    assert "no-store" == gone.headers["Cache-Control"]
