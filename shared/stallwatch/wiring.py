"""Puts the parts of a poll together, alike for the function and for the command line.

The function polls in the cloud, `stallwatch poll --here` from one's own machine. Both must take the
same lease and keep the same pace in the same table, so what a run consists of stands here alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from typing import cast

from stallwatch.aws import clients
from stallwatch.aws.parameters import read_secret
from stallwatch.aws.settings import Settings
from stallwatch.aws.workers import FunctionWorkers
from stallwatch.domain.clock import Clock
from stallwatch.dynamodb.polling import DynamoPollStore
from stallwatch.dynamodb.table import Table
from stallwatch.polling.registration import RegistrationRun
from stallwatch.polling.run import PollRun
from stallwatch.polling.second_source import SecondSourceCheck
from stallwatch.tracking.profiles import PROFILES, SourceProfile
from stallwatch.tracking.source import Registry, Source

SOURCES: Mapping[str, Callable[[str, Callable[[], str]], Source]] = {
    profile.name: import_module(f"stallwatch.sources.{profile.module}").make
    for profile in PROFILES.values()
}
"""How each source is made, by the name in its profile: from its address and what reads its key.

They are imported at once, since a function has its whole processor only while it starts.
"""

SourceMaker = Callable[[str, str, str], Source]
"""Gives a source by its name, its address and the name of the parameter that holds its key."""


@lru_cache(maxsize=4)
def source(name: str, url: str, key_name: str) -> Source:
    """A source, with one session and its key for as long as the process lives."""
    return SOURCES[name](url, lambda: read_secret(clients.parameters(), key_name))


@dataclass(frozen=True)
class _Parts:
    """Makes the parts of one run, of what they share."""

    settings: Settings
    clock: Clock
    owner: str
    make_source: SourceMaker
    store: DynamoPollStore

    def source(self, profile: SourceProfile) -> Source:
        """The source of a profile, as the settings have it."""
        settings = self.settings
        return self.make_source(profile.name, settings.url_of(profile), settings.key_of(profile))

    def registering(
        self, profile: SourceProfile
    ) -> Callable[[Callable[[], bool]], RegistrationRun] | None:
        """What registers numbers with a source; None where it takes no credits."""
        if not profile.takes_credits:
            return None
        registry = cast("Registry", self.source(profile))
        batch = self.settings.pace_of(profile).batch
        return partial(
            RegistrationRun, registry, self.store, self.clock.now, batch=batch, owner=self.owner
        )

    def second_source_check(self) -> SecondSourceCheck | None:
        """What asks the second source; None where there is none."""
        second = self.settings.second_profile
        if second is None:
            return None
        return SecondSourceCheck(
            self.store,
            self.source(second),
            self.clock,
            self.settings.pace_of(second),
            self.settings.thresholds,
            self.registering(second),
        )


def build_poll_run(
    settings: Settings,
    clock: Clock,
    owner: str,
    make_source: SourceMaker = source,
    workers: FunctionWorkers | None = None,
) -> PollRun:
    """A run of the poll, of the sources that the settings name.

    Args:
        settings: The environment of the pull's function.
        clock: The time, and how long the run may take.
        owner: Who holds the lease while the run lasts; unique for each run.
        make_source: Gives each source.
        workers: Other invocations that make the run's requests; None: it makes them itself.

    Raises:
        SettingsError: a setting is missing or makes no sense.
    """
    store = DynamoPollStore(Table(clients.dynamodb(), settings.table_name))
    parts = _Parts(settings, clock, owner, make_source, store)
    first = settings.first_profile
    return PollRun(
        watch=store,
        source=parts.source(first),
        clock=clock,
        schedule=settings.schedule,
        pace=settings.pace_of(first),
        thresholds=settings.thresholds,
        owner=owner,
        catch_up=settings.catch_up,
        registering=parts.registering(first),
        workers=workers,
        second=parts.second_source_check(),
    )
