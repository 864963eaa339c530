"""Workers: other invocations of the poll's own function, which make a run's requests for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class FunctionWorkers:
    """Workers by invocation.

    Args:
        client: The functions' service, without any retries: a request task is made once.
        function: The function's name.
    """

    client: "LambdaClient"
    function: str

    def run(self, request_task: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have one of them make the request of a task.

        Raises:
            UnavailableError: it came to no end, and nobody knows what was done.
        """
        try:
            answer = self.client.invoke(
                FunctionName=self.function,
                InvocationType="RequestResponse",
                Payload=json.dumps({"request_task": request_task}).encode(),
            )
            if "FunctionError" in answer:
                raise UnavailableError(answer["FunctionError"])
            result: Mapping[str, Any] = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            raise UnavailableError(type(error).__name__) from error
        return result
