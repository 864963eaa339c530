"""What others can make a day of the open routes cost, at the limits of the template.

A stranger has no link: of the two routes with a token in their address he gets a 404 after one
read. Whoever was given a link gets what it opens. Every request takes the largest answer of its
route, compressed only where the route never answers otherwise, and none of AWS's free allowances
counts. Prices are list prices of us-east-1 in dollars, as they were known in 2025.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stallwatch.api.static import ALWAYS_PACKED, ASSETS, PAGE_ASSETS, served_file
from stallwatch.calendar.service import MOST_ORDERS
from stallwatch.domain.languages import ALERT_LANGUAGES
from tests.support.transformed import transformed_resources

DAY = 86_400
GATEWAY = 3.50e-6
"""A request."""
INVOCATION = 0.20e-6
GIGABYTE_SECOND = 0.0000133334
MEMORY = 0.5
"""GB of the function behind the API."""
TRANSFER = 0.09
"""A GB to the internet."""
LOGS = 0.50
"""A GB."""
LOGGED = 500
"""Bytes that a request leaves in the log: Lambda's three lines of some 300, and 26 for each line.
The function itself writes nothing about a request that it answers."""

REFUSED_BYTES = 1_000
"""Of a 404, with its headers."""

MOST_CLAIM_BYTES = 300_000
"""Of a claim file's largest form, its picture."""

MOST_CALENDAR_BYTES = 2_000_000
"""Of a calendar with as many orders as one shows, each with four key dates."""

SECONDS = {"/claims/{token}": 1.0, "/calendar/{token}": 5.0}
"""How long a request takes: a claim file is drawn, a calendar evaluates its orders. The others only
give away a file that they hold."""
READING_SECONDS = 0.01
"""0.4 ms of a whole processor, of which the function has a third, and the runtime's own work."""

READ_UNIT = 0.125e-6
"""A unit of the table's reads."""
READS = {"/claims/{token}": 3, "/calendar/{token}": 5 * MOST_ORDERS}
"""Units that a request reads, a guess on the high side."""


@dataclass(frozen=True)
class Route:
    """A route that needs no key, at its limit for a day."""

    path: str
    rate: float
    """Requests a second."""
    bytes_each: int
    has_link: bool = True
    """Whether the token in an address is one that opens something."""

    @property
    def title(self) -> str:
        """Its path, and whether it is asked for with a link where there are links."""
        if self.path not in SECONDS:
            return f"`{self.path}`"
        return f"`{self.path}`, {'by a link' if self.has_link else 'without a link'}"

    @property
    def requests(self) -> float:
        """In a day."""
        return self.rate * DAY

    @property
    def gateway(self) -> float:
        """Dollars for the gateway's requests."""
        return self.requests * GATEWAY

    @property
    def transfer(self) -> float:
        """Dollars for what is sent."""
        return self.requests * self.bytes_each / 1e9 * TRANSFER

    @property
    def function(self) -> float:
        """Dollars for the function, its log, and what it reads of the table."""
        seconds, reads = READING_SECONDS, float(self.path in READS)
        if self.has_link:
            seconds = SECONDS.get(self.path, READING_SECONDS)
            reads = READS.get(self.path, 0)
        each = INVOCATION + seconds * MEMORY * GIGABYTE_SECOND + LOGGED / 1e9 * LOGS
        return self.requests * (each + reads * READ_UNIT)

    @property
    def total(self) -> float:
        """Dollars."""
        return self.gateway + self.transfer + self.function


def open_routes() -> Iterator[Route]:
    """The routes without a key, by the template."""
    (api,) = transformed_resources("AWS::ApiGateway::RestApi").values()
    (stage,) = transformed_resources("AWS::ApiGateway::Stage").values()
    rates = {
        setting["ResourcePath"]: setting["ThrottlingRateLimit"]
        for setting in stage["Properties"]["MethodSettings"]
    }
    for path, operations in api["Properties"]["Body"]["paths"].items():
        for operation in operations.values():
            if not operation.get("security"):
                yield Route(path, rates.get(path, rates["/*"]), largest_answer(path))


def strangers_routes() -> Iterator[Route]:
    """The same for somebody without a link."""
    for route in open_routes():
        if route.path in SECONDS:
            yield replace(route, bytes_each=REFUSED_BYTES, has_link=False)
        else:
            yield route


def largest_answer(path: str) -> int:
    """Bytes of the largest answer of an open route, as its greediest caller gets it."""
    if path == "/claims/{token}":
        return MOST_CLAIM_BYTES
    if path == "/calendar/{token}":
        return MOST_CALENDAR_BYTES
    names = {
        "/": ("index.html", *PAGE_ASSETS),
        "/docs": ("docs.html",),
        "/openapi.json": ("openapi.json",),
        "/assets/{file}": ASSETS,
    }[path]
    return max(
        len(file.compressed if name in ALWAYS_PACKED else file.content)
        for name in names
        for file in (served_file(name, language) for language in ALERT_LANGUAGES)
    )


def table() -> str:
    """The table in `docs/security.md`."""
    strangers = sorted(strangers_routes(), key=lambda route: route.path)
    linked = [route for route in open_routes() if route.path in SECONDS]
    files = [route for route in strangers if route.path not in SECONDS]
    lines = [
        (
            "| open route | a second | largest answer | gateway | transfer | function, log, reads "
            "| a day |"
        ),
        "|---|---|---|---|---|---|---|",
        *map(_row, strangers),
        _together("a stranger, together", strangers),
        *map(_row, sorted(linked, key=lambda route: route.path)),
        _together("with links to both, together", [*files, *linked]),
    ]
    return "\n".join(lines)


def _row(r: Route) -> str:
    return (
        f"| {r.title} | {r.rate:g} | {r.bytes_each / 1000:,.0f} kB | ${r.gateway:.2f} "
        f"| ${r.transfer:.2f} | ${r.function:.2f} | ${r.total:.2f} |"
    )


def _together(title: str, routes: Sequence[Route]) -> str:
    gateway, transfer, function = (
        sum(getattr(r, part) for r in routes) for part in ("gateway", "transfer", "function")
    )
    return (
        f"| **{title}** | {sum(r.rate for r in routes):g} | | ${gateway:.2f} | ${transfer:.2f} "
        f"| ${function:.2f} | **${gateway + transfer + function:.2f}** |"
    )


if __name__ == "__main__":
    print(table())
