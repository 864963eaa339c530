"""What the routes of the subscribers take and answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictStr

from stallwatch.api.fields import Language
from stallwatch.api.models import Sent
from stallwatch.domain.alerts import AlertKind


class SubscriptionIn(Sent):
    """A subscriber to alerts."""

    protocol: Literal["email", "sms"]
    endpoint: Annotated[StrictStr, Field(max_length=320)]
    kinds: list[AlertKind] | None = Field(
        None, min_length=1, description="The alerts that are wanted; none: all"
    )
    language: Language | None = Field(
        None,
        description="Of the alerts; none: the stack's. Who changes it by e-mail confirms it again, "
        "and gets the former language until then",
    )


class SubscriptionChanges(Sent):
    """Changes of a subscriber: what is missing stays."""

    kinds: list[AlertKind] | None = Field(
        None, min_length=1, description="The alerts that are wanted; null: all"
    )
    language: Language | None = Field(None, description="Of the alerts; null: the stack's")


class ConfirmationIn(Sent):
    """What the confirmation mail of a subscription holds."""

    token: Annotated[StrictStr, Field(max_length=2000)] = Field(
        description="The link in the mail, or the token in it"
    )


class SubscriptionOut(BaseModel):
    """A subscriber to alerts."""

    id: str
    protocol: str
    endpoint: str
    kinds: list[AlertKind] | None
    language: str
    confirmed: bool = Field(description="An e-mail subscriber confirms by a link in a mail")


class SubscriptionsOut(BaseModel):
    """The subscribers."""

    subscriptions: list[SubscriptionOut]


class TestMessageOut(BaseModel):
    """A test message that was sent."""

    messages: int = Field(description="How many went out: one for each language")
