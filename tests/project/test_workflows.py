"""The workflows of GitHub: pinned, with least rights, and with the commands of everybody else."""

import re
from typing import Any

import pytest
import yaml

from tests.support.template import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))

MAY_WRITE = {"release.yml": {"contents", "id-token", "attestations"}}
"""What a workflow may write; any other may only read."""


def read(name: str) -> tuple[str, dict[str, Any]]:
    """A workflow as text, and as it is understood."""
    text = (FOLDER / name).read_text("utf-8")
    understood: dict[str, Any] = yaml.safe_load(text)
    return text, understood


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_actions_are_pinned(name: str) -> None:
    """By the hash of a commit, beside the version that it is."""
    used = re.findall(r"uses: (.+)", read(name)[0])
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("name", [path.name for path in WORKFLOWS])
def test_a_job_has_the_rights_that_it_needs(name: str) -> None:
    """None by default, and to write only where that is its purpose."""
    workflow = read(name)[1]
    assert {} == workflow["permissions"]
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        writes = {right for right, given in job["permissions"].items() if given == "write"}
        assert writes <= MAY_WRITE.get(name, set())
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_the_workflows_run_the_commands_of_the_makefile() -> None:
    """Whoever repeats a check at home runs the same."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    run = {
        word
        for path in WORKFLOWS
        for job in read(path.name)[1]["jobs"].values()
        for step in job["steps"]
        for line in re.findall(r"(?:^|\s)make ([a-z -]+)", step.get("run", ""))
        for word in line.split()
    }
    assert run <= targets
    assert {"lint", "scan", "test", "demo", "docs", "fuzz", "faults", "build"} <= run


def test_pythons_that_are_tested_begin_with_the_oldest() -> None:
    """That the project says it runs on."""
    versions = read("ci.yml")[1]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert ["3.11", "3.12", "3.13", "3.14"] == versions
    assert f'requires-python = ">={versions[0]}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_a_release_has_the_stack_and_the_command_line() -> None:
    """The built template, the wheel with the versions of its build pinned, and checksums."""
    (job,) = read("release.yml")[1]["jobs"].values()
    (collected,) = (s["run"] for s in job["steps"] if s.get("name") == "Collect what is released")
    archive, wheel, sums = (collected.index(w) for w in ("tar ", "uv build --wheel", "sha256sum"))
    assert archive < sums
    assert wheel < sums
    assert "--build-constraints tests/requirements.txt --require-hashes" in collected
    for package in ("hatchling==", "--hash=sha256:"):
        assert package in (ROOT / "tests" / "requirements.txt").read_text("utf-8")
