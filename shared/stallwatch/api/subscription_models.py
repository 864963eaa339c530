"""What the routes of the subscribers take and answer."""

from typing import Annotated, Literal

from pydantic import Field, StrictStr

from stallwatch.alerting.delivery_plan import Rhythm
from stallwatch.api.fields import Language
from stallwatch.api.models import Answered, Sent
from stallwatch.domain.alerts import AlertKind


class SubscriptionIn(Sent):
    """A subscriber to alerts."""

    protocol: Literal["email", "sms"]
    endpoint: Annotated[StrictStr, Field(max_length=320)]
    kinds: list[AlertKind] | None = Field(
        None, min_length=1, description="The kinds of alerts to send. Default: all"
    )
    language: Language | None = Field(
        None,
        description="Of the alerts. Default: the stack's. An e-mail subscriber has to confirm "
        "another one, and gets the former language until then",
    )


class SubscriptionChanges(Sent):
    """Changes of a subscriber: what is missing stays."""

    kinds: list[AlertKind] | None = Field(
        None, min_length=1, description="The kinds of alerts to send; null: all"
    )
    language: Language | None = Field(None, description="Of the alerts; null: the stack's")


class ConfirmationIn(Sent):
    """What the confirmation mail of a subscription holds."""

    token: Annotated[StrictStr, Field(max_length=2000)] = Field(
        description="The link in the mail, or the token in it"
    )


class SubscriptionOut(Answered):
    """A subscriber to alerts."""

    id: str
    protocol: str
    endpoint: str
    kinds: list[AlertKind] | None
    language: str
    confirmed: bool = Field(description="An e-mail subscriber confirms by a link in a mail")


class QuietHoursOut(Answered):
    """Hours in which no alert goes out, by the wall clock; their end may lie on the next day."""

    start: str = Field(description="Like `22:00`")
    end: str


class DigestOut(Answered):
    """When a digest comes."""

    every: Rhythm
    at: str | None = Field(description="By the wall clock, like `08:00`; daily and weekly only")
    weekday: int | None = Field(description="From 0 for Sunday; weekly only")
    schedule: str | None = Field(description="The schedule expression; null without a digest")


class PushOut(Answered):
    """Whether push services get alerts; their addresses are secret."""

    configured: bool


class DeliveryOut(Answered):
    """When and how alerts go out besides, as the stack's parameters say. It can only be read."""

    quiet_hours: QuietHoursOut | None
    time_zone: str = Field(description="Of quiet hours and digest: an IANA name")
    digest: DigestOut
    push: PushOut


class SubscriptionsOut(Answered):
    """The subscribers."""

    subscriptions: list[SubscriptionOut]
    delivery: DeliveryOut


class TestMessageOut(Answered):
    """A test message that was sent."""

    messages: int = Field(description="How many were sent: one for each language")
