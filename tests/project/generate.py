"""Writes every file, or part of a file, that follows from the code: `make generate`.

Each entry of `GENERATED` makes a file's text from the text that it has, so that what stands around
a table stays. `test_generated.py` holds every file to it.
"""

import re
from collections.abc import Callable, Mapping

from stallwatch.api.openapi import openapi
from stallwatch.domain.alerts import PROFILES
from stallwatch.domain.languages import ALERT_LANGUAGES
from stallwatch.tracking.profiles import PROFILES as SOURCE_PROFILES
from tests.project import api_table, attack_cost, parameter_tables, sample_events, untranslated
from tests.support.template import ROOT

Writer = Callable[[str], str]
"""Makes the text of a file from the text that it has; empty where there is no file yet."""


def with_table(text: str, table: str) -> str:
    """A text whose table, known by its first line, is another.

    Raises:
        ValueError: there is no table that begins so.
    """
    header, *_ = table.splitlines()
    old = re.compile(rf"^{re.escape(header)}\n(?:\|.*\n?)*", re.MULTILINE)
    if not old.search(text):
        raise ValueError(f"there is no table {header}")
    return old.sub(lambda _: f"{table}\n", text, count=1)


def kind_table() -> str:
    """The table of the alert kinds among the rules."""
    rows = [
        f"| `{profile.kind}` | {profile.severity} | {profile.comes_when} | {profile.asks_to} |"
        for profile in PROFILES.values()
    ]
    head = ["| alert | severity | comes when | asks you to |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def with_allowed_values(text: str) -> str:
    """The template with the values of its parameters that follow from a table of the code."""
    lists = {"Language": ALERT_LANGUAGES, "FirstSource": SOURCE_PROFILES}
    for name, values in lists.items():
        allowed = re.compile(
            rf"(^  {name}:\n(?:    .*\n)*?    AllowedValues: )\[.*\]", re.MULTILINE
        )
        text, count = allowed.subn(rf"\g<1>[{', '.join(values)}]", text)
        assert count == 1, f"template.yaml: {name} has no list of AllowedValues"
    return text


GENERATED: Mapping[str, Writer] = {
    "template.yaml": with_allowed_values,
    "shared/stallwatch/web/openapi.json": lambda _: openapi(),
    "docs/rules.md": lambda text: with_table(text, kind_table()),
    "docs/api.md": lambda text: with_table(text, api_table.table()),
    "docs/deploy.md": parameter_tables.with_tables,
    "docs/security.md": lambda text: with_table(text, attack_cost.table()),
    "docs/translations.md": lambda _: untranslated.page(),
}
"""The files in the order in which they are written: the later ones read the earlier ones."""


def current(name: str) -> str:
    """The text that a file has; empty where there is none."""
    path = ROOT / name
    return path.read_text("utf-8") if path.exists() else ""


def main() -> None:
    """Write what is not current, and print its name."""
    for name, writer in GENERATED.items():
        text = writer(current(name))
        if text != current(name):
            (ROOT / name).write_text(text, "utf-8")
            print(name)
    for path in sample_events.write_missing():
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
