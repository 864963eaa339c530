"""The files of the web pages: assembled, hashed and compressed at their first use.

The page is one document with its style sheet and the words of one language in it, and one script,
so that its first load takes three requests: the page, the script and the icon. Addresses of assets
carry a hash of their content (`?asset=app.0123456789abcdef.js`) and may be kept for good; the page
itself is revalidated at each load, so that it never mixes two versions.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from aws_lambda_powertools.event_handler import Response

from stallwatch.api.compression import accepts_gzip
from stallwatch.api.page_words import page_words
from stallwatch.domain.errors import MissingError
from stallwatch.domain.languages import DEFAULT_LANGUAGE

MODULES = (
    "words",
    "lib",
    "client",
    "shell",
    "forms",
    "parcel",
    "deadline",
    "list",
    "actions",
    "claim",
    "order",
    "splitting",
    "review",
    "importing",
    "edit",
    "calendar",
    "subscribers",
    "stats",
    "install",
    "app",
)
"""The modules of the page's script, each after those that it imports."""

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
}

ICONS = ("icon-192.png", "icon-512.png")
"""The icons of the installed page, by their width."""

PAGE_ASSETS = ("app.js", "icon.svg", "manifest.json", "worker.js", *ICONS)
"""What the page itself loads: the last ones only once somebody has signed in."""

_KINDS = {"manifest.json": "application/manifest+json"}
"""The types of files that their name does not tell."""

SWAGGER = ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
"""Swagger UI, as Powertools brings it along."""

ALWAYS_PACKED = ("app.js", *SWAGGER)
"""Scripts and a style sheet that are served compressed whatever a request accepts.

They are only of use to browsers, all of which unpack gzip, and their transfer would be most of what
a stranger can make a day cost. What people and programs read stays plain for whoever wants it so.
"""

ASSETS = (*PAGE_ASSETS, "docs.css", "docs.js", *SWAGGER)
"""What the page and the documentation load."""

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_OF_THE_PAGE = (
    "manifest-src 'self'; worker-src 'self';"
    " require-trusted-types-for 'script'; trusted-types stallwatch-worker"
)
"""What comes from the API can never become markup.

The one policy that the page may make lets nothing pass but the address of its own worker.
"""

_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

_REVALIDATED = "no-cache"
_IMMUTABLE = "public, max-age=31536000, immutable"

