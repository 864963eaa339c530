"""The files of the web pages: assembled, hashed and compressed at their first use.

The page is one document with its style sheet in it and one script, so that its first load takes
three requests: the page, the script and the icon. Addresses of assets carry a hash of their
content (`?asset=app.0123456789abcdef.js`) and may be kept for good; the page itself is revalidated
at each load, so that it never mixes two versions.
"""

import base64
import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response

from stallwatch.domain.errors import MissingError

MODULES = (
    "words",
    "lib",
    "client",
    "shell",
    "forms",
    "parcel",
    "list",
    "actions",
    "claim",
    "order",
    "importing",
    "edit",
    "subscribers",
    "stats",
    "app",
)
"""The modules of the page's script, each after those that it imports."""

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}

PAGE_ASSETS = ("app.js", "icon.svg")
"""What the page itself loads."""

SWAGGER = ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
"""Swagger UI, as Powertools brings it along.

It is served compressed whatever a request accepts: it is only of use to browsers, all of which
unpack gzip, and the transfer of its 1.5 MB would be most of what a stranger can make a day cost.
"""

ASSETS = (*PAGE_ASSETS, "docs.css", "docs.js", *SWAGGER)
"""What the page and the documentation load."""

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
"""What comes from the API can never become markup."""

_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

_REVALIDATED = "no-cache"
_IMMUTABLE = "public, max-age=31536000, immutable"

_HASHED = re.compile(r"(?P<stem>[a-z-]+(?:\.min)?)\.(?P<hash>[0-9a-f]{16})\.(?P<type>[a-z]+)")
_REFERENCE = re.compile(r"(?<=asset=)[a-z-]+\.[a-z]+|(?<=assets/)[a-z.-]+\.[a-z]+")
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |const|let|class|function))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file as it is served."""

    content: bytes
    compressed: bytes
    tag: str
    """16 hex digits of the content's SHA-256."""
    policy: str


def file_response(name: str, headers: Mapping[str, str], among: Sequence[str]) -> Response[Any]:
    """A file for a request.

    Args:
        name: The file's name, with or without its content's hash in it.
        headers: The request's, with names in lower case.
        among: The files that the route serves, without hashes.

    Raises:
        MissingError: there is no such file.
    """
    hashed = _HASHED.fullmatch(name)
    plain = f"{hashed['stem']}.{hashed['type']}" if hashed else name
    if plain not in among:
        raise MissingError("such file")
    file = served_file(plain)
    is_current = hashed is not None and hashed["hash"] == file.tag
    tag = f'W/"{file.tag}"'
    answered: dict[str, Any] = {
        **_HEADERS,
        # Who asks for a former version by its hash gets the present one, and must not keep it.
        "Cache-Control": _IMMUTABLE if is_current else _REVALIDATED,
        "Content-Security-Policy": file.policy,
        "ETag": tag,
    }
    if headers.get("if-none-match") == tag:
        return Response(304, body="", headers=answered)
    kind = _TYPES[plain.rpartition(".")[2]]
    if plain not in SWAGGER and not _accepts_gzip(headers.get("accept-encoding", "")):
        return Response(200, kind, file.content.decode(), answered)
    answered["Content-Encoding"] = "gzip"
    response: Response[Any] = Response(
        200, kind, base64.b64encode(file.compressed).decode(), answered
    )
    response.base64_encoded = True
    return response


def _accepts_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header takes gzip."""
    for coding in accepted.lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() in {"gzip", "*"} and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality):
            return True
    return False


@lru_cache
def served_file(name: str) -> ServedFile:
    """A file as it is served, by its name without a hash."""
    policy = _STRICT
    if name == "index.html":
        style = _text("app.css")
        digest = base64.b64encode(sha256(style.encode()).digest()).decode()
        policy = f"{_STRICT}; {_TRUSTED_TYPES}".replace(
            "style-src 'self'", f"style-src 'self' 'sha256-{digest}'"
        )
        text = _with_hashes(_text(name)).replace("/* app.css */", style)
    elif name == "docs.html":
        # Swagger UI's style sheet holds its pictures.
        policy = _STRICT.replace("img-src 'self'", "img-src 'self' data:")
        text = _with_hashes(_text(name))
    else:
        text = script() if name == "app.js" else _text(name)
    content = text.encode()
    return ServedFile(
        content, gzip.compress(content, 9, mtime=0), sha256(content).hexdigest()[:16], policy
    )


def _with_hashes(page: str) -> str:
    """A page that names its assets with the hashes of their contents."""

    def named(reference: re.Match[str]) -> str:
        stem, _, kind = reference[0].rpartition(".")
        return f"{stem}.{served_file(reference[0]).tag}.{kind}"

    return _REFERENCE.sub(named, page)


def script() -> str:
    """The page's script: its modules as one, without the imports and exports between them."""
    parts = (_EXPORT.sub("", _IMPORT.sub("", _text(f"{name}.js"))) for name in MODULES)
    icon = f"icon.{served_file('icon.svg').tag}.svg"
    return "\n".join(parts).replace("?asset=icon.svg", f"?asset={icon}")


def _text(name: str) -> str:
    package = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
    folder = files(package) if name in SWAGGER else files("stallwatch") / "web"
    return folder.joinpath(name).read_text("utf-8")
