"""The modules of the page's script: put together as one, they must mean what they mean apart."""

import re
from collections import Counter
from importlib.resources import files

from stallwatch.api.static import MODULES, script

SOURCES = {
    name: (files("stallwatch") / "web" / f"{name}.js").read_text("utf-8") for name in MODULES
}

_IMPORT = re.compile(r"^import \{([^}]*)\} from \"\./(\w+)\.js\";$", re.MULTILINE)
_DECLARED = re.compile(
    r"^(export )?(?:async function|function|const|let|class) (\[[^\]]*\]|\w+)", re.MULTILINE
)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def imported(name: str) -> dict[str, set[str]]:
    """What a module imports, by the module that it comes from."""
    return {source: set(_NAME.findall(names)) for names, source in _IMPORT.findall(SOURCES[name])}


def declared(name: str, *, only_exported: bool = False) -> list[str]:
    """What stands at the top level of a module."""
    return [
        one
        for exported, names in _DECLARED.findall(SOURCES[name])
        if exported or not only_exported
        for one in _NAME.findall(names)
    ]


def used(name: str) -> set[str]:
    """The names in a module's code, without those in its comments and plain texts."""
    code = _IMPORT.sub("", SOURCES[name])
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    code = re.sub(r"(?<!:)//.*", "", code)
    return set(_NAME.findall(re.sub(r'"(?:[^"\\\n]|\\.)*"', "", code)))


def test_each_module_stands_behind_what_it_imports() -> None:
    """So nothing is used before it is there, and there is no circle."""
    for place, name in enumerate(MODULES):
        assert set() == imported(name).keys() - set(MODULES[:place]), name


def test_what_is_imported_is_exported() -> None:
    """The browser would say so, if the modules were loaded one by one."""
    for name in MODULES:
        for source, names in imported(name).items():
            assert set() == names - set(declared(source, only_exported=True)), (name, source)


def test_what_is_used_of_others_is_imported_and_nothing_else() -> None:
    """As one script it would work without, until a module is loaded alone."""
    owner = {one: name for name in MODULES for one in declared(name)}
    for name in MODULES:
        others = {one for one in used(name) if owner.get(one, name) != name}
        assert others == set().union(*imported(name).values()), name


def test_what_is_exported_is_used_elsewhere() -> None:
    """The rest is a module's own business."""
    wanted = {
        (source, one) for m in MODULES for source, ones in imported(m).items() for one in ones
    }
    exported = {(m, one) for m in MODULES for one in declared(m, only_exported=True)}

    assert exported == wanted


def test_no_name_is_given_twice() -> None:
    """In one script two of them would be one, or an error."""
    counted = Counter(one for name in MODULES for one in declared(name))

    assert {} == {one: count for one, count in counted.items() if count > 1}


def test_the_script_is_all_modules_without_what_joins_them() -> None:
    """Nothing is lost, and nothing is left that only modules know."""
    written = script()

    assert not re.search(r"^(import|export) ", written, re.MULTILINE)
    for name in MODULES:
        for one in declared(name):
            assert re.search(
                rf"^(async )?(function|const|let|class) .*\b{one}\b", written, re.MULTILINE
            )


def test_modules_are_short() -> None:
    """A file says one thing; the words are one list."""
    for name in MODULES:
        assert name == "words" or SOURCES[name].count("\n") <= 400, name