_HASHED = re.compile(r"(?P<stem>[a-z0-9-]+(?:\.min)?)\.(?P<hash>[0-9a-f]{16})\.(?P<type>[a-z]+)")
_REFERENCE = re.compile(r"(?<=asset=)[a-z0-9-]+\.[a-z]+|(?<=assets/)[a-z.-]+\.[a-z]+")
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)\n", re.MULTILINE)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_STYLE_BLANKS = re.compile(r"(?<=[{};,:>])\s+|\s+(?=[{}>])")
_EXPORT = re.compile(r"^export (?=(?:async |const|let|class|function))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file as it is served."""

    content: bytes
    compressed: bytes
    tag: str
    """16 hex digits of the content's SHA-256."""
    policy: str


def file_response(
    name: str,
    headers: Mapping[str, str],
    among: Sequence[str],
    language: str = DEFAULT_LANGUAGE,
) -> Response[Any]:
    """A file for a request.

    Args:
        name: The file's name, with or without its content's hash in it.
        headers: The request's, with names in lower case.
        among: The files that the route serves, without hashes.
        language: The code of the page's language.

    Raises:
        MissingError: there is no such file.
    """
    hashed = _HASHED.fullmatch(name)
    plain = f"{hashed['stem']}.{hashed['type']}" if hashed else name
    if plain not in among:
        raise MissingError("such file")
    file = served_file(plain, language)
    is_current = hashed is not None and hashed["hash"] == file.tag
    tag = f'W/"{file.tag}"'
    answered: dict[str, Any] = {
        **_HEADERS,
        # Who asks for a former version by its hash gets the present one, and must not keep it.
        "Cache-Control": _IMMUTABLE if is_current else _REVALIDATED,
        "Content-Security-Policy": file.policy,
        "ETag": tag,
    }
    if plain == "index.html":
        answered["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        answered["Content-Language"] = language
    if headers.get("if-none-match") == tag:
        return Response(304, body="", headers=answered)
    kind = _KINDS.get(plain) or _TYPES[plain.rpartition(".")[2]]
    if plain in ICONS:
        return _binary(Response(200, kind, base64.b64encode(file.content).decode(), answered))
    if plain not in ALWAYS_PACKED and not accepts_gzip(headers.get("accept-encoding", "")):
        return Response(200, kind, file.content.decode(), answered)
    answered["Content-Encoding"] = "gzip"
    return _binary(Response(200, kind, base64.b64encode(file.compressed).decode(), answered))


def _binary(response: Response[Any]) -> Response[Any]:
    response.base64_encoded = True
    return response


@lru_cache
def served_file(name: str, language: str = DEFAULT_LANGUAGE) -> ServedFile:
    """A file as it is served, by its name without a hash; the page has the words of a language."""
    policy = _STRICT
    if name == "index.html":
        style = _style()
        digest = base64.b64encode(sha256(style.encode()).digest()).decode()
        policy = f"{_STRICT}; {_OF_THE_PAGE}".replace(
            "style-src 'self'", f"style-src 'self' 'sha256-{digest}'"
        )
        text = _page(language).replace("/* app.css */", style)
    elif name == "docs.html":
        # Swagger UI's style sheet holds its pictures.
        policy = _STRICT.replace("img-src 'self'", "img-src 'self' data:")
        text = _with_hashes(_text(name))
    elif name == "app.js":
        text = script()
    elif name == "manifest.json":
        text = _with_hashes(_text(name))
    elif name in ICONS:
        text = ""
    else:
        text = _text(name)
    content = _file(name).read_bytes() if name in ICONS else text.encode()
    return ServedFile(
        content, gzip.compress(content, 9, mtime=0), sha256(content).hexdigest()[:16], policy
    )


def _page(language: str) -> str:
    """The page in a language, still without its style sheet."""
    words = page_words(language)
    # Nothing in the words can end the element that they stand in.
    data = json.dumps(words, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page = _with_hashes(_text("index.html")).replace('lang="en"', f'lang="{language}"')
    return page.replace("{noscript}", str(words["noscript"])).replace("{words}", data)


def _style() -> str:
    """The page's style sheet without comments and without the signs that mean nothing.

    They would be a twelfth of a page that is read without compression.
    """
    return _STYLE_BLANKS.sub("", _STYLE_COMMENT.sub("", _text("app.css"))).replace(";}", "}")


def _with_hashes(page: str) -> str:
    """A page that names its assets with the hashes of their contents."""

    def named(reference: re.Match[str]) -> str:
        stem, _, kind = reference[0].rpartition(".")
        return f"{stem}.{served_file(reference[0]).tag}.{kind}"

    return _REFERENCE.sub(named, page)


def script() -> str:
    """The page's script: its modules as one, without what joins them and without comments.

    The comments that have lines of their own would be a sixth of what a first load transfers.
    """
    parts = (_EXPORT.sub("", _IMPORT.sub("", _text(f"{name}.js"))) for name in MODULES)
    text = _COMMENT.sub("", "\n".join(parts))
    for name in ("icon.svg", "manifest.json"):
        stem, _, kind = name.partition(".")
        text = text.replace(f"?asset={name}", f"?asset={stem}.{served_file(name).tag}.{kind}")
    return text


def _text(name: str) -> str:
    return _file(name).read_text("utf-8")


def _file(name: str) -> Traversable:
    package = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
    folder = files(package) if name in SWAGGER else files("stallwatch") / "web"
    return folder.joinpath(name)
