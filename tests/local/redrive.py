"""`make redrive`: a deployed stack does again what it had given up on.

Each function is invoked once, and waited for as long as it may run: a client that gives up after a
minute, as the command lines of AWS do, would invoke it again beside the first.
"""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FUNCTIONS = ("PullTrackingFunction", "EvaluateOrdersFunction")

OPTIONAL = ("PushAlertsFunction",)
"""Made only where the stack has addresses of push services. What the mailbox's run gave up on needs
no redrive: the next run reads what it missed."""

PATIENCE = 900
"""Seconds; no function of AWS runs longer."""


def main() -> int:
    """Redrive both functions and print what each did; 1 where one failed."""
    stack_name = os.environ.get("STACK") or "stallwatch"
    once = Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    try:
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        stack = session.client("cloudformation")
        made = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in stack.get_paginator("list_stack_resources").paginate(StackName=stack_name)
            for resource in page["StackResourceSummaries"]
        }
        for function in (*FUNCTIONS, *(name for name in OPTIONAL if name in made)):
            answer = session.client("lambda", config=once).invoke(
                FunctionName=made[function], Payload=b'{"redrive": true}'
            )
            content = json.load(answer["Payload"])
            print(function, json.dumps(content), flush=True)
            if "FunctionError" in answer:
                return 1
    except (BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
