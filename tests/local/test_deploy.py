"""`make deploy`: what it asks, keeps and passes on; AWS itself is not asked."""

import errno
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.local.deploy import (
    STACK,
    ask_questions,
    chosen,
    deploy,
    deploy_command,
    kept_answers,
    main,
    parse,
    told,
)
from tests.local.machine import ROOT, LocalError
from tests.local.parts import need
from tests.local.sam import SAM_QUIETLY
from tests.support.documents import blocks, read

KEPT = """
version = 0.1

[default.deploy.parameters]
stack_name = "stallwatch"
parameter_overrides = "AlertEmail=\\"you@example.com\\" CheckEvery=\\"rate(5 minutes)\\""

[parents.deploy.parameters]
parameter_overrides = ["HomeCountry=FR", "CheckEvery=rate(1 hour)"]

[aunts.deploy.parameters.parameter_overrides]
HomeCountry = "PL"
CheckEvery = "rate(1 hour)"
"""
"""As versions of SAM CLI write it."""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(KEPT, "utf-8")
    return path


def test_answers_are_kept_for_each_stack(kept: Path) -> None:
    """A second stack neither takes the first's answers nor loses its own."""
    first = {"AlertEmail": "you@example.com", "CheckEvery": "rate(5 minutes)"}
    assert first == kept_answers(kept, STACK)
    assert {"HomeCountry": "FR", "CheckEvery": "rate(1 hour)"} == kept_answers(kept, "parents")
    assert {"HomeCountry": "PL", "CheckEvery": "rate(1 hour)"} == kept_answers(kept, "aunts")
    assert {} == kept_answers(kept, "unheard-of")


def test_what_sam_cli_keeps_is_read_again(tmp_path: Path) -> None:
    """The version that is installed here; else the next deployment would not know the answers."""
    need("emulator")
    given = {"AlertEmail": "", "CheckEvery": "rate(5 minutes)", "HomeCountry": "DE"}
    shutil.copy(ROOT / "template.yaml", tmp_path)
    for stack_name in (STACK, "parents"):
        command = deploy_command(stack_name, given, region="eu-central-1", guided=False)
        command.remove("--resolve-s3")
        # It keeps them before it uploads anything, for which nobody answers here.
        subprocess.run(
            [*command, "--no-resolve-s3", "--s3-bucket", "nowhere"],
            cwd=tmp_path,
            env={
                "PATH": os.defpath,
                "HOME": str(tmp_path),
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                **SAM_QUIETLY,
            },
            check=False,
            capture_output=True,
        )
        assert given == kept_answers(tmp_path / "samconfig.toml", stack_name)


def test_nothing_is_kept_before_the_first_deployment(tmp_path: Path) -> None:
    """There is no file then."""
    assert {} == kept_answers(tmp_path / "samconfig.toml", STACK)


def test_parameters_are_read_as_a_shell_reads_them() -> None:
    """A value in quotes may hold blanks."""
    assert {"Stalled": "10", "CheckEvery": "rate(5 minutes)", "AlertEmail": ""} == parse(
        "Stalled=10 CheckEvery='rate(5 minutes)' AlertEmail="
    )


