"""What the API answers about links that need no key: to a claim file, and to the calendar."""

from pydantic import Field

from stallwatch.api.fields import Instant
from stallwatch.api.models import Answered


class LinkOut(Answered):
    """A link that opens an order's claim file without the key, as it stood when it was made."""

    id: str
    made_at: Instant
    ends_at: Instant


class NewLinkOut(LinkOut):
    """A link that was just made. Its token is told this once."""

    token: str
    path: str = Field(
        description="To append to the API's address; `?as=html`, `png`, `svg` or `json` chooses "
        "the form"
    )


class LinksOut(Answered):
    """The links of an order that live, newest first."""

    links: list[LinkOut]


class CalendarLinkOut(Answered):
    """An address of the calendar of deadlines that needs no key."""

    id: str
    made_at: Instant


class NewCalendarLinkOut(CalendarLinkOut):
    """An address that was just made. Its token is told this once."""

    token: str
    path: str = Field(description="To append to the API's address")
    code: list[str] = Field(
        description="The QR code of the address, for a calendar to subscribe to: one string a row,"
        " `1` where it is dark"
    )


class CalendarLinksOut(Answered):
    """The addresses of the calendar that live, newest first."""

    links: list[CalendarLinkOut]
