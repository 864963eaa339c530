"""The gateway in small: serves the API's handler on 127.0.0.1, as the stage of a REST API does.

Which routes there are, and which of them need the key, is what the template says.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.aws.moto_stack import Context, World
from tests.support.template import resources

STAGE = "live"
KEY = "the-key-of-the-tests"

JSON = {"Content-Type": ["application/json"]}


@dataclass(frozen=True)
class Route:
    """A route of the API."""

    method: str
    resource: str
    needs_key: bool

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The parameters in a path; None where the route is not the one."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.resource)
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found and method == self.method else None


@cache
def routes() -> list[Route]:
    """The routes of the template."""
    events = resources("AWS::Serverless::Function")["OrdersApiFunction"]["Properties"]["Events"]
    return [
        Route(
            method=event["Properties"]["Method"].upper(),
            resource=event["Properties"]["Path"],
            needs_key=event["Properties"].get("Auth", {}).get("ApiKeyRequired", True),
        )
        for event in events.values()
        if event["Type"] == "Api"
    ]


@dataclass
class Bridge:
    """The gateway in front of a world."""

    world: World
    key: str = KEY
    checks_at_once: bool = True
    """Whether a check that the API calls for is run as soon as its answer is sent."""
    asked: list[str] = field(default_factory=list)
    """The requests so far: method and address."""
    sent: int = 0
    """The bytes of the answers so far, headers and bodies."""
    port: int = 0
    is_closed: bool = False
    """Whether the world has gone: what still waits is not answered any more."""
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """The address of the stage, without a slash after it."""
        return f"http://127.0.0.1:{self.port}/{STAGE}"

    def close(self) -> None:
        """Wait for the request that is being answered, and answer none any more."""
        with self._one_at_a_time:
            self.is_closed = True

    def run_checks(self) -> None:
        """Run the check that the API has called for."""
        with self._one_at_a_time:
            self._run_checks()

    def _run_checks(self) -> None:
        if self.world.nudges:
            self.world.nudges = 0
            self.world.pull()
            self.world.pump()

    def serve(self, request: "_Request") -> None:
        """Answer a request, as the function does or with a refusal of the gateway's own."""
        body = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(f"{request.command} {request.path}")
        with self._one_at_a_time:
            if self.is_closed:
                return
            request.send(self._answer(request.command, request.path, headers, body))
            if self.checks_at_once:
                self._run_checks()

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
        parts = urlsplit(target)
        stage, _, rest = parts.path.removeprefix("/").partition("/")
        path = f"/{rest}"
        for route in routes() if stage == STAGE else []:
            parameters = route.match(method, path)
            if parameters is None:
                continue
            if route.needs_key and headers.get("x-api-key") != self.key:
                return _refusal("Forbidden")
            event = _event(route, path, parameters, parts.query, headers, body)
            return self.world.handlers["orders_api"].handler(event, Context())
        return _refusal("Missing Authentication Token")


def _refusal(message: str) -> dict[str, Any]:
    return {"statusCode": 403, "multiValueHeaders": JSON, "body": json.dumps({"message": message})}


def _event(
    route: Route,
    path: str,
    parameters: dict[str, str],
    query: str,
    headers: dict[str, str],
    body: bytes,
) -> dict[str, Any]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return {
        "resource": route.resource,
        "path": path,
        "httpMethod": route.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": {
            name: [value for n, value in pairs if n == name] for name, _ in pairs
        }
        or None,
        "pathParameters": {name: unquote(value) for name, value in parameters.items()} or None,
        "requestContext": {
            "resourcePath": route.resource,
            "httpMethod": route.method,
            "path": f"/{STAGE}{path}",
            "stage": STAGE,
        },
        # All is binary to the gateway (BinaryMediaTypes).
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        self.server.bridge.serve(self)

    def do_POST(self) -> None:
        self.server.bridge.serve(self)

    def do_PATCH(self) -> None:
        self.server.bridge.serve(self)

    def do_DELETE(self) -> None:
        self.server.bridge.serve(self)

    def do_PUT(self) -> None:
        self.server.bridge.serve(self)

    def do_OPTIONS(self) -> None:
        self.server.bridge.serve(self)

    def do_TRACE(self) -> None:
        self.server.bridge.serve(self)

    def send(self, answer: Mapping[str, Any]) -> None:
        text = answer.get("body") or ""
        content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        self.send_response(answer["statusCode"])
        for name, values in answer["multiValueHeaders"].items():
            for value in values:
                self.send_header(name, value)
                self.server.bridge.sent += len(f"{name}: {value}\r\n")
        if answer["statusCode"] not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.server.bridge.sent += len(content)
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: `Bridge.asked` is the log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.bridge = bridge
        bridge.port = self.server_address[1]


@contextmanager
def bridge(world: World) -> Iterator[Bridge]:
    """Serve a world until the block ends."""
    made = Bridge(world)
    server = _Server(made)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        made.close()
        thread.join()
