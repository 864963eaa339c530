"""What a stranger can make a day of the open routes cost, at the limits of the template.

Every request takes the largest answer of its route, uncompressed, and none of AWS's free
allowances counts. Prices are list prices of us-east-1 in dollars, as they were known in 2025.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from tests.support.template import ROOT
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

SECONDS = {"/claims/{token}": 1.0}
"""How long a request takes: a claim file is drawn. The others only read a file."""
READING_SECONDS = 0.05


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
        """Dollars for the function and its log."""
        seconds = SECONDS.get(self.path, READING_SECONDS)
        each = INVOCATION + seconds * MEMORY * GIGABYTE_SECOND + LOGGED / 1e9 * LOGS
        return self.requests * each

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
    """Bytes of the largest answer of an open route, uncompressed."""
    web = ROOT / "shared" / "stallwatch" / "web"
    if path == "/claims/{token}":
        return MOST_CLAIM_BYTES
    if path in {"/docs", "/openapi.json"}:
        return (web / {"/docs": "docs.html", "/openapi.json": "openapi.json"}[path]).stat().st_size
    swagger = files("aws_lambda_powertools.event_handler.openapi.swagger_ui")
    bundle = len(swagger.joinpath("swagger-ui-bundle.min.js").read_bytes())
    return max(bundle, *(file.stat().st_size for file in web.iterdir()))


def table() -> str:
    """The table in `docs/security.md`."""
    routes = sorted(open_routes(), key=lambda route: route.path)
    lines = [
        "| open route | a second | largest answer | gateway | transfer | function, log | a day |",
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


if __name__ == "__main__":
    print(table())
