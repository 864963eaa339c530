"""The command `doctor`: is the stack well, and what is to be done where it is not?"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from stallwatch import __version__
from stallwatch.cli import output
from stallwatch.cli.client import Client
from stallwatch.cli.cloud_options import Profile, Region, StackName
from stallwatch.cli.context import surroundings_of
from stallwatch.cli.errors import CommandError, ExitCode
from stallwatch.cli.options import AsJson

_FEW_CREDITS = 20


_UNWELL = ("FAILED", "ROLLBACK")


class Outcome(StrEnum):
    """What came of a check."""

    OK = "ok"
    FINDING = "finding"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what was seen.

    Args:
        name: A stable name for scripts.
        outcome: What came of it.
        message: What was seen, in a sentence.
        advice: What to do; empty where there is nothing to do.
    """

    name: str
    outcome: Outcome
    message: str
    advice: str = ""


def doctor(
    context: typer.Context,
    stack: StackName = "stallwatch",
    region: Region = None,
    profile: Profile = None,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Ask the API alone, whatever credentials there are.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether the stack is well, and what to do where it is not.

    Asks the API; and AWS too, where botocore and credentials are found. Ends with 0 where all is
    well, with 1 where something needs a look, with 3 where the API does not answer.
    With --json: {"well", "checks": [{"name", "outcome": "ok|finding|skipped", "message",
    "advice"}]}.

    Example: stallwatch doctor || mail -s "Stallwatch needs a look" me@example.com
    """
    checks: list[Check] = []
    exit_code = ExitCode.OK
    subscribers: list[dict[str, Any]] = []
    url = ""
    try:
        client = surroundings_of(context).client
        url = client.url
        stats = client.get("/stats").json()
        checks.append(_ok("api", f"{url} answers and accepts the key."))
        subscribers = client.get("/subscriptions").json().get("subscriptions") or []
        checks += _sources(stats)
        checks += _subscribers(subscribers)
        checks.append(_version(client))
    except CommandError as error:
        exit_code = error.exit_code
        advice = "Without the API nothing can be added. Anything below comes from AWS."
        checks.append(_finding("api", str(error), advice))
    if api_only:
        checks.append(_skipped("aws", "AWS was not asked (--api-only)."))
    else:
        has_sms = any(subscriber.get("protocol") == "sms" for subscriber in subscribers)
        checks += _aws(url, stack, region, profile, has_sms=has_sms)
    if exit_code is ExitCode.OK and any(c.outcome is Outcome.FINDING for c in checks):
        exit_code = ExitCode.FINDINGS
    _print(checks, as_json, is_well=exit_code is ExitCode.OK)
    if exit_code is not ExitCode.OK:
        raise typer.Exit(exit_code)


def _ok(name: str, message: str) -> Check:
    return Check(name, Outcome.OK, message)


def _finding(name: str, message: str, advice: str) -> Check:
    return Check(name, Outcome.FINDING, message, advice)


def _skipped(name: str, message: str) -> Check:
    return Check(name, Outcome.SKIPPED, message)


# What the API says.
def _sources(stats: dict[str, Any]) -> Iterator[Check]:
    for source in stats.get("sources") or ():
        name, verdict = output.shown(source.get("name")), source.get("verdict")
        since = output.shown(source.get("down_since")) or "just now"
        if verdict == "ok":
            yield _ok("source", f"{name} answers.")
        elif verdict == "blocked":
            yield _finding(
                "source",
                f"{name} has blocked the stack since {since}; no silence is counted meanwhile.",
                "A block often ends by itself. If it lasts for a day: `stallwatch poll --here` "
                "asks from your own connection, and FirstSource 17track asks another service.",
            )
        else:
            yield _finding(
                "source",
                f"{name} has given no valid answer since {since}.",
                "Wait: the stack tries again, and no silence is counted. If it goes on for days, "
                "look for a newer version of Stallwatch.",
            )
        credits_ = source.get("credits") or {}
        left = credits_.get("left")
        if isinstance(left, int) and left < _FEW_CREDITS:
            yield _finding(
                "credits",
                f"{name} has {left} credits left.",
                "Buy more, or it cannot be asked about new numbers.",
            )


def _subscribers(subscribers: list[dict[str, Any]]) -> Iterator[Check]:
    confirmed = [s for s in subscribers if s.get("confirmed")]
    waiting = [output.shown(s.get("endpoint")) for s in subscribers if not s.get("confirmed")]
    if confirmed:
        yield _ok("subscribers", f"{len(confirmed)} of {len(subscribers)} have confirmed.")
    elif subscribers:
        yield _finding(
            "subscribers",
            "Nobody has confirmed, so nobody gets alerts.",
            "Follow the link in the mail from AWS (look in the spam folder). It expires after two "
            "days: then add the subscriber again.",
        )
    else:
        yield _finding(
            "subscribers",
            "Nobody gets alerts: there are no subscribers by e-mail or SMS.",
            "`stallwatch subscribers add ADDRESS`. If only a queue or a web hook listens, all is "
            "well.",
        )
    if confirmed and waiting:
        yield _finding(
            "unconfirmed",
            f"Not confirmed yet: {', '.join(waiting)}.",
            "The link in the mail from AWS confirms; `stallwatch subscribers remove` removes "
            "the address.",
        )


def _version(client: Client) -> Check:
    info = client.get("/openapi.json").json().get("info") or {}
    version = output.shown(info.get("version"))
    if version == __version__:
        return _ok("version", f"Stack and command line both have version {version}.")
    return _finding(
        "version",
        f"The stack has {version or 'an unknown version'}, this command line {__version__}.",
        "Update the older one: `make deploy` the stack, `pipx install --force .` this.",
    )


# What AWS says.
def _aws(
    url: str, stack_name: str, region: str | None, profile: str | None, *, has_sms: bool
) -> Iterator[Check]:
    try:
        from stallwatch.cli import cloud as aws  # noqa: PLC0415
    except ModuleNotFoundError:
        yield _skipped("aws", "AWS was not asked: the extra [aws] is not installed.")
        return
    region_of_api = aws.region_in(url)
    try:
        cloud = aws.Cloud(region or region_of_api, profile)
    except aws.NoCredentialsHereError as error:
        yield _skipped("aws", f"AWS was not asked: {error}")
        return
    if region is None and region_of_api and cloud.configured_region not in {None, region_of_api}:
        yield _finding(
            "region",
            f"AWS is configured for {cloud.configured_region}, the stack is in {region_of_api}.",
            f"`export AWS_DEFAULT_REGION={region_of_api}`, or other AWS commands look in the "
            "wrong region.",
        )
    try:
        stack = cloud.stack(stack_name)
    except CommandError as error:
        yield _finding("stack", str(error), "Check the name, the region and the credentials.")
        return
    yield _status(stack.status, stack_name, stack.region)
    api_url = stack.outputs.get("ApiUrl", "")
    if url and region_of_api and api_url != url:
        yield _finding(
            "address",
            f"You are logged in to {url}, but the API of {stack_name} is {api_url or 'unknown'}.",
            "`stallwatch login` changes the address, --stack names another stack.",
        )
    yield from _guarded("alarms", lambda: _alarms(cloud.alarms(stack_name)))
    yield from _guarded("dead_letters", lambda: _dead_letters(cloud.dead_letters(stack_name)))
    if has_sms:
        yield from _guarded("sms", lambda: _sms(is_in_sandbox=cloud.sms_is_in_sandbox()))


def _guarded(name: str, look: Callable[[], list[Check]]) -> list[Check]:
    """Some checks, or the word that they could not be made."""
    try:
        return look()
    except CommandError as error:
        return [_skipped(name, str(error))]


def _status(status: str, stack: str, region: str) -> Check:
    if any(word in status for word in _UNWELL):
        return _finding(
            "stack",
            f"The last deployment of {stack} in {region} failed ({status}).",
            "The stack's events in the CloudFormation console say why. Then run `make deploy` "
            "again.",
        )
    return _ok("stack", f"{stack} in {region}: {status}.")


def _alarms(alarms: dict[str, str]) -> list[Check]:
    if not alarms:
        return [_ok("alarms", "No alarm is on.")]
    return [
        _finding("alarms", f"The alarm {name} is on.", output.shown(description))
        for name, description in alarms.items()
    ]


def _dead_letters(depths: dict[str, int]) -> list[Check]:
    full = {queue: depth for queue, depth in depths.items() if depth}
    if not full:
        return [_ok("dead_letters", "Nothing was given up on.")]
    return [
        _finding(
            "dead_letters",
            f"{queue} holds dead letters: about {depth}.",
            "The logs say why. Once the cause is mended, `make redrive` repeats them.",
        )
        for queue, depth in full.items()
    ]


def _sms(*, is_in_sandbox: bool) -> list[Check]:
    if not is_in_sandbox:
        return [_ok("sms", "The account is not in the SMS sandbox.")]
    return [
        _finding(
            "sms",
            "The account is in the SMS sandbox: only verified numbers get SMS, and SNS does not "
            "report the others.",
            "Verify the number, or ask to leave the sandbox, in the SNS console, Mobile, Text "
            "messaging.",
        )
    ]


def _print(checks: list[Check], as_json: bool, *, is_well: bool) -> None:
    if as_json:
        output.print_json({"well": is_well, "checks": [asdict(check) for check in checks]})
        return
    marks = {
        Outcome.OK: ("ok", ""),
        Outcome.FINDING: ("look", "claim"),
        Outcome.SKIPPED: ("-", "info"),
    }
    rows: list[list[output.Cell]] = []
    for check in checks:
        mark, style = marks[check.outcome]
        rows.append([output.styled(mark, style), check.message])
        if check.advice:
            rows.append(["", output.styled(f"→ {check.advice}", "")])
    output.console().print(output.table(["", ""], rows))
    if is_well:
        output.say("The stack is well.")
