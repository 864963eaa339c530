"""Reads `template.yaml`, so that what tests build cannot drift from what is deployed."""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's short functions."""


def _function(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _function)


@lru_cache(maxsize=1)
def template() -> dict[str, Any]:
    """The template as it is written."""
    text = (ROOT / "template.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506
    return loaded


def resources(*kinds: str) -> dict[str, Any]:
    """The template's resources of some types."""
    return {
        name: resource
        for name, resource in template()["Resources"].items()
        if resource["Type"] in kinds
    }


def without_serverless() -> str:
    """The part of the template that needs no transform: the table, the topics and the queues."""
    whole = template()
    kinds = (
        "AWS::DynamoDB::Table",
        "AWS::SNS::Topic",
        "AWS::SNS::Subscription",
        "AWS::SQS::Queue",
    )
    return json.dumps(
        {
            "AWSTemplateFormatVersion": whole["AWSTemplateFormatVersion"],
            "Parameters": whole["Parameters"],
            "Conditions": whole["Conditions"],
            "Resources": resources(*kinds),
        }
    )


def table_definition(name: str) -> dict[str, Any]:
    """The table as `create_table` takes it."""
    properties = template()["Resources"]["OrdersTable"]["Properties"]
    return {
        "TableName": name,
        "BillingMode": properties["BillingMode"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "KeySchema": properties["KeySchema"],
        "GlobalSecondaryIndexes": properties["GlobalSecondaryIndexes"],
        "StreamSpecification": {"StreamEnabled": True, **properties["StreamSpecification"]},
    }


def thresholds_variable() -> str:
    """The environment variable `THRESHOLDS` with every parameter at its default."""
    whole = template()
    text: str = whole["Globals"]["Function"]["Environment"]["Variables"]["THRESHOLDS"]["Fn::Sub"]
    for name, parameter in whole["Parameters"].items():
        text = text.replace(f"${{{name}}}", str(parameter.get("Default", "")))
    return text


@cache
def woken_by() -> frozenset[str]:
    """The sort keys whose records the stream's filter lets through to the evaluation."""
    events = template()["Resources"]["EvaluateOrdersFunction"]["Properties"]["Events"]
    (pattern,) = events["Changes"]["Properties"]["FilterCriteria"]["Filters"]
    return frozenset(json.loads(pattern["Pattern"])["dynamodb"]["Keys"]["sk"]["S"])