@pytest.mark.parametrize("text", ["Stalled", "=10", "stalled=10", "--force"])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    """In a sentence that says how to write one."""
    with pytest.raises(LocalError, match="Name=value"):
        parse(text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Staled=11 Stalled=10", "The template has no parameter Staled; docs/deploy.md lists"),
        ("CheckEvery='rate(1 minute)", "The parameters cannot be read as a shell would"),
    ],
)
def test_what_the_template_does_not_know_is_refused_before_the_build(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    """SAM CLI would deploy without it, and say nothing."""
    monkeypatch.setattr("tests.local.deploy.open_session", lambda: None)
    monkeypatch.setattr("tests.local.deploy.check_credentials", lambda _: "Account 1.")
    monkeypatch.setattr("tests.local.deploy.build", None)
    monkeypatch.setenv("PARAMETERS", given)
    assert 1 == main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


def test_a_full_disk_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As every command tells it."""

    def fail() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/.aws-sam")

    monkeypatch.setattr("tests.local.deploy.open_session", lambda: SimpleNamespace(region_name="x"))
    monkeypatch.setattr("tests.local.deploy.check_credentials", lambda _: "Account 1.")
    monkeypatch.setattr("tests.local.deploy.build", fail)
    monkeypatch.setenv("PARAMETERS", "HomeCountry=DE")
    assert 1 == main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Nothing can be written here: No space left on device")


def test_three_questions_are_asked_until_they_are_answered() -> None:
    """Enter takes what is proposed; an answer that makes no sense is asked for again."""
    answers = iter(["you at home", "you@example.com", "Germany", "de", "ru", ""])
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    assert {
        "AlertEmail": "you@example.com",
        "HomeCountry": "DE",
        "Language": "en",
    } == ask_questions(answer)
    assert 6 == len(asked)


def test_without_a_terminal_it_says_how_to_answer() -> None:
    """With the command that needs none."""
    with pytest.raises(LocalError, match="PARAMETERS="):
        ask_questions(None)


def test_the_readme_shows_what_is_printed() -> None:
    """With a made-up stack, whose address is not confirmed yet."""
    (shown,) = blocks(read("README.md"), "text")
    printed = told(
        "https://abc123.execute-api.eu-central-1.amazonaws.com/live/",
        "(40 letters and digits)",
        ["you@example.com"],
    )

    assert printed.strip() == shown.text.strip()


def test_a_deployment_that_changes_nothing_succeeds_and_nothing_is_told_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SAM CLI fails where nothing changed, and sends telemetry, unless it is told not to."""
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], *, env: dict[str, str], **_: object) -> SimpleNamespace:
        ran.append(([str(part) for part in command], env))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("tests.local.deploy.need", lambda _: None)
    monkeypatch.setattr("tests.local.deploy.subprocess.run", run)
    deploy(STACK, {"HomeCountry": "DE"}, region="eu-central-1", guided=False)
    deploy(STACK, {}, region="eu-central-1", guided=True)
    (plain, _), (guided, _) = ran
    assert {"--no-fail-on-empty-changeset"} <= set(plain) & set(guided)
    # A script's first line takes no path with blanks.
    assert "python" == Path(plain[0]).name
    assert {"0"} == {environment["SAM_CLI_TELEMETRY"] for _, environment in ran}
    assert SAM_QUIETLY["SAM_CLI_TELEMETRY"] == "0"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (quietly,) = (line for line in makefile.splitlines() if line.startswith("SAM_QUIETLY"))
    assert "SAM_CLI_TELEMETRY=0" in quietly
    assert not [line for line in makefile.splitlines() if line.startswith("\t$(SAM) ")]


def test_where_sam_cli_asks_it_offers_what_is_known(kept: Path) -> None:
    """The region of AWS_REGION, of which it knows nothing, and the parameters that were given."""
    command = deploy_command("aunts", {"HomeCountry": "PL"}, region="eu-central-1", guided=True)
    offered = dict(pairwise(command))
    assert "--guided" in command
    assert "eu-central-1" == offered["--region"]
    assert 'HomeCountry="PL"' == offered["--parameter-overrides"]
    assert ("stallwatch", "eu-central-1") == chosen(kept, STACK, "eu-central-1")


def test_the_stack_is_looked_up_where_the_answers_put_it(tmp_path: Path) -> None:
    """Whoever is asked for name and region may give others."""
    kept = tmp_path / "samconfig.toml"
    kept.write_text('[default.deploy.parameters]\nstack_name = "mine"\nregion = "us-east-1"\n')
    assert ("mine", "us-east-1") == chosen(kept, STACK, "eu-central-1")
    assert (STACK, "eu-central-1") == chosen(tmp_path / "nothing", STACK, "eu-central-1")
