"""What takes moto long is done here in less time, and with the same outcome.

Each patch replaces a function of moto or botocore, or answers before it is reached, and makes no
difference to a test. They were found with a profile of the tests of the stack, where moto took two
thirds of the time.
"""

import base64
import copy
import json
import re
import string
from collections import defaultdict, deque
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from botocore import xform_name
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_LAST
from botocore.model import OperationModel
from botocore.signers import RequestSigner
from moto import backend_index
from moto.core import responses
from moto.core.common_models import BaseModel
from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpressionFunction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    OverlappingPathsValidator,
    UpdateHashRangeKeyValidator,
    Validator,
)
from moto.dynamodb.responses import DynamoHandler
from moto.moto_api._internal.moto_random import MotoRandom
from moto.sqs import models as queues
from moto.sqs.models import SQSBackend

ASKED = ("dynamodb", "sqs", "sns", "ssm", "lambda")
"""The services that the functions ask, the most often asked first."""


def apply() -> None:
    """Put the patches in their places."""
    BaseModel.__new__ = _untracked  # type: ignore[assignment, method-assign]
    DynamoDBBackend.update_item = _update_a_copy  # type: ignore[assignment, method-assign]
    Item.__deepcopy__ = _copy_of_item  # type: ignore[assignment, method-assign]
    Table.__deepcopy__ = _copy_of_table  # type: ignore[attr-defined]
    Table.all_items = _all_items  # type: ignore[assignment, method-assign]
    validators.deepcopy = _copy_of_expression  # type: ignore[assignment, attr-defined]
    Validator.validate = _validate  # type: ignore[assignment, method-assign]
    Node.find_clauses = _find_clauses
    UpdateExpressionParser.make = cache(UpdateExpressionParser.make)
    ConditionExpressionParser._lex_condition_expression = _words_of  # type: ignore[assignment, method-assign] # noqa: SLF001
    MotoRandom.get_random_string = _random_string  # type: ignore[assignment, method-assign]
    SQSBackend.receive_message = _receive_at_once  # type: ignore[assignment, method-assign]
    RequestSigner.sign = _sign  # type: ignore[assignment, method-assign]
    BUILTIN_HANDLERS.append(("before-call.dynamodb", _answer, REGISTER_LAST))
    Item.project = _part_of  # type: ignore[assignment, method-assign]
    Item.__init__ = _make_item  # type: ignore[assignment, method-assign]
    responses.method_names_from_class = cache(responses.method_names_from_class)  # type: ignore[attr-defined]
    for module in (responses, queues):
        module.camelcase_to_underscores = cache(module.camelcase_to_underscores)  # type: ignore[attr-defined]
    backend_index.backend_url_patterns.sort(key=_turn_of)


def _turn_of(pattern: tuple[str, Any]) -> int:
    """Of all services, whose addresses moto tries one by one, those first that are asked."""
    return ASKED.index(pattern[0]) if pattern[0] in ASKED else len(ASKED)


# Until it is reset, moto keeps all that it has made of each model: each copy of an item and of a
# table. Nothing here asks for them, and none is kept.


def _untracked(model: type[BaseModel], *_: Any, **__: Any) -> BaseModel:
    return object.__new__(model)


# In each transaction moto copies the table and its stream, several times, down to the last value,
# and for each query it sorts all items by keys of any type; with a hundred orders that takes longer
# than all the rest. Here it copies what can change, and sorts by keys that are strings.

_update_item = DynamoDBBackend.update_item


def _update_a_copy(
    backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *rest: Any, **named: Any
) -> Any:
    row = backend.tables[table_name].items.get(DynamoType(key["pk"]), {})
    sk = DynamoType(key["sk"])
    if sk in row:
        row[sk] = copy.deepcopy(row[sk])
    return _update_item(backend, table_name, key, *rest, **named)


def _copy_of_item(item: Item, memo: dict[int, Any]) -> Item:
    copied: Item = object.__new__(Item)
    copied.hash_key, copied.range_key = item.hash_key, item.range_key
    copied.attrs = LimitedSizeDict(item.attrs)
    for name, value in item.attrs.items():
        # A string or a number is never changed.
        if not isinstance(value.value, str):
            dict.__setitem__(copied.attrs, name, copy.deepcopy(value, memo))
    return copied


def _copy_of_table(table: Table, _: object) -> Table:
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {pk: dict(row) for pk, row in table.items.items()})
    copied.stream_shard = copy.copy(table.stream_shard)
    assert copied.stream_shard is not None
    copied.stream_shard.items = [*copied.stream_shard.items]
    return copied


