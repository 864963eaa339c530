"""DynamoDB's expressions, as far as the product uses them, turned into functions once each."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

Item = dict[str, Any]
Values = Mapping[str, Any]
Condition = Callable[[Item, Values], bool]
Update = Callable[[Item, Values], Item]

LONGEST = 4096
"""Bytes of an expression."""

MOST_OPERATORS = 300
"""Operators and functions in one."""

_TOKEN = re.compile(
    r"\s*(<>|<=|>=|[=<>(),+]|:[A-Za-z0-9_]+|#[A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9_.-]*)"
)
_RESERVED = frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())


class RefusedError(Exception):
    """The service would refuse the expression."""


class _Tokens:
    def __init__(self, text: str, names: tuple[tuple[str, str], ...]) -> None:
        if not text or len(text.encode()) > LONGEST:
            raise RefusedError("an expression is empty or too long")
        self._names = dict(names)
        self.used: set[str] = set()
        self.named: set[str] = set()
        self.operators = 0
        self._tokens: list[str] = []
        at = 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise RefusedError(f"unreadable: {text[at:]}")
            self._tokens.append(match[1])
            at = match.end()
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def take(self, *wanted: str) -> bool:
        if self.peek().upper() in wanted:
            self._at += 1
            return True
        return False

    def operator(self) -> None:
        """Count an operator or a function."""
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise RefusedError("an expression has too many operators")

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            raise RefusedError(f"{wanted} expected at {self.peek()!r}")

    def name(self) -> str:
        token = self.next()
        if token.startswith("#"):
            if token not in self._names:
                raise RefusedError(f"{token} is not defined")
            self.used.add(token)
            self.named.add(self._names[token])
            return self._names[token]
        if not token[:1].isalpha():
            raise RefusedError(f"a name expected at {token!r}")
        if token.upper() in _RESERVED:
            raise RefusedError(f"{token} is a reserved word")
        self.named.add(token)
        return token

    def value(self) -> str:
        token = self.next()
        if not token.startswith(":"):
            raise RefusedError(f"a value expected at {token!r}")
        self.used.add(token)
        return token

    def end(self) -> None:
        if self.peek():
            raise RefusedError(f"too much: {self.peek()!r}")


def _number(wire: Mapping[str, Any]) -> int:
    return int(_of_kind("N", wire))


def _of_kind(kind: str, wire: Mapping[str, Any]) -> Any:
    """What a value holds, where it is of a kind."""
    if kind not in wire:
        raise RefusedError(f"an operand is no {kind}")
    return wire[kind]


def _compare(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return operator == "<>" and left is not right
    if operator == "=":
        return bool(left == right)
    if operator == "<>":
        return bool(left != right)
    if left.keys() != right.keys():
        return False
    kind = next(iter(left))
    one, other = (_number(left), _number(right)) if kind == "N" else (left[kind], right[kind])
    if operator == "<":
        return bool(one < other)
    if operator == "<=":
        return bool(one <= other)
    return bool(one > other) if operator == ">" else bool(one >= other)


class Parsed(NamedTuple):
    """A condition."""

    holds: Condition
    used: frozenset[str]
    """The placeholders in it."""
    named: frozenset[str]
    """The attributes that it is about."""


@lru_cache(maxsize=512)
def condition(text: str, names: tuple[tuple[str, str], ...]) -> Parsed:
    """A condition as a function of an item and the values."""
    tokens = _Tokens(text, names)
    found = _either(tokens)
    tokens.end()
    return Parsed(found, frozenset(tokens.used), frozenset(tokens.named))


def _either(tokens: _Tokens) -> Condition:
    parts = [_all(tokens)]
    while tokens.take("OR"):
        tokens.operator()
        parts.append(_all(tokens))
    if len(parts) == 1:
        return parts[0]
    return lambda item, values: any(part(item, values) for part in parts)


def _all(tokens: _Tokens) -> Condition:
    parts = [_one(tokens)]
    while tokens.take("AND"):
        tokens.operator()
        parts.append(_one(tokens))
    if len(parts) == 1:
        return parts[0]
    return lambda item, values: all(part(item, values) for part in parts)


def _one(tokens: _Tokens) -> Condition:
    if tokens.take("("):
        inner = _either(tokens)
        tokens.expect(")")
        return inner
    if tokens.take("NOT"):
        tokens.operator()
        negated = _one(tokens)
        return lambda item, values: not negated(item, values)
    tokens.operator()
    function = tokens.peek()
    if function in {"attribute_exists", "attribute_not_exists", "begins_with"}:
        tokens.next()
        tokens.expect("(")
        name = tokens.name()
        if function == "begins_with":
            tokens.expect(",")
            value = tokens.value()
            tokens.expect(")")
            return lambda item, values: _begins(item.get(name), values[value])
        tokens.expect(")")
        if function == "attribute_exists":
            return lambda item, values: name in item  # noqa: ARG005
        return lambda item, values: name not in item  # noqa: ARG005
    name = tokens.name()
    operator = tokens.next()
    if operator not in {"=", "<>", "<", "<=", ">", ">="}:
        raise RefusedError(f"an operator expected at {operator!r}")
    value = tokens.value()
    return lambda item, values: _compare(operator, item.get(name), values[value])


def _begins(there: Any, value: Any) -> bool:
    wanted = _of_kind("S", value)
    return there is not None and "S" in there and there["S"].startswith(wanted)


@lru_cache(maxsize=512)
def update(text: str, names: tuple[tuple[str, str], ...]) -> tuple[Update, frozenset[str]]:
    """An update as a function that gives the item as it is after it."""
    tokens = _Tokens(text, names)
    steps: list[Callable[[Item, Item, Values], None]] = []
    touched: list[str] = []
    seen: set[str] = set()
    while tokens.peek():
        clause = tokens.next().upper()
        if clause not in {"SET", "REMOVE", "ADD"} or clause in seen:
            raise RefusedError(f"a clause expected at {clause!r}")
        seen.add(clause)
        while True:
            name = tokens.name()
            touched.append(name)
            steps.append(_step(clause, name, tokens))
            if not tokens.take(","):
                break
    if len(set(touched)) != len(touched):
        raise RefusedError("two paths overlap")
    if {"pk", "sk"} & set(touched):
        raise RefusedError("a key cannot be updated")

    def apply(item: Item, values: Values) -> Item:
        after = dict(item)
        for step in steps:
            step(item, after, values)
        return after

    return apply, frozenset(tokens.used)


def _step(clause: str, name: str, tokens: _Tokens) -> Callable[[Item, Item, Values], None]:
    if clause == "REMOVE":
        return lambda before, after, values: after.pop(name, None)  # noqa: ARG005
    if clause == "ADD":
        value = tokens.value()

        def add(before: Item, after: Item, values: Values) -> None:
            there = _number(before[name]) if name in before else 0
            after[name] = {"N": str(there + _number(values[value]))}

        return add
    tokens.expect("=")
    operand = _operand(tokens)
    if tokens.take("+"):
        more = _operand(tokens)

        def plus(before: Item, after: Item, values: Values) -> None:
            total = _number(operand(before, values)) + _number(more(before, values))
            after[name] = {"N": str(total)}

        return plus

    def put(before: Item, after: Item, values: Values) -> None:
        after[name] = operand(before, values)

    return put


def _operand(tokens: _Tokens) -> Callable[[Item, Values], Any]:
    if tokens.peek().startswith(":"):
        value = tokens.value()
        return lambda before, values: values[value]  # noqa: ARG005
    if tokens.peek() == "list_append":
        tokens.next()
        tokens.expect("(")
        left = _operand(tokens)
        tokens.expect(",")
        right = _operand(tokens)
        tokens.expect(")")
        return lambda before, values: {
            "L": [*_of_kind("L", left(before, values)), *_of_kind("L", right(before, values))]
        }
    if tokens.peek() == "if_not_exists":
        tokens.next()
        tokens.expect("(")
        there = tokens.name()
        tokens.expect(",")
        other = _operand(tokens)
        tokens.expect(")")
        return lambda before, values: before.get(there) or other(before, values)
    name = tokens.name()

    def read(before: Item, values: Values) -> Any:  # noqa: ARG001
        if name not in before:
            raise RefusedError(f"{name} is not in the item")
        return before[name]

    return read
