"""The documentation as a site: its navigation, and the check of what was built."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local import site
from tests.support.documents import DOCUMENTS, name_of
from tests.support.template import ROOT

KINDS = {"Tutorial", "How to", "Reference", "Explanation"}


class _Loader(yaml.SafeLoader):
    """YAML of MkDocs, which names functions of Python."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def configuration() -> Any:
    return yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), _Loader)  # noqa: S506


def listed() -> list[str]:
    """The documents of the navigation."""
    top = {title: part for entry in configuration()["nav"] for title, part in entry.items()}
    assert {"Start", *KINDS} == set(top)
    return [
        path
        for part in top.values()
        for entry in ([{"": part}] if isinstance(part, str) else part)
        for path in entry.values()
    ]


def test_every_document_is_reached_once() -> None:
    """By the navigation, or, a decision, by the table of decisions."""
    decision = re.compile(r"docs/decisions/\d{4}-.*")
    documents = {name_of(path) for path in DOCUMENTS if not decision.fullmatch(name_of(path))}

    assert sorted(documents) == sorted(listed())


def test_it_is_made_where_the_configuration_says(tmp_path: Path) -> None:
    """Of the documents and the pictures, under the paths that their links name."""
    site.gather(ROOT, tmp_path / "source")

    assert (site.SOURCE, site.SITE) == tuple(
        ROOT / configuration()[name] for name in ("docs_dir", "site_dir")
    )
    for path in ("README.md", "docs/deploy.md", "docs/images/page.png"):
        assert (tmp_path / "source" / path).is_file()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<h1 id="top">A</h1><a href="#top">here</a> <a href="b/c.html#d">there</a>', []),
        ('<a href="https://example.com/">elsewhere</a> <img src="data:image/png;base64,">', []),
        ('<a href="b/d.html">x</a>', ["index.html: b/d.html leads nowhere"]),
        ('<a href="../other/b.html">x</a>', ["index.html: ../other/b.html leads nowhere"]),
        ('<a href="b/c.html#e">x</a>', ["index.html: b/c.html#e has no such heading"]),
        ('<img src="a.png">', ["index.html: a.png leads nowhere"]),
        (
            '<script src="https://cdn.example/x.js"></script>',
            ["index.html: loads https://cdn.example/x.js"],
        ),
        (
            '<link rel="stylesheet" href="//fonts.example/x.css">',
            ["index.html: loads //fonts.example/x.css"],
        ),
    ],
)
def test_what_leads_nowhere_is_found(tmp_path: Path, body: str, wrong: list[str]) -> None:
    """In the pages as they were built: files, headings, and what other hosts would learn of."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.html").write_text('<h2 id="d">D</h2>', "utf-8")
    (tmp_path / "index.html").write_text(body, "utf-8")

    assert wrong == list(site.check(tmp_path))
