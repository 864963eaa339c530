"""The real template on an AWS emulator of this machine, through the real SAM CLI.

    with LocalStack("try") as local:
        local.invoke("pull_tracking", {})

Nothing is left when the block ends, nor when the process is killed (`leash`). Several stacks can
run at once, each under a name and on a port of its own. The developer's AWS settings are neither
needed nor seen, and each function may do what its role in the template allows, no more.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn, TypedDict

from tests.local.emulated_stack import FUNCTIONS, RUNNING, EmulatedStack, write_privately
from tests.local.machine import LOCAL, LocalError, end_of, get

STACK_FILE: Final = LOCAL / "stack.json"


class FunctionError(Exception):
    """An invoked function failed; the message is its answer."""


class Letter(TypedDict):
    """What an e-mail or SMS subscriber got."""

    protocol: str
    endpoint: str
    subject: str
    text: str


class LocalStack(EmulatedStack):
    """A stack that lives as long as the `with` block."""

    def invoke(self, function: str, payload: object) -> Any:
        """Run a function and give its answer. Raises `FunctionError`."""
        answer = self.functions.invoke(
            FunctionName=self.function_names[function], Payload=json.dumps(payload).encode()
        )
        content = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise FunctionError(json.dumps(content))
        return content

    def update_function_environment(
        self, variables: Mapping[str, str], functions: Iterable[str] = FUNCTIONS
    ) -> None:
        """Add variables to functions; their next runs see them.

        A run in progress would be ended by it, so this waits until none is.
        """
        self.settle()
        names = [self.function_names[function] for function in functions]
        for name in names:
            had = self.functions.get_function_configuration(FunctionName=name)["Environment"]
            self.functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": {**had["Variables"], **variables}}
            )
        for name in names:
            while self._is_changing(name):
                time.sleep(0.05)

    def set_variables(self, **variables: str) -> None:
        """Set variables that every function sees from its next run on, without starting it anew."""
        self.settle()
        held = json.loads(self._variables.read_text()) if self._variables.exists() else {}
        write_privately(self._variables, json.dumps({**held, **variables}))

    def _is_changing(self, function_name: str) -> bool:
        answer = self.functions.get_function_configuration(FunctionName=function_name)
        return answer["LastUpdateStatus"] == "InProgress"

    def settle(self, quiet: float = 0.5, within: float = 120.0) -> None:
        """Wait until no function has run for `quiet` seconds.

        Raises `LocalError` where this takes longer than `within` seconds.
        """
        deadline = time.monotonic() + within
        since = time.monotonic()
        while time.monotonic() - since < quiet:
            if get(self._port, RUNNING) != b"0":
                since = time.monotonic()
            if since > deadline:
                raise LocalError(f"Functions still run after {within:g} seconds")
            time.sleep(0.05)

    def drain_inbox(
        self, at_least: int = 0, within: float = 30.0, queue: str | None = None
    ) -> list[dict[str, Any]]:
        """Take what the queue subscribed to the alerts has got: SNS's envelopes, in any order.

        Waits for `at_least` so many, but no longer than `within` seconds. `queue` is another
        stack's.
        """
        url = queue or self.stack["inbox_queue_url"]
        deadline = time.monotonic() + within
        envelopes: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=int(len(envelopes) < at_least),
            )
            for message in answer.get("Messages", ()):
                envelopes.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            enough = len(envelopes) >= at_least or time.monotonic() > deadline
            if enough and not answer.get("Messages"):
                return envelopes

    def notifications(self) -> list[Letter]:
        """Everything that e-mail and SMS subscribers have got so far, oldest first."""
        if not self._letters.exists():
            return []
        return [json.loads(line) for line in self._letters.read_text("utf-8").splitlines()]

    def logs(self, function: str) -> list[str]:
        """What a function has logged so far, oldest first."""
        pages = self.cloudwatch_logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._resource(f"{FUNCTIONS[function]}Logs")
        )
        return [event["message"].rstrip() for page in pages for event in page["events"]]

    def watch(self) -> NoReturn:
        """Wait for as long as the emulator lives. Raises `LocalError` when it ends."""
        code = self._emulator.wait()
        raise LocalError(f"The emulator ended by itself ({code}):\n{end_of(self.log)}")

    @property
    def variables(self) -> dict[str, str]:
        """What a command needs in its environment to find this stack."""
        return {
            "AWS_ENDPOINT_URL": self.stack["aws_endpoint"],
            "AWS_DEFAULT_REGION": self.stack["region"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def physical_id(self, logical_id: str) -> str:
        """What a resource of the stack is called here."""
        return self._resource(logical_id)
