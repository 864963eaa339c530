"""The command `poll --here`: the stack's own poll, from this machine."""

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer

from stallwatch.aws.lambda_clock import ProcessClock
from stallwatch.cli import output
from stallwatch.cli.cloud_options import Profile, Region, StackName
from stallwatch.cli.context import Surroundings, surroundings_of
from stallwatch.cli.errors import CommandError, ExitCode, InvalidUseError, UnreachableError
from stallwatch.cli.options import AsJson
from stallwatch.domain.errors import UnavailableError

_MOST_ORDERS = 1000


_WRONG_CLOCK = timedelta(seconds=30)
"""A clock that is off by more would move the slots of the watch and the end of the lease."""


def poll(
    context: typer.Context,
    order_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ORDER…", help="Check these now. Default: those that are due."),
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Ask from this machine, with your AWS credentials.")
    ] = False,
    stack: StackName = "stallwatch",
    region: Region = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Ask the carrier from this machine, in place of the cloud.

    For the day on which Cainiao blocks addresses of AWS. It is the very same poll as the stack's:
    it reads the stack's settings, takes the same lease in the same table, and keeps the same pace,
    so that it may run beside the function. Ctrl-C ends it after the request that is under way.

    Needs the extra [aws] and credentials. Ends with 0 where the source answers, with 1 where it
    does not. With --json: {"due", "checked", "changed", "unanswered", "left_over", "source"}.

    Example: stallwatch poll --here --region eu-central-1
    """
    if not here:
        raise InvalidUseError(
            "The stack checks orders by itself. --here checks from this machine, with your AWS "
            "credentials; `stallwatch check ORDER` has the stack check an order now."
        )
    if order_ids and len(order_ids) > _MOST_ORDERS:
        raise InvalidUseError(f"At most {_MOST_ORDERS} orders at once.")
    report = poll_here(surroundings_of(context), order_ids, stack, region, profile)
    if as_json:
        output.print_json(report)
    else:
        output.say(
            f"{report['due']} due, {report['checked']} checked, {report['changed']} with news, "
            f"{report['unanswered']} unanswered, {report['left_over']} left over; "
            f"the source: {report['source']}."
        )
    if report["source"] != "ok" or (order_ids and report["left_over"]):
        raise typer.Exit(ExitCode.FINDINGS)


def poll_here(
    surroundings: Surroundings,
    order_ids: list[str] | None,
    stack_name: str,
    region: str | None,
    profile: str | None,
) -> dict[str, Any]:
    """Run the poll of a deployed stack in this process; what it did, as the function answers it.

    Raises:
        CommandError: AWS or the stack's settings do not allow it.
    """
    try:
        import stallwatch.wiring  # noqa: F401, PLC0415
        from stallwatch.aws.settings import SettingsError  # noqa: PLC0415
        from stallwatch.cli.cloud import Cloud, region_in  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidUseError(
            f"{error.name} is not installed: `pipx install 'stallwatch[aws]'`, or in the project "
            "`pipx install --force '.[aws]'`."
        ) from None
    cloud = Cloud(region or _region_of_login(surroundings, region_in), profile)
    stack = cloud.stack(stack_name)
    _check_clock(stack.answered_at, surroundings.now())
    name = stack.outputs.get("PullFunctionName")
    if name is None:
        raise InvalidUseError(f"{stack_name} has no output PullFunctionName; is it Stallwatch?")
    function = cloud.function(name)
    _use(cloud.region, profile)
    logging.getLogger("stallwatch").addHandler(logging.NullHandler())
    try:
        return run_poll(function.environment, function.span, order_ids)
    except SettingsError as error:
        raise InvalidUseError(
            f"The stack's settings are not those of this version: {error}."
        ) from None
    except UnavailableError:
        raise UnreachableError(
            "The table does not answer, or the credentials may not use it."
        ) from None


def run_poll(
    environment: Mapping[str, str], span: timedelta, order_ids: list[str] | None
) -> dict[str, Any]:
    """Run the poll in this process; what it did, as the function answers it.

    Args:
        environment: The function's variables.
        span: How long it may take.
        order_ids: What to check; none: what is due.

    Raises:
        SettingsError: a variable is missing or makes no sense.
        UnavailableError: the table does not answer.
    """
    from stallwatch.aws.settings import Settings  # noqa: PLC0415
    from stallwatch.wiring import build_poll_run  # noqa: PLC0415

    # The stack's workers are functions in the cloud; here this process makes every request.
    settings = Settings({**environment, "PULL_WORKERS": "1"})
    clock = ProcessClock(span, settings.clock_shift)
    with ended_by_signals(clock):
        run = build_poll_run(settings, clock, uuid4().hex)
        done = run.check_orders(order_ids) if order_ids else run.check_due()
    return done.as_dict()


def _region_of_login(surroundings: Surroundings, region_in: Any) -> str | None:
    """The region in the address of the API that is logged in to; None: there is no login."""
    try:
        return region_in(surroundings.credentials.load().url)  # type: ignore[no-any-return]
    except CommandError:
        return None


def _check_clock(of_aws: datetime | None, now: datetime) -> None:
    if of_aws is not None and abs(now - of_aws) > _WRONG_CLOCK:
        raise InvalidUseError(
            f"The clock of this machine is off by {abs(now - of_aws).total_seconds():.0f} s; "
            "set it right (NTP), since the lease and the watch go by it."
        )


def _use(region: str, profile: str | None) -> None:
    """Let the clients that a run makes for itself use the same region and credentials."""
    os.environ["AWS_DEFAULT_REGION"] = region
    if profile is not None:
        os.environ["AWS_PROFILE"] = profile


@contextmanager
def ended_by_signals(clock: ProcessClock) -> Iterator[None]:
    """Let the run end in good order, its lease given back, when it is told to."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: clock.stop()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
