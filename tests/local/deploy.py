"""`make deploy`: the stack in the developer's own AWS account, in three questions.

Credentials come first, so that nobody answers questions or builds in vain. The answers are kept for
each stack in `samconfig.toml`, which git ignores; later deployments ask nothing. `GUIDED=1` asks
every parameter (`sam deploy --guided`), `PARAMETERS="Name=value …"` changes some without asking,
`STACK=` names another stack. SAM CLI sends no telemetry.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from stallwatch.domain.languages import ALERT_LANGUAGES
from tests.local import machine
from tests.local.account import check_credentials, open_session, outputs_of
from tests.local.machine import LOCAL, ROOT, LocalError, end_of, need
from tests.local.sam import SAM, SAM_QUIETLY, known_parameters

KEPT: Final = ROOT / "samconfig.toml"

STACK: Final = "stallwatch"
"""The stack that is meant where none is named."""

_SAM: Final = (str(SAM.with_name("python")), "-m", "samcli")
"""The script beside it names its Python in a first line that not every path fits into."""

_BUILD_LOG: Final = LOCAL / "build-for-aws.log"

_QUESTIONS: Final = (
    (
        "AlertEmail",
        "Your mail address (Enter for no e-mail alerts)",
        r"|[^@\s]{1,64}@[^@\s]{1,255}",
    ),
    ("HomeCountry", "The country your orders go to, as two letters, like DE or US", r"[A-Z]{2}"),
    (
        "Language",
        f"The language of the alerts: {', '.join(ALERT_LANGUAGES)}",
        "|".join(ALERT_LANGUAGES),
    ),
)
"""Parameter, question, and what an answer looks like."""

_DEFAULTS: Final = {"AlertEmail": "", "HomeCountry": "US", "Language": "en"}


def main() -> int:
    """Deploy, and say how to reach the stack; 1 with one sentence where something is in the way."""
    try:
        session = open_session()
        print(check_credentials(session), flush=True)
        stack_name = os.environ.get("STACK") or STACK
        guided = os.environ.get("GUIDED") == "1"
        given = parse(os.environ.get("PARAMETERS", ""))
        _check_names(given)
        parameters = {**kept_answers(KEPT, stack_name), **given}
        if not guided and not parameters:
            parameters = ask_questions(input if sys.stdin.isatty() else None)
        build()
        deploy(stack_name, parameters, region=session.region_name, guided=guided)
        if guided:
            stack_name, region = chosen(KEPT, stack_name, session.region_name)
            session = open_session(region)
        print(summary(session, stack_name))
    except (LocalError, OSError) as error:
        print(machine.told(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def kept_answers(path: Path, stack_name: str) -> dict[str, str]:
    """The parameters that an earlier deployment of that stack kept, as SAM CLI writes them."""
    found = _kept(path, stack_name).get("parameter_overrides", "")
    # Its versions write a table, a text, or a list of pairs.
    if isinstance(found, dict):
        return {name: str(value) for name, value in found.items()}
    return parse(found if isinstance(found, str) else shlex.join(found))


def chosen(path: Path, stack_name: str, region: str) -> tuple[str, str]:
    """The name and the region that a stack was given where SAM CLI asked for them."""
    kept = _kept(path, stack_name)
    return str(kept.get("stack_name", stack_name)), str(kept.get("region", region))


def _kept(path: Path, stack_name: str) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    kept: Any = tomllib.loads(path.read_text("utf-8")).get(section(stack_name), {})
    found: Mapping[str, Any] = kept.get("deploy", {}).get("parameters", {})
    return found


def section(stack_name: str) -> str:
    """The part of `samconfig.toml` that holds a stack's answers."""
    return "default" if stack_name == STACK else stack_name


