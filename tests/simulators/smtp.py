"""A mail server on this machine that keeps what it is given.

`with Smtp() as smtp: smtp.mails`. It takes the login over an open connection, which is fine
on 127.0.0.1 alone.
"""

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.local.machine import HOST, free_port


@dataclass
class Smtp:
    """The server, for as long as the `with` block."""

    user: str = "sender"
    password: str = "swordfish"  # noqa: S105
    mails: list[EmailMessage] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._port = free_port()
        self._controller = Controller(
            self,
            hostname=HOST,
            port=self._port,
            authenticator=self._is_known,
            auth_require_tls=False,
        )
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail of whoever has logged in."""
        if not session.authenticated:
            return "530 Authentication required"
        mail: Any = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        return "250 OK"

    def url(self, receiver: str) -> str:
        """Where mails to somebody go, as Apprise writes it."""
        return (
            f"mailto://{self.user}:{self.password}@{HOST}:{self._port}"
            f"?smtp={HOST}&mode=insecure&from=stallwatch@example.org&to={receiver}"
        )

    def _is_known(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        known = (self.user.encode(), self.password.encode())
        return AuthResult(success=(given.login, given.password) == known)
