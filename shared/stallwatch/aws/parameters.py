"""Read a secret by its name. It is never logged, and stands in no error."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.domain.errors import StallwatchError


class SecretError(StallwatchError):
    """A secret cannot be read; the message is a word that says why."""


def read_secret(client: Any, name: str) -> str:
    """The value of a SecureString.

    Args:
        client: SSM's.
        name: The parameter's name.

    Raises:
        SecretError: it is not there, or must not or cannot be read.
    """
    try:
        found = client.get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:
        raise SecretError(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise SecretError(type(error).__name__) from None
    value: str = found["Parameter"]["Value"]
    return value