def parse(text: str) -> dict[str, str]:
    """`Name=value` pairs as a shell would read them. Raises `LocalError` where one is none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise LocalError(f"The parameters cannot be read as a shell would: {error}.") from error
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            raise LocalError(f"{word!r} is not a parameter: write Name=value.")
        pairs[name] = value.strip('"')
    return pairs


def _check_names(given: Mapping[str, str]) -> None:
    """Raise `LocalError` where the template has no such parameter: SAM CLI would say nothing."""
    unknown = sorted(set(given) - set(known_parameters()))
    if unknown:
        raise LocalError(
            f"The template has no parameter {', '.join(unknown)}; docs/deploy.md lists those that "
            "it has."
        )


def ask_questions(ask: Callable[[str], str] | None) -> dict[str, str]:
    """The answers to the three questions, asked again until they make sense.

    Raises:
        LocalError: there is no terminal to ask in.
    """
    if ask is None:
        raise LocalError(
            "This is the stack's first deployment, and there is no terminal to ask in. Answer so: "
            'PARAMETERS="AlertEmail=you@example.com HomeCountry=DE Language=en" make deploy'
        )
    answers = {}
    for name, question, pattern in _QUESTIONS:
        default = _DEFAULTS[name]
        while True:
            shown = f"{question} [{default}]: " if default else f"{question}: "
            answer = ask(shown).strip() or default
            answer = answer.upper() if name == "HomeCountry" else answer
            if re.fullmatch(pattern, answer):
                break
            print("That does not look right. Please try again.")
        answers[name] = answer
    return answers


def build() -> None:
    """Run `make build`. Raises `LocalError` where it fails."""
    print("Building: some minutes at first, less from then on.", flush=True)
    with _BUILD_LOG.open("wb") as log:
        command = ["make", "--no-print-directory", "build"]
        ended = subprocess.run(command, cwd=ROOT, check=False, stdout=log, stderr=log)
    if ended.returncode:
        raise LocalError(f"The build failed:\n{end_of(_BUILD_LOG)}")


def deploy(stack_name: str, parameters: Mapping[str, str], *, region: str, guided: bool) -> None:
    """Run `sam deploy` over the build in `.aws-sam`. Raises `LocalError` where it fails."""
    need(SAM)
    command = deploy_command(stack_name, parameters, region=region, guided=guided)
    # Where it asks, SAM CLI knows the region of no other variable.
    environment = {**os.environ, **SAM_QUIETLY, "AWS_DEFAULT_REGION": region}
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if ended.returncode:
        raise LocalError("The deployment failed; the lines above say why. Nothing was lost.")


def deploy_command(
    stack_name: str, parameters: Mapping[str, str], *, region: str, guided: bool
) -> list[str]:
    """The command of SAM CLI that deploys and keeps the answers.

    What is given or kept is what `guided` offers as the answer to each question.
    """
    command = [
        *(*_SAM, "deploy", "--stack-name", stack_name, "--config-env", section(stack_name)),
        *("--region", region, "--no-fail-on-empty-changeset", "--no-progressbar"),
    ]
    if guided:
        command += ["--guided"]
    else:
        command += ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--save-params"]
        command += ["--no-confirm-changeset"]
    if parameters:
        pairs = [f'{name}="{value}"' for name, value in sorted(parameters.items())]
        command += ["--parameter-overrides", " ".join(pairs)]
    return command


def summary(session: Any, stack_name: str) -> str:
    """How to reach the stack: the page, the key, and what is left to confirm."""
    try:
        outputs = outputs_of(session, stack_name)
        key = session.client("apigateway").get_api_key(
            apiKey=outputs["ApiKeyId"], includeValue=True
        )["value"]
        pages = session.client("sns").get_paginator("list_subscriptions_by_topic")
        waiting = sorted(
            subscription["Endpoint"]
            for page in pages.paginate(TopicArn=outputs["AlertsTopicArn"])
            for subscription in page["Subscriptions"]
            if subscription["SubscriptionArn"] == "PendingConfirmation"
        )
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"The stack is deployed, but cannot be looked up: {error}") from error
    return told(outputs["PageUrl"], key, waiting)


def told(page: str, key: str, waiting: Sequence[str]) -> str:
    """What is printed about a stack that is deployed; `waiting` are unconfirmed addresses."""
    lines = [f"\nThe page:  {page}", f"The key:   {key}"]
    lines += [
        f"To do:     {address} has a mail from AWS: open its link, or no alert reaches it."
        for address in waiting
    ]
    if waiting:
        lines.append(
            "           (docs/security.md: confirm so that nobody else can end the alerts.)"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
