"""The test message: by it a subscriber sees that alerts arrive."""

from datetime import datetime

from stallwatch.domain.alerts import TEST, Severity
from stallwatch.domain.languages import BY_CODE
from stallwatch.messages.compose import SMS_LIMIT, SUBJECT_LIMIT, Message, machine_text
from stallwatch.messages.encodings import ascii_line, gsm7
from stallwatch.messages.translations import Translations


def compose_test(
    message_id: str, now: datetime, page_url: str, translations: Translations
) -> Message:
    """The test message.

    Args:
        message_id: Its id.
        now: The present instant.
        page_url: The address of our page.
        translations: The language.
    """
    sentence = translations.text("what.test")
    subject = f"Stallwatch: {translations.text('title.test')}"
    letters = BY_CODE[translations.language].ascii_letters
    return Message(
        kind=TEST,
        severity=Severity.INFO,
        subject=ascii_line(subject, SUBJECT_LIMIT, letters),
        email=f"{sentence}\n\n{translations.text('line.list', url=page_url)}\n",
        sms=gsm7(translations.text("sms.test"), SMS_LIMIT),
        default=machine_text(message_id, TEST, Severity.INFO, now, text=sentence),
    )
