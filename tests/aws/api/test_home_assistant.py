"""The sensors that the documentation gives for Home Assistant, over real answers of the API.

Its templates are Jinja's, with `value_json` for the answer.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.aws.api.client import ORDER, Api
from tests.support.template import ROOT

_LONGEST_STATE = 255
"""Home Assistant takes no longer one."""


class _Loader(yaml.SafeLoader):
    """YAML with Home Assistant's secrets."""


def _secret(_: _Loader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    return f"secret:{node.value}"


_Loader.add_constructor("!secret", _secret)


def resources() -> list[Any]:
    """What the documentation configures."""
    text = (ROOT / "docs/home_assistant.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (found,) = (
        loaded["rest"]
        for loaded in (yaml.load(block, _Loader) for block in blocks)  # noqa: S506
        if "rest" in loaded
    )
    resources: list[Any] = found
    return resources


def states(api: Api) -> dict[str, str]:
    """What each sensor shows, by its id."""
    answers = {
        "secret:stallwatch_stats": api.call("GET", "/stats"),
        "secret:stallwatch_orders": api.call(
            "GET", "/orders", query={"sort": "urgent", "limit": "20"}
        ),
    }
    shown = {}
    for resource in resources():
        status, answer = answers[resource["resource"]]
        assert 200 == status
        for sensor in [*resource.get("sensor", []), *resource.get("binary_sensor", [])]:
            template = ImmutableSandboxedEnvironment().from_string(sensor["value_template"])
            shown[sensor["unique_id"]] = template.render(value_json=answer).strip()
            for name in sensor.get("json_attributes", []):
                assert all(name in order for order in answer["orders"])
    assert all(len(state) <= _LONGEST_STATE for state in shown.values())
    return shown


def test_an_empty_stack_shows_nothing_to_do(api: Api) -> None:
    """Without an error."""
    assert {
        "stallwatch_under_way": "0",
        "stallwatch_at_risk": "0",
        "stallwatch_tracking": "False",
        "stallwatch_need_you": "0",
        "stallwatch_most_urgent": "none",
    } == states(api)


def test_a_parcel_that_waits_is_the_most_urgent(api: Api) -> None:
    """By its title, and counted among those that need their owner."""
    world = api.world
    number = "LP00123456789012"
    at = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
    world.cainiao.put(number, [(at, "GTMS_STA_SIGNED"), (at - timedelta(days=3), "LH_ARRIVE")])
    assert 201 == api.call("POST", "/orders", {**ORDER, "tracking_number": number})[0]
    world.pull()
    world.pump()
    shown = states(api)
    assert ("1", "1", "USB cable") == (
        shown["stallwatch_under_way"],
        shown["stallwatch_need_you"],
        shown["stallwatch_most_urgent"],
    )
    assert "12.50 EUR" == shown["stallwatch_at_risk"]
