"""What the functions ask AWS for, against what their roles allow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.transformed import allows

_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}

_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Where the action is not called like the operation."""


@dataclass(frozen=True, order=True)
class Need:
    """An action on a resource, by its logical name."""

    function: str
    action: str
    resource: str


@dataclass
class Roles:
    """Notes every call that a function makes."""

    ids: Mapping[str, str]
    """What the template's resources are called here, by their logical names."""
    function: str | None = None
    """The one that runs."""
    used: set[Need] = field(default_factory=set)

    @contextmanager
    def taken(self, function: str) -> Iterator[None]:
        """Let a function run; it must not have asked for what its role does not allow."""
        before, self.function = self.function, function
        used, self.used = self.used, set()
        try:
            yield
        finally:
            refused = {n for n in self.used if not allows(n.function, n.action, n.resource)}
            self.function = before
            self.used |= used
        assert set() == refused

    def note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        """Note a call; the clients give what they will send."""
        if self.function is not None:
            service = model.service_model.signing_name
            resource = self._resource(service, model.name, params)
            self.used |= {
                Need(self.function, action, resource)
                for action in actions(service, model.name, params)
            }

    def _resource(self, service: str, operation: str, params: Mapping[str, Any]) -> str:
        logical = {physical: name for name, physical in self.ids.items()}
        match service, params:
            case "dynamodb", {"IndexName": index}:
                return f"OrdersTable.Arn/index/{index}"
            case "dynamodb", _:
                on_stream = operation in {"GetShardIterator", "GetRecords"}
                return "OrdersTable.StreamArn" if on_stream else "OrdersTable.Arn"
            case "sns", {"TopicArn": topic}:
                return logical[topic]
            case "sqs", {"QueueUrl": queue}:
                return f"{logical[queue]}.Arn"
            case "ssm", {"Name": name}:
                place = "arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter"
                return place + logical[name]
            case "lambda", {"FunctionName": name}:
                return f"{logical[name]}.Arn"
            case _:
                return "*"


def actions(service: str, operation: str, params: Mapping[str, Any]) -> set[str]:
    """The actions that a call needs."""
    if operation in {"TransactWriteItems", "TransactGetItems"}:
        return {
            f"{service}:{_TRANSACTED[part]}" for item in params["TransactItems"] for part in item
        }
    action = f"{service}:{operation}"
    return {_ACTIONS.get(action, action)}
