"""Source profiles: one record for each tracking service.

Everything that the product must know of a source besides how to ask it stands here: messages and
pages take its title and page, the trace its stages, the settings its variables. The asking itself
is a module of `sources`, which the wiring finds by its name here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from stallwatch.domain.parcels import Stage
from stallwatch.tracking.codes import (
    Placed,
    canonical,
    code_of_status,
    is_listed,
    placed_by_list,
    stage_of,
)


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """What is known of a tracking service."""

    name: str
    """What its checkpoints, alerts and circuit are stored under. It never changes."""
    module: str
    """The module of `sources` that asks it: its function `make` makes the source."""
    title: str
    """What people call it, in every language."""
    page: str
    """The address of its page for one number, which is put behind it."""
    attribution: str
    """Where a claim says that an answer comes from, so that a reader can look for himself."""
    stage_of: Callable[[str], Placed]
    """The stage that one of its codes means."""
    is_listed: Callable[[str], bool]
    """Whether one of its codes stands in the list that the product has of them."""
    takes_credits: bool = False
    """Whether numbers must be registered with it, for a credit each, with the user's key."""
    answers_late: bool = False
    """Whether a number's first answers may be empty though it is known."""
    url_variable: str = ""
    """The environment variable that says where it is asked."""
    key_variable: str = ""
    """The environment variable that names its key's parameter; empty where it takes no key."""
    batch: int = 0
    """How many numbers a request may name; 0: a parameter of the stack says so."""
    per_minute: int = 0
    """How many requests it allows in a minute; 0 like `batch`."""


@lru_cache(maxsize=4)
def _list_of(name: str) -> dict[str, Placed]:
    return placed_by_list(name)


@lru_cache(maxsize=1024)
def stage_of_listed_status(file: str, status: str) -> Placed:
    """The stage of a status or sub-status; an unlisted sub-status means what its status does.

    Args:
        file: The list in `data/`.
        status: Such as `InTransit_Departure`.
    """
    status = canonical(status.removeprefix(code_of_status("")))
    listed = _list_of(file)
    for known in (status, status.partition("_")[0]):
        if known in listed:
            return listed[known]
    return Stage.IN_TRANSIT_UNPLACED, None


def is_listed_status(file: str, status: str) -> bool:
    """Whether a status or sub-status is a listed one.

    Args:
        file: The list in `data/`.
        status: Such as `InTransit_Departure`.
    """
    return canonical(status.removeprefix(code_of_status(""))) in _list_of(file)


CAINIAO = SourceProfile(
    name="cainiao",
    module="cainiao",
    title="Cainiao",
    page="https://global.cainiao.com/newDetail.htm?mailNoList=",
    attribution="global.cainiao.com",
    stage_of=stage_of,
    is_listed=is_listed,
    url_variable="CAINIAO_URL",
)

SEVENTEEN_TRACK = SourceProfile(
    name="17track",
    module="seventeen_track",
    title="17TRACK",
    page="https://t.17track.net/en#nums=",
    attribution="17track.net",
    stage_of=partial(stage_of_listed_status, "seventeen_track.csv"),
    is_listed=partial(is_listed_status, "seventeen_track.csv"),
    takes_credits=True,
    answers_late=True,
    url_variable="SEVENTEEN_TRACK_URL",
    key_variable="SEVENTEEN_TRACK_KEY",
    batch=40,
    per_minute=150,
)

PROFILES = {profile.name: profile for profile in (CAINIAO, SEVENTEEN_TRACK)}
"""Every source by its name; the first is the one that is asked where nothing else is chosen."""


def profile_of(name: str) -> SourceProfile:
    """The profile of a source.

    A name that is not known, which a newer version may have stored, is its own title, and its codes
    are signs of life that place nothing.
    """
    return PROFILES.get(name) or SourceProfile(
        name=name,
        module="",
        title=name,
        page="",
        attribution=name,
        stage_of=_unplaced,
        is_listed=_without_list,
    )


def _unplaced(_code: str) -> Placed:
    return Stage.IN_TRANSIT_UNPLACED, None


def _without_list(_code: str) -> bool:
    return True


def stage_of_entry(source: str, code: str) -> Placed:
    """The stage of a source's code, and what else the code says."""
    return profile_of(source).stage_of(code)
