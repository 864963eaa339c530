"""`make docs`: builds the documentation as a site, and checks every link in what was built.

The site is made of the documents as they stand in the project, under the same paths. MkDocs fails
on a link or an anchor that is not there, and on a document that the navigation misses; then the
pages are read as a browser would, so that what the theme adds is checked too. A page may link to
other hosts, but loads nothing from them. Exit code 1 where anything is wrong.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".local" / "docs"
SOURCE = MADE / "source"
SITE = MADE / "site"

_LOADS = {"img": "src", "script": "src", "source": "src", "iframe": "src"}
"""Elements that make a browser load what their attribute names."""

_NOT_FOUND_PAGE = "404.html"
"""Its links start at the site's address, which is not known here."""


def main() -> int:
    """Build and check; answers the exit code."""
    gather(ROOT, SOURCE)
    built = subprocess.run(
        [Path(sys.executable).parent / "mkdocs", "build", "--strict", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # decision 0200 has what it says
        check=False,
    )
    if built.returncode:
        return 1
    wrong = list(check(SITE))
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        folder = SITE.relative_to(ROOT)
        print(f"Built into {folder}. Read it, with its search, on http://127.0.0.1:8000 after:")
        print(f"python3 -m http.server --bind 127.0.0.1 --directory {folder}")
    return bool(wrong)


def gather(root: Path, source: Path) -> None:
    """Put what the site is made of into a folder, under the paths of the project."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for path in (*root.glob("*.md"), root / "docs"):
        (source / path.name).symlink_to(path)


@dataclass
class _Page(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in {"stylesheet", "icon"}:
            self.loads.append(given["href"])
        elif tag in _LOADS and _LOADS[tag] in given:
            self.loads.append(given[_LOADS[tag]])


def check(site: Path) -> Iterator[str]:
    """What is wrong in the pages of a built site, a line each."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        if path.name == _NOT_FOUND_PAGE:
            continue
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loads and parts.scheme != "data":
                    yield f"{name}: loads {link}"
                continue
            target, anchor = urldefrag(urljoin(path.as_uri(), link))
            found = Path(unquote(urlsplit(target).path))
            if not found.is_relative_to(site) or not found.is_file():
                yield f"{name}: {link} leads nowhere"
            elif anchor and found in pages and unquote(anchor) not in pages[found].anchors:
                yield f"{name}: {link} has no such heading"


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


if __name__ == "__main__":
    sys.exit(main())
