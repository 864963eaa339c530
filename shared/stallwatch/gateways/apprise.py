"""Push services, over Apprise. No address reaches a log, an error or an answer."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from stallwatch.domain.alerts import Severity
from stallwatch.push.addresses import PushAddress
from stallwatch.push.message import PushMessage

if TYPE_CHECKING:
    import apprise

_log = logging.getLogger(__name__)

_TYPES = {
    Severity.INFO: "info",
    Severity.ATTENTION: "warning",
    Severity.ACTION: "warning",
    Severity.CLAIM: "failure",
}
"""Which of Apprise's types decides on the colour or symbol of a message."""

_TELL_ADDRESSES = ("apprise", "urllib3", "requests", "requests_oauthlib", "smtplib", "paho")
"""Loggers whose lines may hold an address or a part of one."""


class AppriseServices:
    """The push services, by their Apprise URLs."""

    def send(self, address: PushAddress, message: PushMessage) -> bool:
        """Hand a message over. False where the service did not take it; raises nothing."""
        try:
            library = _library()
            service = library.Apprise(asset=_asset())
            is_known = service.add(address.url)
            return is_known and bool(
                service.notify(
                    title=message.title,
                    body=message.body or message.title,
                    notify_type=_TYPES[message.severity],
                    body_format=library.NotifyFormat.TEXT,
                )
            )
        except Exception as error:  # noqa: BLE001 - a hundred services raise what they like
            # Neither the error's text nor its traceback: either may hold the address.
            _log.warning("push failed", extra={"line": address.line, "error": type(error).__name__})
            return False


@cache
def _library() -> Any:
    """Apprise, whose loggers are silenced before it says anything.

    It stands in a layer of its own, and takes a while to be imported.
    """
    for name in _TELL_ADDRESSES:
        logger = logging.getLogger(name)
        # Without a handler of its own Python would write warnings to the function's output.
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
    import apprise  # noqa: PLC0415

    return apprise


@cache
def _asset() -> "apprise.AppriseAsset":
    """How messages are signed, and that they go out one after the other."""
    asset: apprise.AppriseAsset = _library().AppriseAsset(
        app_id="Stallwatch",
        app_desc="Stallwatch",
        app_url="",
        async_mode=False,
        storage_mode="memory",
    )
    return asset
