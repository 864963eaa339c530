"""Source profiles: one record a source, and whatever misses one is told with the file to touch."""

import json
import re
from operator import attrgetter
from pathlib import Path

import pytest

from stallwatch import wiring
from stallwatch.aws.settings import Settings
from stallwatch.domain.parcels import Stage
from stallwatch.sources.sanitize import link
from stallwatch.tracking.profiles import (
    CAINIAO,
    PROFILES,
    SEVENTEEN_TRACK,
    SourceProfile,
    profile_of,
    stage_of_entry,
)
from tests.support.template import template
from tests.support.transformed import given_to, grants

ROOT = Path(__file__).parents[3]
every_source = pytest.mark.parametrize("source", PROFILES.values(), ids=PROFILES)


@every_source
def test_a_source_can_be_made(source: SourceProfile) -> None:
    """By the pull, under the name in its profile."""
    made = wiring.SOURCES[source.name]("http://127.0.0.1:1", lambda: "key")
    assert source.name == made.name, "its module in shared/stallwatch/sources/ has another name"


@every_source
def test_a_profile_is_whole(source: SourceProfile) -> None:
    """What people call it, where they can look, and what its codes mean."""
    touch = "shared/stallwatch/tracking/profiles.py"
    assert PROFILES[source.name] is source, touch
    assert source.title, touch
    assert source.attribution, touch
    assert link(f"{source.page}LP00000000000001"), touch
    assert source.url_variable, touch
    assert bool(source.takes_credits) <= bool(source.key_variable), touch
    assert bool(source.batch) is bool(source.per_minute), touch
    assert (Stage.IN_TRANSIT_UNPLACED, None) == source.stage_of("a code that nobody knows"), touch


@every_source
def test_the_template_knows_a_source(source: SourceProfile) -> None:
    """It may be the first one, and the functions are told where it is."""
    variables = given_to("pull_tracking")
    assert source.url_variable in variables, (
        f"template.yaml: a parameter for {source.url_variable}, among the variables of "
        "PullTrackingFunction"
    )


@pytest.mark.parametrize(
    "source", [s for s in PROFILES.values() if s.key_variable], ids=attrgetter("name")
)
def test_the_template_knows_a_key(source: SourceProfile) -> None:
    """The evaluation has to know that there is a second source; the pull may read its key."""
    for folder in ("pull_tracking", "evaluate_orders", "orders_api"):
        assert source.key_variable in given_to(folder), (
            f"template.yaml: {source.key_variable} among the variables under Globals"
        )
    whole = template()
    variables = whole["Globals"]["Function"]["Environment"]["Variables"]
    parameter = variables[source.key_variable]["Ref"]
    readable = [
        resource
        for grant in grants("pull_tracking")
        if "ssm:GetParameter" in grant.actions
        for resource in grant.resources
    ]
    assert any(resource.endswith(f":parameter{parameter}") for resource in readable), (
        f"template.yaml: PullTrackingRole may not read what {parameter} names; allow it if there is"
        f" one, by a condition Has{parameter}"
    )
    first = {"Fn::Equals": [{"Ref": "FirstSource"}, source.name]}
    rules = [rule for rule in whole["Rules"].values() if rule["RuleCondition"] == first]
    assert parameter in str(rules), (
        f"template.yaml: a rule under Rules, that FirstSource {source.name} needs {parameter}"
    )


@every_source
def test_the_settings_know_a_source(source: SourceProfile) -> None:
    """As the first one, with its address, key and pace."""
    variables = {
        "FIRST_SOURCE": source.name,
        source.url_variable: "https://x.example",
        "CAINIAO_PER_MINUTE": "60",
        "CAINIAO_BATCH": "10",
        "PULL_WORKERS": "1",
    }
    if source.key_variable:
        variables[source.key_variable] = "/key"
    settings = Settings(variables)
    assert source.name == settings.first_source
    assert "https://x.example" == settings.url_of(source)
    assert settings.pace_of(source).batch


def test_no_other_file_names_the_sources() -> None:
    """What must be known of a source stands in its profile; only its own module may name it."""
    named = re.compile("|".join(f'"{re.escape(name)}"' for name in PROFILES))
    mine = {"tracking/profiles.py"}
    package = ROOT / "shared" / "stallwatch"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if named.search(path.read_text("utf-8"))
    }
    # "cainiao" is the origin of a rule there, and no source; the default of an opinion is one.
    origins = {"claims/document.py", "api/claim_models.py", "domain/parcels.py"}
    thresholds = {name for name in found if name.startswith(("domain/thresholds", "claims/"))}
    assert set() == found - mine - origins - thresholds, "read tracking.profiles there"


def test_an_unknown_source_is_shown_by_its_name() -> None:
    """A newer version may have stored one; after a rollback nothing must fail."""
    profile = profile_of("new")
    assert ("new", "new", "") == (profile.title, profile.attribution, profile.page)
    assert (Stage.IN_TRANSIT_UNPLACED, None) == stage_of_entry("new", "GTMS_SIGNED")
    assert json.dumps(profile.name)


def test_a_source_is_asked_within_what_it_allows() -> None:
    """17TRACK takes 40 numbers a call and three calls a second; Cainiao's are parameters."""
    assert 40 == SEVENTEEN_TRACK.batch
    assert SEVENTEEN_TRACK.per_minute <= 3 * 60
    assert (0, 0) == (CAINIAO.batch, CAINIAO.per_minute)


def test_a_code_is_listed_where_its_source_s_list_has_it() -> None:
    """A name that nobody knows any more has no list to add it to."""
    assert CAINIAO.is_listed("gtms signed")
    assert not CAINIAO.is_listed("Delivered_Other")
    assert SEVENTEEN_TRACK.is_listed("delivered_other")
    assert not SEVENTEEN_TRACK.is_listed("GTMS_SIGNED")
    assert profile_of("gone").is_listed("anything")
