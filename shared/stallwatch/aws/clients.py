"""The clients of AWS's services, each made once.

They are botocore's own: what boto3 adds to them takes a cold start time and is not used. Retries
are on where a write carries its own condition, and off for publishing: a retry may send twice.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


_NAME = "stallwatch"
"""What a client calls itself. Its own name for itself is put together anew for each call."""


_RETRYING = Config(
    user_agent=_NAME,
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=32,
)


PUBLISH_ONCE = Config(
    user_agent=_NAME,
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=10,
)
"""One attempt, whatever comes of it."""


_WAITING_ONCE = Config(
    user_agent=_NAME,
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=60,
    max_pool_connections=100,
)


@lru_cache(maxsize=1)
def _session() -> Any:
    return get_session()


def _client(service: str, config: Config) -> Any:
    """A client of a service.

    It is made of some hundred thousand objects, which stay for as long as the process does: the
    garbage collector neither stops for them meanwhile nor looks at them ever again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        client = _session().create_client(service, config=config)
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
    return client


IDLE_SECONDS = 30
"""After so long the connections that a frozen function left open are taken for dead."""


@dataclass(slots=True)
class Connections:
    """When the connections of a client were used last.

    Args:
        now: Seconds since 1970. A monotonic clock may stand still while a function is frozen.
    """

    now: Callable[[], float] = time.time
    last_used: float | None = None

    def refresh(self, client: Any) -> None:
        """Note a use, and before it drop the connections of a client that was idle for long.

        A connection that died while the function was frozen fails at its first use, and whether
        the request arrived is then unknown.
        """
        now = self.now()
        if self.last_used is None or not 0 <= now - self.last_used <= IDLE_SECONDS:
            client.close()
        self.last_used = now


@lru_cache(maxsize=1)
def publishing_connections() -> Connections:
    """The use of the connections of `sns_once`, across the invocations of a process."""
    return Connections()


@lru_cache(maxsize=1)
def dynamodb() -> "DynamoDBClient":
    """The table's service."""
    client: DynamoDBClient = _client("dynamodb", _RETRYING)
    return client


@lru_cache(maxsize=1)
def sns_once() -> "SNSClient":
    """The topic's service, for publishing."""
    client: SNSClient = _client("sns", PUBLISH_ONCE)
    return client


@lru_cache(maxsize=1)
def sns() -> "SNSClient":
    """The topic's service, for everything but publishing."""
    client: SNSClient = _client("sns", _RETRYING)
    return client


@lru_cache(maxsize=1)
def parameters() -> Any:
    """The service that keeps the secrets."""
    return _client("ssm", _RETRYING)


@lru_cache(maxsize=1)
def functions() -> "LambdaClient":
    """The functions' service."""
    client: LambdaClient = _client("lambda", _RETRYING)
    return client


@lru_cache(maxsize=1)
def functions_once() -> "LambdaClient":
    """The functions' service, for invocations that are waited for and made once."""
    client: LambdaClient = _client("lambda", _WAITING_ONCE)
    return client


@lru_cache(maxsize=1)
def queues() -> "SQSClient":
    """The dead letters' service."""
    client: SQSClient = _client("sqs", _RETRYING)
    return client


@lru_cache(maxsize=1)
def streams() -> "DynamoDBStreamsClient":
    """The service of the table's stream."""
    client: DynamoDBStreamsClient = _client("dynamodbstreams", _RETRYING)
    return client
