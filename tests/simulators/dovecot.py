"""A real IMAP server on this machine: Debian's Dovecot with one mailbox, over TLS.

`with Dovecot() as server: server.put([raw_mail, ...])`. It listens on 127.0.0.1 alone, with a
certificate that nobody but `server.ca` vouches for. It ends with the process that started it.
"""

import grp
import imaplib
import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.local.machine import HOST, free_port
from tests.local.supervised import Supervised

PROGRAM: Final = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
"""The server, where there is one."""

USER: Final = "parcels@example.org"
PASSWORD: Final = 'an app\'s "password" with \\ and blanks'  # noqa: S105

_STARTS_WITHIN = 30.0

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = {host}
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{folder}/mail
mail_uid = {mail}
mail_gid = {mail_group}
first_valid_uid = 1
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = {host}
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """The server, for as long as the `with` block."""

    def __init__(self) -> None:
        assert PROGRAM is not None, "Debian's dovecot-imapd"
        self._folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.port = free_port()
        self.ca = self._certify()
        self._configure()
        self._process: Supervised | None = None

    def __enter__(self) -> Self:
        with (self._folder / "output.log").open("wb") as output:
            self._process = Supervised(
                [PROGRAM or "", "-F", "-c", str(self._folder / "dovecot.conf")],
                output=output,
                environment={"PATH": os.defpath},
                folder=self._folder,
                remove=[self._folder],
            )
        deadline = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                self.connect().logout()
            except OSError:
                if self._process.returncode is not None or time.monotonic() > deadline:
                    self._process.end()
                    raise AssertionError(self.log()) from None
                time.sleep(0.05)
            else:
                return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What the server says of itself."""
        texts = (path.read_text("utf-8") for path in self._folder.glob("*.log"))
        return "\n".join(texts)

    def connect(self) -> imaplib.IMAP4_SSL:
        """A connection of the mailbox's owner, logged in."""
        context = ssl.create_default_context(cadata=self.ca)
        imap = imaplib.IMAP4_SSL(HOST, self.port, ssl_context=context, timeout=30)
        imap.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
        return imap

    def put(self, mails: Iterable[bytes], folder: str = "INBOX") -> None:
        """Have mails come in; a folder that is not there is made. Names are as IMAP writes them."""
        imap = self.connect()
        imap.create(f'"{folder}"')
        for mail in mails:
            status, said = imap.append(f'"{folder}"', "", "", mail)
            assert status == "OK", said
        imap.logout()

    def remake(self, folder: str) -> None:
        """Delete a folder and make it anew: its UIDVALIDITY is another one then."""
        imap = self.connect()
        imap.delete(f'"{folder}"')
        time.sleep(1.1)  # it is made of the time, in seconds
        imap.create(f'"{folder}"')
        imap.logout()

    def state(self, folder: str = "INBOX") -> list[tuple[int, bytes]]:
        """The UIDs of a folder, each with its flags."""
        imap = self.connect()
        imap.select(f'"{folder}"', readonly=True)
        _, answer = imap.uid("FETCH", "1:*", "(UID FLAGS)")
        imap.logout()
        flags = [imaplib.ParseFlags(line) for line in answer]
        return list(enumerate(map(b" ".join, flags), 1))

    def _configure(self) -> None:
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid())
        internal, login, mail = (
            ("dovecot", "dovenull", "mail") if is_root else (me.pw_name, me.pw_name, me.pw_name)
        )
        owner = pwd.getpwnam(mail)
        (self._folder / "mail").mkdir()
        (self._folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
        (self._folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self._folder,
                host=HOST,
                port=self.port,
                internal=internal,
                internal_group=_group(internal),
                login=login,
                mail=mail,
                mail_group=owner.pw_gid,
            ),
            "utf-8",
        )
        if is_root:
            # Its parts run as other users, who must reach the folder.
            self._folder.chmod(0o755)
            (self._folder / "users").chmod(0o644)
            os.chown(self._folder / "mail", owner.pw_uid, owner.pw_gid)

    def _certify(self) -> str:
        """Write a key and a certificate that vouches for itself. Returns the certificate."""
        key, certificate = self._folder / "key.pem", self._folder / "certificate.pem"
        # Debian's Dovecot brings it along.
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"),
                *("-addext", f"subjectAltName=IP:{HOST}"),
                *("-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        key.chmod(0o600)
        return certificate.read_text("utf-8")


def _group(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
