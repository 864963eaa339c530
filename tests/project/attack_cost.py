"""What a stranger can make a day of the open routes cost, at the limits of the template.

Every request takes the largest answer of its route, compressed only where the route never answers
otherwise, and none of AWS's free allowances counts. Prices are list prices of us-east-1 in dollars,
as they were known in 2025.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stallwatch.api.static import ASSETS, PAGE_ASSETS, SWAGGER, served_file
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
LOGGED = 1_000
"""Bytes that a request leaves in the log, a guess on the high side."""

MOST_CLAIM_BYTES = 300_000
"""Of a claim file's largest form, its picture."""

MOST_CALENDAR_BYTES = 2_000_000
"""Of a calendar with as many orders as one shows, each with four key dates."""

SECONDS = {"/claims/{token}": 1.0, "/calendar/{token}": 5.0}
"""How long a request takes: a claim file is drawn, a calendar evaluates its orders. The others only
read a file."""
READING_SECONDS = 0.05

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
        seconds = SECONDS.get(self.path, READING_SECONDS)
        each = INVOCATION + seconds * MEMORY * GIGABYTE_SECOND + LOGGED / 1e9 * LOGS
        return self.requests * (each + READS.get(self.path, 0) * READ_UNIT)

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
        len(file.compressed if name in SWAGGER else file.content)
        for name in names
        for file in (served_file(name, language) for language in ALERT_LANGUAGES)
    )


def table() -> str:
    """The table in `docs/security.md`."""
    routes = sorted(open_routes(), key=lambda route: route.path)
    lines = [
        (
            "| open route | a second | largest answer | gateway | transfer | function, log, reads "
            "| a day |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{r.path}` | {r.rate:g} | {r.bytes_each / 1000:,.0f} kB | ${r.gateway:.2f} "
        f"| ${r.transfer:.2f} | ${r.function:.2f} | ${r.total:.2f} |"
        for r in routes
    ]
    gateway, transfer, function = (
        sum(getattr(r, part) for r in routes) for part in ("gateway", "transfer", "function")
    )
    lines.append(
        f"| **together** | {sum(r.rate for r in routes):g} | | ${gateway:.2f} | ${transfer:.2f} "
        f"| ${function:.2f} | **${gateway + transfer + function:.2f}** |"
    )
    return "\n".join(lines)
