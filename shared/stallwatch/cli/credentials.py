"""The address and the key of the API: where they are kept, and what an address must be like.

The key goes into the system's keyring where there is one, else into a file that only its owner can
read. `STALLWATCH_URL` and `STALLWATCH_KEY` of the environment come before both.
"""

import ipaddress
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from stallwatch.cli.errors import InvalidUseError

URL_VARIABLE = "STALLWATCH_URL"


KEY_VARIABLE = "STALLWATCH_KEY"


_SERVICE = "stallwatch"
"""The name under which a keyring keeps the key; the account is the API's address."""


_PRINTABLE_ASCII = range(0x21, 0x7F)


KeptIn = Literal["environment", "keyring", "file"]


class Keyring(Protocol):
    """The system's keyring, as the library `keyring` offers it."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret of an account; None where there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret of an account."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret of an account."""


def system_keyring() -> Keyring | None:
    """The system's keyring; None where there is none, as on most servers."""
    import keyring  # noqa: PLC0415
    from keyring.backends import fail, null  # noqa: PLC0415

    backend = keyring.get_keyring()
    return None if isinstance(backend, (fail.Keyring, null.Keyring)) else backend


@dataclass(frozen=True, slots=True)
class Login:
    """What a request needs.

    Args:
        url: The API's address, without a slash at its end.
        key: The key.
        kept_in: Where the key was found.
    """

    url: str
    key: str = field(repr=False)
    kept_in: KeptIn


def checked_url(text: str) -> str:
    """The API's address out of what was typed or pasted; the page's own address is one too.

    Raises:
        InvalidUseError: it is none, or the key would cross the network unencrypted.
    """
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise InvalidUseError(
            "The address must look like https://….execute-api.….amazonaws.com/live "
            "(`ApiUrl` of the stack's outputs)."
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidUseError("The address must not hold a user or a password.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise InvalidUseError("The address must begin with https://, so that nobody reads the key.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def checked_key(text: str) -> str:
    """A key as it was typed, without blanks around it.

    Raises:
        InvalidUseError: it is empty, or holds what no key does.
    """
    key = text.strip()
    if not key or any(ord(character) not in _PRINTABLE_ASCII for character in key):
        raise InvalidUseError("The key is empty, or holds characters that no key has.")
    return key


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the login is kept.

    Args:
        folder: The folder of the configuration.
        environ: The environment.
        find_keyring: The system's keyring, where there is one; asked only where it is needed.
    """

    folder: Path
    environ: Mapping[str, str]
    find_keyring: Callable[[], Keyring | None]

    @property
    def file(self) -> Path:
        """Holds the address, and the key where no keyring does; mode 0600."""
        return self.folder / "login.json"

    def load(self) -> Login:
        """The address and the key.

        Raises:
            InvalidUseError: one of them is missing.
        """
        kept = self._read()
        url = self.environ.get(URL_VARIABLE) or kept.get("url")
        if not url:
            raise InvalidUseError("You are not logged in; `stallwatch login` does it.")
        url = checked_url(url)
        if key := self.environ.get(KEY_VARIABLE):
            return Login(url, checked_key(key), "environment")
        if url == kept.get("url") and (key := kept.get("key")):
            return Login(url, checked_key(key), "file")
        if key := self._from_keyring(url):
            return Login(url, checked_key(key), "keyring")
        raise InvalidUseError(f"There is no key for {url}; `stallwatch login` stores one.")

    def save(self, url: str, key: str, *, in_file: bool = False) -> KeptIn:
        """Keep the address and the key, in place of those before.

        Args:
            url: The API's address.
            key: The key.
            in_file: Pass the keyring over.
        """
        self.forget()
        keyring = None if in_file else self.find_keyring()
        if keyring is not None:
            try:
                keyring.set_password(_SERVICE, url, key)
            except Exception:  # noqa: BLE001, S110 # nosec B110 # a locked or broken keyring has errors of its own
                pass
            else:
                self._write({"url": url})
                return "keyring"
        self._write({"url": url, "key": key})
        return "file"

    def forget(self) -> bool:
        """Forget the address and the key; whether there were any."""
        url = self._read().get("url")
        if url and self._from_keyring(url) and (keyring := self.find_keyring()):
            try:
                keyring.delete_password(_SERVICE, url)
            except Exception as error:  # noqa: BLE001 # each keyring has errors of its own
                raise InvalidUseError(
                    f"The keyring does not give the key up ({type(error).__name__}); "
                    "unlock it and try again."
                ) from None
        self.file.unlink(missing_ok=True)
        return bool(url)

    def _from_keyring(self, url: str) -> str | None:
        keyring = self.find_keyring()
        if keyring is None:
            return None
        try:
            return keyring.get_password(_SERVICE, url)
        except Exception:  # noqa: BLE001 # a locked or broken keyring has errors of its own
            return None

    def _read(self) -> dict[str, str]:
        try:
            kept = json.loads(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InvalidUseError(
                f"{self.file} cannot be read ({type(error).__name__}); "
                "remove it and run `stallwatch login`."
            ) from None
        if not isinstance(kept, dict):
            return {}
        return {name: value for name, value in kept.items() if isinstance(value, str)}

    def _write(self, kept: Mapping[str, str]) -> None:
        """Write the file as a whole; nobody but its owner can read it at any time."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A temporary file is 0600 from the first.
            handle, name = tempfile.mkstemp(dir=self.folder, prefix="login-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file)
            Path(name).replace(self.file)
        except OSError as error:
            raise InvalidUseError(f"{self.file} cannot be written: {error.strerror}.") from None
