"""The documentation: everything it names is there, and everything it must name is named."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from stallwatch import __version__
from tests.support.documents import DOCUMENTS, anchors, commands, links, name_of, read, spans
from tests.support.template import ROOT

ALL = [name_of(path) for path in DOCUMENTS]
MAKEFILE = read("Makefile")

MOST_BYTES = 300_000
"""Of a picture."""

_WHERE = re.compile(r"(?:\.ci|docs|events|functions|shared|tests)/[\w./-]*")


def made() -> Iterator[tuple[str, list[str]]]:
    """Every use of make in the documentation, as the document and the words after `make`."""
    for name in ALL:
        words = [*commands(read(name)), *(span.split() for span in spans(read(name)))]
        for command in words:
            if "make" in command:
                where = command.index("make")
                yield name, [*command[:where], *command[where + 1 :]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_command_of_make_is_there() -> None:
    """Whoever types what is written gets what is written."""
    unknown = {
        (name, word)
        for name, words in made()
        for word in words
        if re.fullmatch(r"[a-z-]+", word) and word not in targets()
    }

    assert set() == unknown


def test_every_variable_given_to_make_is_read() -> None:
    """A variable that nothing reads would be ignored without a word."""
    readers = MAKEFILE + "".join(
        path.read_text("utf-8")
        for folder in ("bench", "fuzz", "local")
        for path in (ROOT / "tests" / folder).glob("*.py")
    )
    given = {
        word.partition("=")[0] for _, words in made() for word in words if re.match("[A-Z]+=", word)
    }

    assert {name for name in given if name not in readers} == set()
    assert given


@pytest.mark.parametrize("name", ALL)
def test_links_lead_somewhere(name: str) -> None:
    """To a file of the project, and to a heading that is in it."""
    for link in links(read(name)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.resolve().is_relative_to(ROOT), link
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


@pytest.mark.parametrize("name", ALL)
def test_named_files_are_there(name: str) -> None:
    """A path of the project that the text names exists."""
    text = re.sub(r"https?://\S+", "", read(name))
    named = {found.rstrip(".") for found in _WHERE.findall(text)}
    named = {path for path in named if "NAME" not in path}

    roots = ((ROOT / name).parent, ROOT)
    assert {path for path in named if not any((root / path).exists() for root in roots)} == set()


def test_the_version_stands_in_one_place() -> None:
    """In the package; the API's document is made of it, and only the changelog names it besides."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", ":!*requirements*.txt", ":!CHANGELOG.md", ":!tests"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    texts = {
        name: (ROOT / name).read_text("utf-8", errors="ignore")
        for name in listed.stdout.split("\0")
        if name and not name.endswith((".png", ".gif"))
    }
    own = re.compile(rf"""(?i)version(?:__|["'])?\s*[:=]\s*["']?{re.escape(__version__)}\b""")

    assert ["shared/stallwatch/__init__.py", "shared/stallwatch/web/openapi.json"] == [
        name for name, text in texts.items() if own.search(text)
    ]


def test_the_changes_begin_with_this_version() -> None:
    """That of the package, from which the project takes it."""
    whole: dict[str, Any] = tomllib.loads(read("pyproject.toml"))
    project = whole["project"]
    versions = re.findall(r"^## (\d\S*)", read("CHANGELOG.md"), re.MULTILINE)

    assert __version__ == versions[0]
    assert "version" in project["dynamic"]
    assert "shared/stallwatch/__init__.py" == whole["tool"]["hatch"]["version"]["path"]
    assert project["license"] in read("LICENSE").splitlines()[0]


def test_the_decisions_are_all_listed() -> None:
    """Each file has its line, with its title."""
    folder = ROOT / "docs" / "decisions"
    listed = dict(re.findall(r"\| \[\d{4}\]\((\S+)\) \| (.+) \|", read("docs/decisions/README.md")))
    written = {
        path.name: path.read_text("utf-8").splitlines()[0].partition(": ")[2]
        for path in folder.glob("[0-9]*.md")
    }

    assert written == listed


def test_pictures_are_small_and_shown() -> None:
    """Whoever opens the README on a phone gets them at once; and none lies about unused."""
    pictures = {path: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    shown = {
        (ROOT / name).parent.joinpath(link).resolve() for name in ALL for link in links(read(name))
    }

    assert [path.name for path, size in pictures.items() if size > MOST_BYTES] == []
    assert pictures.keys() - shown == set()