def _all_items(table: Table) -> list[Item]:
    items = [item for row in table.items.values() for item in row.values()]
    return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))


# An expression is checked by ten walks over its tree, after a copy of it down to the last value. Of
# each node each walk asks anew which kinds of nodes it is for. Here it asks once for each kind, and
# goes along a list of the nodes, which is made anew only where one was replaced; a walk that is for
# no node of the tree, or has looked at the same before, is left out; and the copy knows what a tree
# of nodes is.


def _copy_of_expression(copied: Any) -> Any:
    if not isinstance(copied, Node):
        return copy.deepcopy(copied)
    made: Any = _copy_of_node(copied, None)
    made.origin = copied
    return made


def _copy_of_node(node: Node, parent: Node | None) -> Node:
    copied: Node = object.__new__(_kind(node))
    vars(copied).update(vars(node), parent=parent)
    if node.children is not None:
        copied.children = [
            _copy_of_node(child, copied) if _is_node(_kind(child)) else copy.deepcopy(child)
            for child in node.children
        ]
    return copied


def _validate(validator: Validator) -> Any:
    root: Any = validator.node_to_validate
    names = tuple((validator.expression_attribute_names or {}).items())
    about = (root.origin, names, *validator.table.table_key_attrs)
    places: list[tuple[Any, int]] = []
    for walk in validator.processors:
        kind_of_walk = _kind(walk)
        if (kind_of_walk, about) in _PASSED:
            continue
        places = places or _places(root)
        if any(_process_of(kind_of_walk, _kind(node)) for node, _ in places):
            root, changed = _walked(walk, root, places)
            places = [] if changed else places
        if kind_of_walk in _OF_EXPRESSIONS:
            _PASSED.add((kind_of_walk, about))
    return root


_OF_EXPRESSIONS = frozenset(
    {ActionCountValidator, OverlappingPathsValidator, UpdateHashRangeKeyValidator}
)
"""The walks that only look, at nothing but the expression, its names and the table's keys."""

_PASSED: set[Any] = set()
"""Each of these walks, with an expression in which it found nothing wrong."""


def _places(root: Any) -> list[tuple[Any, int]]:
    """The nodes of a tree, children first, each with its place among its parent's children."""
    found: list[tuple[Any, int]] = []
    ahead = [(root, -1)]
    while ahead:
        node, index = ahead.pop()
        found.append((node, index))
        if node.children:
            ahead += [
                (child, place)
                for place, child in enumerate(node.children)
                if _is_node(_kind(child))
            ]
    found.reverse()
    return found


def _walked(walk: Any, root: Any, places: list[tuple[Any, int]]) -> tuple[Any, bool]:
    """Let a walk do what it does to the nodes; the root then, and whether a node is another one."""
    if _prepares(_kind(walk)):
        # It has to know where it comes by.
        return walk.traverse(root), True
    changed = False
    for node, index in places:
        process = _process_of(_kind(walk), _kind(node))
        if process is None:
            continue
        parent = node.parent
        made = getattr(walk, process)(node)
        if made is not node:
            changed = True
            made.parent = parent
            if parent:
                parent.children[index] = made
            else:
                root = made
    return root, changed


def _find_clauses(node: Any, wanted: list[Any]) -> list[Any]:
    found = []
    for child in node.children or ():
        kind = _kind(child)
        if kind in wanted:
            found.append(child)
        elif _is_parent(kind):
            found += child.find_clauses(wanted)
    return found


def _kind(node: Any) -> Any:
    """Its class. Of `type(node)` the type checker doubts that it can be looked up."""
    return type(node)


@cache
def _process_of(walk: type, kind: type) -> str | None:
    """The name of what a walk does to nodes of a kind, which is the same for all of its class."""
    known = walk._processing_map(_Names())  # type: ignore[attr-defined] # noqa: SLF001
    return next((does for one, does in known.items() if issubclass(kind, one)), None)


class _Names:
    """Whose every attribute is its own name."""

    def __getattr__(self, name: str) -> str:
        return name


@cache
def _prepares(walk: type[DepthFirstTraverser]) -> bool:
    return walk.pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child


@cache
def _is_node(kind: type) -> bool:
    return issubclass(kind, Node)


@cache
def _is_parent(kind: type) -> bool:
    return issubclass(kind, Expression | UpdateExpressionFunction)


