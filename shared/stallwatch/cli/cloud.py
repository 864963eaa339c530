"""What AWS itself says of a deployed stack, with the credentials of this machine.

Only `doctor` and `poll --here` need it; both import it when they are called, since botocore is an
extra of the installation (`[aws]`).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.session import Session

from stallwatch.cli.errors import CommandError, ExitCode, InvalidUseError, UnreachableError

_PATIENT = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
)


_REGION_IN_URL = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


class NoCredentialsHereError(InvalidUseError):
    """There are no credentials of AWS on this machine, or no region."""


class DeniedError(CommandError):
    """The credentials may not do what was asked."""

    exit_code = ExitCode.REFUSED


class NoStackError(InvalidUseError):
    """There is no such stack in the region."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack.

    Args:
        name: Its name.
        region: Where it is.
        status: CloudFormation's word for it.
        outputs: Its outputs, by name.
        answered_at: What time AWS has; None: it did not say.
    """

    name: str
    region: str
    status: str
    outputs: Mapping[str, str]
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is configured.

    Args:
        environment: Its variables.
        span: How long it may run.
    """

    environment: Mapping[str, str]
    span: timedelta


def region_in(url: str) -> str | None:
    """The region that an address of API Gateway names; None: it is a domain of one's own."""
    found = _REGION_IN_URL.search(url)
    return None if found is None else found[1]


class Cloud:
    """AWS, as far as a stack is looked at.

    Args:
        region: The region; None: the configured one.
        profile: The profile of the credentials; None: the configured one.

    Raises:
        NoCredentialsHereError: there are none, or no region.
    """

    def __init__(self, region: str | None, profile: str | None) -> None:
        with _translated():
            self._session = Session(profile=profile)
            self.configured_region: str | None = self._session.get_config_variable("region")
            region = region or self.configured_region
            if self._session.get_credentials() is None:
                raise NoCredentialsHereError("There are no credentials of AWS on this machine.")
        if region is None:
            raise NoCredentialsHereError("No region is known; --region names it.")
        self.region: str = region

    def stack(self, name: str) -> Stack:
        """A stack.

        Raises:
            NoStackError: there is none of that name here.
        """
        with _translated():
            try:
                answer = self._client("cloudformation").describe_stacks(StackName=name)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ValidationError":
                    raise NoStackError(
                        f"There is no stack {name} in {self.region}; --stack and --region name "
                        "another."
                    ) from None
                raise
        found = answer["Stacks"][0]
        date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        return Stack(
            name=name,
            region=self.region,
            status=found["StackStatus"],
            outputs={o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
            answered_at=None if date is None else parsedate_to_datetime(date),
        )

    def function(self, name: str) -> Function:
        """How a function is configured."""
        with _translated():
            found = self._client("lambda").get_function_configuration(FunctionName=name)
        return Function(
            environment=found.get("Environment", {}).get("Variables", {}),
            span=timedelta(seconds=found["Timeout"]),
        )

    def alarms(self, stack: str) -> dict[str, str]:
        """The alarms of a stack that are on: name and description."""
        with _translated():
            pages = self._client("cloudwatch").get_paginator("describe_alarms")
            return {
                alarm["AlarmName"]: alarm.get("AlarmDescription", "")
                for page in pages.paginate(AlarmNamePrefix=f"{stack}-", StateValue="ALARM")
                for alarm in page["MetricAlarms"]
            }

    def dead_letters(self, stack: str) -> dict[str, int]:
        """About how many messages lie in each queue of a stack, by the queue's name in it."""
        with _translated():
            pages = self._client("cloudformation").get_paginator("list_stack_resources")
            queues = {
                resource["LogicalResourceId"]: resource["PhysicalResourceId"]
                for page in pages.paginate(StackName=stack)
                for resource in page["StackResourceSummaries"]
                if resource["ResourceType"] == "AWS::SQS::Queue"
            }
            sqs = self._client("sqs")
            name = "ApproximateNumberOfMessages"
            found = {}
            for queue, url in queues.items():
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
                found[queue] = int(answer["Attributes"][name])
            return found

    def sms_is_in_sandbox(self) -> bool:
        """Whether SMS reach only numbers that were verified one by one."""
        with _translated():
            answer = self._client("sns").get_sms_sandbox_account_status()
        return bool(answer["IsInSandbox"])

    def _client(self, service: str) -> Any:
        return self._session.create_client(service, region_name=self.region, config=_PATIENT)


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of AWS as errors of a command."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound, NoRegionError) as error:
        raise NoCredentialsHereError(f"{str(error).rstrip('.')}.") from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _DENIED:
            raise DeniedError(f"The credentials may not use {error.operation_name}.") from None
        raise UnreachableError(f"AWS refused {error.operation_name} ({code}).") from None
    except BotoCoreError as error:
        raise UnreachableError(f"AWS does not answer ({type(error).__name__}).") from None
