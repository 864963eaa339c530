"""Reads the documentation, so that tests can hold it against what it speaks of."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tests.support.template import ROOT

DOCUMENTS = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block of code, and its language."""

    language: str
    text: str


@lru_cache
def read(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text("utf-8")


def name_of(path: Path) -> str:
    """How a document is called."""
    return path.relative_to(ROOT).as_posix()


def blocks(text: str, language: str = "") -> list[Block]:
    """The blocks of code in a text, all or those in a language."""
    found = [Block(kind, code) for kind, code in _FENCE.findall(text)]
    return [block for block in found if language in {"", block.language}]


def prose(text: str) -> str:
    """A text without its blocks of code."""
    return _FENCE.sub("", text)


def spans(text: str) -> list[str]:
    """The code within the lines of a text."""
    return _CODE.findall(prose(text))


def links(text: str) -> list[str]:
    """Where the links and pictures of a text lead."""
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """The anchors of a text's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in bare}


def tables(text: str, *columns: str) -> list[list[str]]:
    """The rows of all tables whose first columns are called so, as they are written."""
    rows: list[list[str]] = []
    inside = False
    for line in prose(text).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if tuple(cells[: len(columns)]) == columns:
            inside = True
        elif inside and set(line) - set("|-: "):
            rows.append(cells)
    return rows


def bare(cell: str) -> str:
    """A cell without the marks of code."""
    return cell.strip("`")


def commands(text: str) -> Iterator[list[str]]:
    """The commands in a text's blocks for the shell, each as its words, comments left out.

    A command may go on in the next line, after a backslash or within quotes.
    """
    for block in blocks(text, "sh"):
        waiting = ""
        for line in block.text.splitlines():
            waiting = f"{waiting}\n{line}" if waiting else line
            if waiting.endswith("\\"):
                waiting = waiting[:-1]
                continue
            try:
                words = shlex.split(waiting, comments=True)
            except ValueError:  # a quote is still open
                continue
            waiting = ""
            if words:
                yield words
        assert not waiting, waiting


@dataclass
class Curl:
    """A request as it is written for curl."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None

    @classmethod
    def of(cls, words: list[str]) -> "Curl":
        """The request of a command; fails on an option that no example needs."""
        request = cls()
        rest = iter(words[1:])
        for word in rest:
            if word == "-X":
                request.method = next(rest)
            elif word == "-H":
                name, _, value = next(rest).partition(": ")
                request.headers[name.lower()] = value
            elif word == "--json":
                request.body = next(rest)
                request.headers |= {"content-type": "application/json"}
            elif word == "--data-binary":
                request.body = next(rest)
            elif word == "|":
                break
            else:
                assert not word.startswith("-"), f"the tests know no option {word} of curl"
                assert not request.url, f"two addresses: {request.url} {word}"
                request.url = word
        request.method = request.method or ("GET" if request.body is None else "POST")
        return request
