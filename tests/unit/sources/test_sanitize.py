"""What is taken out of texts: who signed, and how to reach somebody."""

import pytest

from stallwatch.sources.sanitize import without_contacts
from tests.support.cainiao_answers import NUMBER, detail, known_answer, module, only_event


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Call 0176/12345678 now", "Call ... now"),
        ("اتصل ٠٥٠١٢٣٤٥٦٧", "اتصل ..."),
        ("电话１３８００１３８０００", "电话..."),
        ("Contact the courier, Tel: 9123 4567.", "Contact the courier, Tel: ...."),
        ("Teléfono 12 34 56 78", "Teléfono ..."),
        ("手机：12345678", "手机：..."),
        ("Photo img.example.org/door.jpg?x=1 taken", "Photo ... taken"),
        ("签收照片https://example.org/a", "签收照片..."),
    ],
)
def test_no_contact_is_kept_however_it_is_written(text: str, kept: str) -> None:
    """Digits of other scripts, short numbers behind a word for a telephone, pictures' addresses."""
    assert kept == without_contacts(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Delivered, signed by MARIA GARCIA", "Delivered, signed by ..."),
        ("Done. Signed for by: M. GARCIA, ANA. Thanks", "Done. Signed for by: .... Thanks"),
        ("Entregado. Firmado por Juan Pérez", "Entregado. Firmado por ..."),
        ("Entregue. Recebedor: João Silva", "Entregue. Recebedor: ..."),
        ("Remis au destinataire: Zoé", "Remis au destinataire: ..."),
        ("Zugestellt, Empfänger: Jörg (Nachbar)", "Zugestellt, Empfänger: ...(Nachbar)"),
        ("已签收，签收人：王小明", "已签收，签收人：..."),
        ("تم التسليم، المستلم: أحمد", "تم التسليم، المستلم: ..."),
    ],
)  # fmt: skip
def test_nobody_s_name_is_kept(text: str, kept: str) -> None:
    """Who signed is the receiver's own, or a neighbour's."""
    assert kept == without_contacts(text)


@pytest.mark.parametrize(
    "text",
    [
        "Received by local delivery company",
        "Recibido por la empresa de transporte",
        "Delivered to the recipient",
        "Receiver not available",
        "Package delivered by courier",
        "To be delivered 10.05.2026 08:00 - 12:00",
        "Arrived 2026/05/10 08:00:00",
        "已签收",
        "Flight CA 1234, bag 12345678",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    """Carriers, days and flights are what a text is kept for."""
    assert text == without_contacts(text)


def test_no_contact_is_kept_in_a_place_or_a_name() -> None:
    """Nor in the kind of mail."""
    assert "..." == only_event(standerdDesc="[ana@example.org] Delivered").place
    answer = known_answer(
        module(
            NUMBER,
            detail(),
            mailType="Economy 600123456",
            destCpInfo={"cpName": "Correos 600123456"},
        )
    )
    assert answer.carrier is not None
    assert ("Correos ...", "Economy ...") == (answer.carrier.name, answer.mail_type)
