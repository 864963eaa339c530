"""The emulator of a stack: started, deployed to and looked up."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypedDict

from tests.local.machine import (
    HOST,
    LOCAL,
    REGION,
    ROOT,
    await_answer,
    check_free,
    client,
    free_port,
    locked,
    need,
)
from tests.local.sam import LAYERS, SAM_QUIETLY, built, no_settings, quoted, run_sam
from tests.local.supervised import GRACE, Supervised

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

STACK_NAME: Final = "stallwatch"

FUNCTIONS: Final = {
    "pull_tracking": "PullTracking",
    "evaluate_orders": "EvaluateOrders",
    "orders_api": "OrdersApi",
}
"""The functions by their folders, and how the names of their resources begin."""

OPTIONAL: Final = {
    "PushUrls": ("push_alerts", "PushAlerts"),
    "Mailbox": ("read_mailbox", "ReadMailbox"),
}
"""Those that are there where a parameter is set."""

_EMULATOR: Final = LOCAL / "emulator" / "bin" / "python"
_TURN: Final = 3 * GRACE
"""Seconds within which a stack that was killed is gone."""
RUNNING: Final = "/_stallwatch/running"

_NETWORK: Final = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
    for name in (upper, upper.lower())
) | {"REQUESTS_CA_BUNDLE"}
"""What a function needs of the developer's environment to reach the network from here."""


class Stack(TypedDict):
    """How to reach a stack: what `make local` writes for other programs."""

    api_url: str
    api_key: str
    page_url: str
    aws_endpoint: str
    region: str
    stack_name: str
    inbox_queue_url: str


class Neighbour(TypedDict):
    """How to reach a second stack of the same account and region."""

    api_url: str
    api_key: str
    inbox_queue_url: str