# The same few expressions are read again and again: each update's twice, and each condition's with
# six patterns that are looked up anew for each word. Here each is read once. Of an update's nobody
# changes the tree (who checks it has a copy), and of a condition's words new ones are made.


def _words_of(parser: ConditionExpressionParser) -> deque[Any]:
    return deque(_read_words(parser.condition_expression))


@cache
def _read_words(expression: str | None) -> tuple[Any, ...]:
    return tuple(_lex(ConditionExpressionParser(expression, None, None)))


_lex = ConditionExpressionParser._lex_condition_expression  # noqa: SLF001


# For each call botocore makes a request of HTTP and reads its answer, moto makes a web server's
# request of that, reads it as a form and walks through both by their shapes. Here a call about
# DynamoDB's items goes, as botocore has checked and written it, straight to moto's handler: request
# and answer are JSON, of which only bytes have to be converted. What it refuses it has not done, so
# it is asked again in the usual way, in which botocore reads more of a refusal than its body.


def _answer(model: OperationModel, params: dict[str, Any], **_: Any) -> Any:
    """Answer a call about items; None where it is refused, or about something else."""
    found = _DYNAMODB.fullmatch(params["url"])
    if not botocore_stubber.enabled or found is None or model.name not in _OF_ITEMS:
        return None
    handler = DynamoHandler()
    handler.region = found["region"]
    handler.current_account = DEFAULT_ACCOUNT_ID
    handler.params = handler.body = json.loads(params["body"], object_hook=_with_bytes)
    try:
        result = getattr(handler, xform_name(model.name))().result
    except JsonRESTError:
        return None
    answer = json.loads(json.dumps(result, default=_as_text), object_hook=_with_bytes)
    return _Answered(HTTPStatus.OK), {
        **answer,
        "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.OK, "HTTPHeaders": {}},
    }


@dataclass(frozen=True)
class _Answered:
    """What botocore looks at of an answer that is read already."""

    status_code: int


_DYNAMODB = re.compile(r"https://dynamodb\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/")

_OF_ITEMS = frozenset(
    """
    BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query Scan TransactGetItems
    TransactWriteItems UpdateItem
    """.split()
)
"""The actions that read or write items."""


def _with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    match found:
        case {"B": str(text)} if len(found) == 1:
            return {"B": base64.b64decode(text)}
        case {"BS": list(texts)} if len(found) == 1:
            return {"BS": [base64.b64decode(text) for text in texts]}
    return found


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


# Of an item of which an index holds a part, moto converts all of it for each attribute of the part,
# and of a new item it measures all that it has at each attribute that it gets.


def _part_of(item: Item, paths: list[list[str]]) -> Item:
    names = [path[0] for path in paths if len(path) == 1]
    if len(names) < len(paths) or any("[" in name for name in names):
        return _project(item, paths)
    part = Item(item.hash_key, item.range_key, {})
    for name in names:
        if name in item.attrs:
            dict.__setitem__(part.attrs, name, item.attrs[name])
    return part


_project = Item.project


def _make_item(
    item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]
) -> None:
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = LimitedSizeDict({name: DynamoType(value) for name, value in attrs.items()})
    if item.size() > _MOST_BYTES:
        raise ItemSizeTooLarge


_MOST_BYTES = 405_000
"""moto's own limit of an item, between the documented one and the real one."""


# The rest: an answer has an id of 52 characters, each chosen by itself; a request is signed, and no
# signature is looked at; and whoever finds a queue empty waits, though nobody fills it.

_random_string_of_choices = MotoRandom.get_random_string

_CHARACTERS = string.ascii_letters + string.digits


def _random_string(random: MotoRandom, length: int = 20, **others: Any) -> str:
    if others:
        return _random_string_of_choices(random, length, **others)
    return "".join(random.choices(_CHARACTERS, k=length))


def _receive_at_once(
    backend: SQSBackend, queue: str, count: int, _wait: int, *rest: Any, **named: Any
) -> Any:
    return _receive(backend, queue, count, 0, *rest, **named)


_receive = SQSBackend.receive_message


def _sign(signer: RequestSigner, operation: str, request: Any, *rest: Any, **named: Any) -> None:
    """Sign, for moto without a signature: it reads the region and the key."""
    if botocore_stubber.enabled and request.url.startswith("https://"):
        scope = f"{signer.region_name}/{signer.signing_name}/aws4_request"
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential=testing/20260101/{scope},"
    else:
        _signed(signer, operation, request, *rest, **named)


_signed = RequestSigner.sign
