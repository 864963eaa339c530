"""The tables of parameters in `docs/deploy.md`, made from the template."""

import re

from tests.support.template import template

_TABLES = re.compile(r"(?<=\n)### .*?(?=\n## )", re.DOTALL)
"""From the first group's heading to the next section."""


def tables() -> str:
    """A heading and a table for each group of parameters, as the template groups them."""
    whole = template()
    lines: list[str] = []
    for group in whole["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        lines += [
            f"### {group['Label']['default']}",
            "",
            "| parameter | default | |",
            "|---|---|---|",
        ]
        for name in group["Parameters"]:
            parameter = whole["Parameters"][name]
            default = f"`{parameter['Default']}`" if parameter["Default"] != "" else ""
            lines.append(f"| `{name}` | {default} | {parameter['Description']} |")
        lines.append("")
    return "\n".join(lines)


def with_tables(text: str) -> str:
    """The page with its tables made anew. The tables are the only third-level headings before the
    section that follows them.

    Raises:
        ValueError: the page has no such tables.
    """
    before, heading, rest = text.partition("\n## Parameters\n")
    if not heading or not _TABLES.search(rest):
        raise ValueError("there are no tables below the heading Parameters")
    return before + heading + _TABLES.sub(lambda _: tables(), rest, count=1)
