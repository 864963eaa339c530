"""`template.yaml` as CloudFormation gets it: after SAM's transform."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from tests.support.template import resources, template

_IN_TEXT = re.compile(r"\$\{([^!}][^}]*)\}")


@lru_cache(maxsize=1)
def transformed() -> dict[str, Any]:
    """The whole template; not to be changed."""
    given = copy.deepcopy(template())
    for resource in given["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            # `sam deploy` puts it there.
            resource["Properties"][code] = "s3://bucket/key"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    done: dict[str, Any] = translator.translate(given, {})
    return done


def transformed_resources(*kinds: str) -> dict[str, Any]:
    """The resources of some types."""
    return {
        name: resource
        for name, resource in transformed()["Resources"].items()
        if resource["Type"] in kinds
    }


@lru_cache(maxsize=1)
def functions() -> dict[str, str]:
    """The functions' logical names, by their folders."""
    return {
        PurePath(resource["Properties"]["CodeUri"]).name: name
        for name, resource in resources("AWS::Serverless::Function").items()
    }


def function(folder: str) -> dict[str, Any]:
    """The properties of a function."""
    properties: dict[str, Any] = transformed()["Resources"][functions()[folder]]["Properties"]
    return properties


def defaults() -> dict[str, str]:
    """The parameters at their defaults."""
    return {name: str(given["Default"]) for name, given in template()["Parameters"].items()}


def variables(folder: str, known: Mapping[str, str]) -> dict[str, str]:
    """The environment that a function gets.

    `known` says what each `Ref` and `GetAtt` that stands in it is.
    """
    given: dict[str, str] = resolved(function(folder)["Environment"]["Variables"], known)
    return given


# What stands where.


def given_to(folder: str) -> dict[str, str]:
    """A function's variables where every optional part of the stack is there."""
    optional = {name: f"a-{name}" for name, value in defaults().items() if not value}
    return variables(folder, Names(defaults() | optional | {"QuietHours": "22:00-07:00"}))


def resolved(value: Any, known: Mapping[str, str]) -> Any:
    """A value with its functions resolved."""
    match value:
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return known[f"{name}.{attribute}"]
        case {"Fn::Sub": str(text)}:
            return _IN_TEXT.sub(lambda found: known[found[1]], text)
        case {"Fn::If": [condition, then, otherwise]}:
            holds = _holds(transformed()["Conditions"][condition], known)
            return resolved(then if holds else otherwise, known)
        case Mapping():
            return {name: resolved(inner, known) for name, inner in value.items()}
        case list():
            return [resolved(inner, known) for inner in value]
        case _:
            return value


def _holds(condition: Any, known: Mapping[str, str]) -> bool:
    match condition:
        case {"Fn::Not": [inner]}:
            return not _holds(inner, known)
        case {"Fn::Equals": [one, other]}:
            return bool(resolved(one, known) == resolved(other, known))
        case _:
            raise NotImplementedError(condition)


class Names(dict[str, str]):
    """Stands for parts of a stack that was not built: each is called by its name."""

    def __missing__(self, name: str) -> str:
        return name


def references(value: Any) -> Iterator[str]:
    """The logical names that a value refers to."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(text)}:
            yield text.partition(".")[0]
        case {"Fn::Sub": [str(text), given]}:
            names = set(_IN_TEXT.findall(text)) - given.keys()
            yield from (name.partition(".")[0] for name in names)
            yield from references(given)
        case {"Fn::Sub": str(text)}:
            yield from (name.partition(".")[0] for name in _IN_TEXT.findall(text))
        case Mapping():
            for inner in value.values():
                yield from references(inner)
        case list():
            for inner in value:
                yield from references(inner)


def needs() -> dict[str, set[str]]:
    """The resources, and those that must be there before each of them."""
    found = transformed()["Resources"]
    return {
        name: {
            *(other for other in references(resource) if other in found),
            *([depends] if isinstance(depends := resource.get("DependsOn", []), str) else depends),
        }
        for name, resource in found.items()
    }


# What each function may do.


@dataclass(frozen=True)
class Grant:
    """A statement of a role: every action, on every resource."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """By their logical names, such as `OrdersTable.Arn/index/watch`."""


@lru_cache(maxsize=8)
def grants(folder: str) -> tuple[Grant, ...]:
    """What a function's role allows, where every optional part of the stack is there."""
    name = function(folder)["Role"]["Fn::GetAtt"][0]
    everything = Names({parameter: parameter for parameter in template()["Parameters"]})
    policies = resolved(transformed()["Resources"][name]["Properties"]["Policies"], everything)
    return tuple(
        Grant(_listed(statement["Action"]), _listed(statement["Resource"]))
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
    )


def allows(folder: str, action: str, resource: str) -> bool:
    """Whether a function may do something to a resource."""
    return any(
        action in grant.actions and any(fnmatchcase(resource, known) for known in grant.resources)
        for grant in grants(folder)
    )


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
