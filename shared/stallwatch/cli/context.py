"""What a command is given of its surroundings, so that tests can give it others."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import typer

from stallwatch.aws.lambda_clock import ProcessClock
from stallwatch.cli.client import Client
from stallwatch.cli.credentials import Credentials, Keyring, system_keyring


@dataclass
class Surroundings:
    """The process, as far as the commands look at it.

    Args:
        environ: The environment.
        folder: The folder of the configuration.
        find_keyring: The system's keyring, where there is one.
        sleep: Waits so many seconds.
        now: The present instant, UTC.
    """

    environ: Mapping[str, str]
    folder: Path
    find_keyring: Callable[[], Keyring | None]
    sleep: Callable[[float], None]
    now: Callable[[], datetime]

    @classmethod
    def of_process(cls) -> "Surroundings":
        """Those of this process."""
        return cls(
            environ=os.environ,
            folder=Path(typer.get_app_dir("stallwatch")),
            find_keyring=system_keyring,
            sleep=time.sleep,
            now=ProcessClock().now,
        )

    @cached_property
    def credentials(self) -> Credentials:
        """Where the login is kept."""
        return Credentials(self.folder, self.environ, self.find_keyring)

    @cached_property
    def client(self) -> Client:
        """The API that is logged in to."""
        return Client(self.credentials.load(), self.sleep)

    def close(self) -> None:
        """Close the connections to the API."""
        if "client" in self.__dict__:
            self.client.close()

    @property
    def today(self) -> date:
        """The present day, UTC."""
        return self.now().date()


def surroundings_of(context: typer.Context) -> Surroundings:
    """What a command was given."""
    found = context.find_root().obj
    if not isinstance(found, Surroundings):
        raise TypeError("the application is called with its surroundings")
    return found


def client_of(context: typer.Context) -> Client:
    """The API that is logged in to."""
    return surroundings_of(context).client