class EmulatedStack:
    """The template on an emulator, from the start of the `with` block to its end."""

    stack: Stack
    outputs: Mapping[str, str]
    """The template's outputs."""
    function_names: Mapping[str, str]
    """What the functions are called, by their folders."""

    def __init__(
        self,
        name: str,
        *,
        port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        stack_file: Path | None = None,
        template: Path | None = None,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Prepare a stack; a `port` of its own is found where none is given.

        `parameters` are the template's, `stack_file` is where `stack` is written for others,
        `template` is one that was built already, and `say` is told what is being done.
        """
        self._template = template
        self._api_id = STACK_NAME
        self._parameters = dict(parameters or {})
        self._stack_file = stack_file
        self._say = say
        self._port = port or free_port()
        self._endpoint = f"http://{HOST}:{self._port}"
        self._folder = LOCAL / "run" / name
        self._lock = LOCAL / "run" / f"{name}.lock"
        self._letters = self._folder / "letters.jsonl"
        self._variables = self._folder / "variables.json"
        self.log = self._folder / "emulator.log"

        self.apigateway: APIGatewayClient = client("apigateway", self._endpoint)
        self.cloudformation: CloudFormationClient = client("cloudformation", self._endpoint)
        self.cloudwatch_logs: CloudWatchLogsClient = client("logs", self._endpoint)
        self.dynamodb: DynamoDBClient = client("dynamodb", self._endpoint)
        self.functions: LambdaClient = client("lambda", self._endpoint)
        self.sns: SNSClient = client("sns", self._endpoint)
        self.sqs: SQSClient = client("sqs", self._endpoint)

    def __enter__(self) -> Self:
        """Build what changed, start the emulator and deploy. Raises `LocalError`."""
        with contextlib.ExitStack() as cleanup:
            lock = cleanup.enter_context(locked(self._lock, _TURN))
            # Both are left by one that was killed together with its leash.
            self._clear()
            shutil.rmtree(self._folder, ignore_errors=True)
            check_free(self._port)
            cleanup.callback(self._clear)
            (self._folder / "tmp").mkdir(parents=True)
            with self._built() as template:
                self._emulator = cleanup.enter_context(self._start(lock))
                self._deploy(template)
            self._look_up()
            if self._stack_file:
                write_privately(self._stack_file, json.dumps(self.stack, indent=2) + "\n")
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the emulator and forget the stack; the logs stay until the next start."""
        self._cleanup.close()

    def update(self) -> None:
        """Deploy the project as it stands over what is there, with the same parameters.

        The emulator makes another API where routes have changed, and before it removes the former
        one: so its address changes.
        """
        self._api_id = f"{STACK_NAME}-updated"
        with built(self._say) as template:
            self._deploy(template)
        self._look_up()

    def deploy_beside(self, name: str) -> "Neighbour":
        """Deploy a second stack in the same account and region."""
        with built(self._say) as template:
            self._deploy(template, name, name)
        outputs = self._outputs_of(name)
        key = self.apigateway.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)
        return Neighbour(
            api_url=self._page_of(name).rstrip("/"),
            api_key=key["value"],
            inbox_queue_url=self._subscribe_inbox(outputs["AlertsTopicArn"], f"inbox-{name}"),
        )

    @contextlib.contextmanager
    def _built(self) -> Iterator[Path]:
        if self._template is not None:
            yield self._template
            return
        with built(self._say) as template:
            yield template

    def _start(self, lock: int) -> Supervised:
        """Start the emulator and wait until it answers."""
        self._say(f"Starting the emulator on {HOST}:{self._port}")
        need(_EMULATOR)
        with self.log.open("wb") as output:
            emulator = Supervised(
                [
                    *(_EMULATOR, "-I", ROOT / "tests/local/emulator.py"),
                    *(self._letters, RUNNING, self._variables, LAYERS),
                ],
                output=output,
                environment=self._emulator_environment(),
                folder=self._folder,
                remove=[self._folder / "tmp", *filter(None, [self._stack_file])],
                keep_open=[lock],
            )
        try:
            await_answer(emulator, self._port, self.log)
        except BaseException:
            emulator.end()
            raise
        return emulator

    def _emulator_environment(self) -> dict[str, str]:
        # The functions inherit all of it.
        return {
            **{name: value for name, value in os.environ.items() if name in _NETWORK},
            "NO_PROXY": f"{HOST},localhost",
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder / "tmp"),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # A call that the caller's role does not allow is refused.
            "AUTH": "true",
        }

    def _page_of(self, api_id: str) -> str:
        return f"{self._endpoint}/restapis/{api_id}/live/_user_request_/"

    def _deploy(
        self, template: Path, stack_name: str = STACK_NAME, api_id: str | None = None
    ) -> None:
        self._say("Deploying")
        api_id = api_id or self._api_id
        parameters = {"PublicUrl": self._page_of(api_id), **self._parameters}
        run_sam(
            "deploy",
            [
                f"--template-file={template}",
                f"--config-file={no_settings()}",
                f"--stack-name={stack_name}",
                f"--region={REGION}",
                f"--tags=ms-custom-id={api_id}",
                "--capabilities=CAPABILITY_IAM",
                "--resolve-s3",
                "--no-confirm-changeset",
                "--no-progressbar",
                # SAM CLI and the emulator read again what is uploaded, and JSON much faster.
                "--use-json",
                "--parameter-overrides",
                *(f"{name}={quoted(value)}" for name, value in parameters.items()),
            ],
            environment={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": str(self._folder),
                "TMPDIR": str(self._folder / "tmp"),
                "NO_PROXY": HOST,
                "AWS_ENDPOINT_URL": self._endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                **SAM_QUIETLY,
                # Its default doubles the time that this takes.
                "SAM_CLI_POLL_DELAY": "0.1",
            },
            log=self._folder / "deploy.log",
        )

    def _look_up(self) -> None:
        self.outputs = self._outputs_of(STACK_NAME)
        asked_for = (OPTIONAL[name] for name in OPTIONAL.keys() & self._parameters.keys())
        self.function_names = {
            function: self._resource(f"{prefix}Function")
            for function, prefix in {**FUNCTIONS, **dict(asked_for)}.items()
        }
        key = self.apigateway.get_api_key(apiKey=self.outputs["ApiKeyId"], includeValue=True)
        self.stack = {
            "api_url": self._page_of(self._api_id).rstrip("/"),
            "api_key": key["value"],
            "page_url": self.outputs["PageUrl"],
            "aws_endpoint": self._endpoint,
            "region": REGION,
            "stack_name": STACK_NAME,
            "inbox_queue_url": self._subscribe_inbox(self.outputs["AlertsTopicArn"], "inbox"),
        }

    def _outputs_of(self, stack_name: str) -> dict[str, str]:
        stacks = self.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}

    def _subscribe_inbox(self, topic: str, queue: str) -> str:
        url = self.sqs.create_queue(QueueName=queue)["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def _resource(self, logical_id: str) -> str:
        resource = self.cloudformation.describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId=logical_id
        )
        return resource["StackResourceDetail"]["PhysicalResourceId"]

    def _clear(self) -> None:
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        if self._stack_file:
            self._stack_file.unlink(missing_ok=True)


def write_privately(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
