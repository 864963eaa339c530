"""`make redrive`: a deployed stack does again what it had given up on.

Each function is invoked once, and waited for as long as it may run: a client that gives up after a
minute, as the command lines of AWS do, would invoke it again beside the first.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.local.account import check_credentials, open_session, outputs_of
from tests.local.machine import LocalError

FUNCTIONS = {"PullTrackingFunction": "The poll", "EvaluateOrdersFunction": "The evaluation"}

OPTIONAL = {"PushAlertsFunction": "The push"}
"""Made only where the stack has addresses of push services. What the mailbox's run gave up on needs
no redrive: the next run reads what it missed."""

PATIENCE = 900
"""Seconds; no function of AWS runs longer."""


def main() -> int:
    """Redrive each function and print what it did; 1 where one failed."""
    stack_name = os.environ.get("STACK") or "stallwatch"
    once = Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1})
    failed = False
    try:
        session = open_session()
        print(check_credentials(session), flush=True)
        outputs_of(session, stack_name)
        made = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in session.client("cloudformation")
            .get_paginator("list_stack_resources")
            .paginate(StackName=stack_name)
            for resource in page["StackResourceSummaries"]
        }
        optional = {name: title for name, title in OPTIONAL.items() if name in made}
        for function, title in (FUNCTIONS | optional).items():
            answer = session.client("lambda", config=once).invoke(
                FunctionName=made[function], Payload=b'{"redrive": true}'
            )
            failed |= "FunctionError" in answer
            report = json.load(answer["Payload"])
            line = (
                f"failed ({report.get('errorMessage', 'no reason given')}); {_log_of(stack_name)}"
                if "FunctionError" in answer
                else told(report, stack_name)
            )
            print(f"{title}: {line}", flush=True)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except (BotoCoreError, ClientError) as error:
        print(f"Not all of it was done; the command may be repeated: {error}", file=sys.stderr)
        return 1
    return int(failed)


def told(report: Mapping[str, Any], stack_name: str) -> str:
    """What a function answered, in words."""
    done, kept = report["letters"], report["kept"]
    if not done and not kept:
        return "it had given up on nothing."
    line = f"{done} done again"
    if kept:
        line += f", {kept} failed again and wait for the next time; {_log_of(stack_name)}"
    return f"{line}."


def _log_of(stack_name: str) -> str:
    return f"the log says why: .local/sam/bin/sam logs --stack-name {stack_name}"


if __name__ == "__main__":
    sys.exit(main())
