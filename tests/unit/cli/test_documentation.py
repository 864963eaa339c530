"""What the documentation says of the command line."""

import configparser
import json
import re
from typing import Any

from typer.main import get_command

from stallwatch.cli.credentials import KEY_VARIABLE, URL_VARIABLE
from stallwatch.cli.errors import ExitCode
from stallwatch.cli.main import app
from tests.support.documents import DOCUMENTS, bare, blocks, commands, name_of, read, spans, tables

DOCUMENT = "docs/command_line.md"
TOP: Any = get_command(app)


def options_of(command: Any) -> set[str]:
    """How the options of a command are written."""
    own = {name for parameter in command.params for name in (*parameter.opts, "--help")}
    return own | {name for parameter in command.params for name in parameter.secondary_opts}


def test_the_commands_are_all_listed() -> None:
    """Each of them, and no other; and those with --json say what it holds."""
    rows = tables(read(DOCUMENT), "command", "does")

    shown = {name for name, command in TOP.commands.items() if not command.hidden}
    assert shown == {bare(row[0]) for row in rows}
    for name, _, holds in rows:
        command = TOP.commands[bare(name)]
        inner = getattr(command, "commands", {"": command}).values()
        assert bool(holds) == any("--json" in options_of(one) for one in inner), name


def test_the_exit_codes_are_all_listed() -> None:
    """Each of them, and no other."""
    rows = tables(read(DOCUMENT), "code")

    assert list(ExitCode) == [int(row[0]) for row in rows]


def test_the_examples_use_what_there_is() -> None:
    """Commands and options, wherever in the documentation they stand."""
    seen = 0
    lines = [words for path in DOCUMENTS for words in commands(read(name_of(path)))]
    lines += [span.split() for path in DOCUMENTS for span in spans(read(name_of(path)))]
    lines += [line.split() for line in read(DOCUMENT).splitlines() if line.startswith("ExecStart")]
    for words in lines:
        begin = [n for n, word in enumerate(words) if re.fullmatch(r"(.*/)?stallwatch", word)]
        if not begin or begin[0] + 1 == len(words):
            continue
        if begin[0] and not re.search(r"[|=*]", words[begin[0] - 1]):
            continue  # a name that another program is given
        used = words[begin[0] + 1 :]
        command = TOP
        while used and used[0] in getattr(command, "commands", {}):
            command = command.commands[used.pop(0)]
        written = {word.partition("=")[0] for word in used if word.startswith("-") and word != "-"}
        assert written <= options_of(command), words
        assert command is not TOP or written, words
        seen += 1
    assert seen > 10


def test_the_environment_is_named() -> None:
    """Both variables."""
    assert {URL_VARIABLE, KEY_VARIABLE} <= set(spans(read(DOCUMENT)))


def test_the_units_and_the_policies_can_be_read() -> None:
    """By programs of their kind: a service that is started once, a timer, and statements."""
    parsed = []
    for block in blocks(read(DOCUMENT), "ini"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read_string(block.text)
        parsed.append(unit)
    service, timer = parsed

    assert "oneshot" == service["Service"]["Type"]
    assert service["Service"]["ExecStart"].startswith("%h/.local/bin/stallwatch poll --here")
    assert "timers.target" == timer["Install"]["WantedBy"]
    for block in blocks(read(DOCUMENT), "json"):
        statements = json.loads(block.text)
        for statement in statements if isinstance(statements, list) else [statements]:
            assert {"Effect", "Action", "Resource"} == set(statement)
