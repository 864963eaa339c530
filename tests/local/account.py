"""The AWS account that a command works in, and the stack there.

What is in the way ends in one sentence that says what to do (`LocalError`).
"""

import os
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
)

from tests.local.machine import LocalError


def open_session(region: str | None = None) -> Any:
    """The session of AWS_PROFILE, in a region or else in AWS_REGION.

    Raises:
        LocalError: there is no such profile.
    """
    try:
        return boto3.Session(region_name=region or os.environ.get("AWS_REGION"))
    except BotoCoreError as error:
        raise LocalError(
            f"{error}: `aws configure list-profiles` lists those there are."
        ) from error


def check_credentials(session: Any) -> str:
    """Say whose account this is. Raises `LocalError` where that cannot be said."""
    if session.region_name is None:
        raise LocalError(
            "No AWS region is set: `aws configure` sets one, or `export AWS_REGION=eu-central-1`."
        )
    try:
        caller = session.client("sts").get_caller_identity()
    except NoCredentialsError as error:
        raise LocalError(
            "No AWS credentials are set. `aws configure` or `aws sso login` sets them; the README "
            'says under "Into your AWS account" where to get them.'
        ) from error
    except EndpointConnectionError as error:
        raise LocalError(
            f"AWS cannot be reached in region {session.region_name} ({error}). Check the network, "
            "and the region's name."
        ) from error
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"AWS does not accept your credentials ({error}). `aws configure` or `aws sso login` "
            "sets them, AWS_PROFILE chooses among several."
        ) from error
    return f"Account {caller['Account']}, region {session.region_name}."


def outputs_of(session: Any, stack_name: str) -> dict[str, str]:
    """The outputs of a deployed stack. Raises `LocalError` where there is none of that name."""
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack_name)
    except ClientError as error:
        if "does not exist" in str(error):
            raise LocalError(
                f"There is no stack {stack_name} in {session.region_name}: `make deploy` makes "
                "one, STACK= names another, AWS_REGION= another region."
            ) from error
        raise LocalError(f"AWS does not tell of the stack {stack_name}: {error}") from error
    outputs = described["Stacks"][0].get("Outputs", ())
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}
