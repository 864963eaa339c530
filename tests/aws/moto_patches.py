"""What takes moto long is done here in less time, and with the same outcome.

Each patch replaces one function of moto by one that gives the same answer. They were found with a
profile of the tests of the stack, where moto took two thirds of the time.
"""

import copy
from collections import defaultdict
from functools import cache
from typing import Any

from moto import backend_index
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node  # type: ignore[attr-defined]

ASKED = ("dynamodb", "sqs", "sns", "ssm", "lambda")
"""The services that the functions ask, the most often asked first."""


def apply() -> None:
    """Put the patches in their places."""
    DynamoDBBackend.update_item = _update_a_copy  # type: ignore[assignment, method-assign]
    Table.__deepcopy__ = _copy_of_table  # type: ignore[attr-defined]
    Table.all_items = _all_items  # type: ignore[assignment, method-assign]
    BaseJSONSerializer._serialize_type_structure = _serialize_value  # type: ignore[assignment, method-assign] # noqa: SLF001
    validators.deepcopy = _copy_of_expression  # type: ignore[assignment, attr-defined]
    DepthFirstTraverser.traverse = _traverse
    responses.method_names_from_class = cache(responses.method_names_from_class)  # type: ignore[attr-defined]
    responses.camelcase_to_underscores = cache(responses.camelcase_to_underscores)  # type: ignore[attr-defined]
    backend_index.backend_url_patterns.sort(key=_turn_of)


def _turn_of(pattern: tuple[str, Any]) -> int:
    """Of all services, whose addresses moto tries one by one, those first that are asked."""
    return ASKED.index(pattern[0]) if pattern[0] in ASKED else len(ASKED)


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


# For each value of an item moto looks for ten types under two names each, which takes longer than
# finding the item. Here it looks at the types that the value has.

_serialize_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001


def _serialize_value(
    serializer: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str
) -> None:
    if shape.name != "AttributeValue" or type(value) is not dict:
        _serialize_structure(serializer, serialized, value, shape, key)
        return
    typed: dict[str, Any] = {}
    serialized[key] = typed
    for name, held in value.items():
        serializer._serialize(typed, held, shape.members[name], name)  # noqa: SLF001


# An expression is checked by ten walks over its tree, after a copy of it down to the last value. Of
# each node each walk asks anew which kinds of nodes it is for. Here it asks once for each kind, and
# the copy knows what a tree of nodes is.


def _copy_of_expression(copied: Any) -> Any:
    return _copy_of_node(copied, None) if isinstance(copied, Node) else copy.deepcopy(copied)


def _copy_of_node(node: Node, parent: Node | None) -> Node:
    copied: Node = copy.copy(node)
    copied.parent = parent
    if node.children is not None:
        copied.children = [
            _copy_of_node(child, copied) if isinstance(child, Node) else copy.deepcopy(child)
            for child in node.children
        ]
    return copied


def _traverse(walk: Any, root: Any) -> Any:
    processors: dict[type, Any] = {}
    prepares = type(walk).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child

    def processor_of(kind: type) -> Any:
        if kind not in processors:
            known = walk._processing_map().items()  # noqa: SLF001
            processors[kind] = next((does for one, does in known if issubclass(kind, one)), None)
        return processors[kind]

    def visit(node: Any, index: int) -> Any:
        if not isinstance(node, Node):
            return node
        parent = node.parent
        for place, child in enumerate(node.children or ()):
            if prepares:
                walk.pre_processing_of_child(node, place)
            visit(child, place)
        process = processor_of(type(node))
        if process is not None:
            node = process(node)
            node.parent = parent
            if parent:
                parent.children[index] = node
        return node

    return visit(root, -1)
