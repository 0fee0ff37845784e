"""Which module may import which, and which libraries and built-ins each may use, read from the source.

Imports count wherever they are: in functions, under TYPE_CHECKING, and by name where a package imports
lazily.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.untraced

WORDS, RULES, EDGES, PATH, DOORS = LAYERS = ("words", "rules", "edges", "path", "doors")

ROOMS = {
    WORDS: {"model", "errors"},
    RULES: {"checks", "project", "results", "settings", "sheet", "template"},
    EDGES: {"docs", "journal", "services", "workbook"},
    PATH: {"input", "plan", "reports", "run"},
    DOORS: {"", "__main__", "api", "app", "cli", "connect"},
}
"""The layer of every entry of `merge/`; `""` is the package itself."""

ROW_ORDER = ("input", "plan", "run", "reports")
"""The path of a row; a room may only import those to its left."""

LIBRARIES = {
    "babel": {"sheet", "template"},
    "chardet": {"input"},
    "click": {"cli"},
    "filelock": {"journal"},
    "httpx": {"services"},
    "isal": {"workbook"},
    "jinja2": {"app", "reports", "template", "sheet"},
    "keyring": {"services"},
    "lxml": {"workbook"},
    "markdown_it": {"app"},
    "markupsafe": {"app", "reports", "template"},
    "num2words": {"template"},
    "openpyxl": {"workbook"},
    "psycopg": {"journal"},
    "rich": {"cli"},
    "sqlite3": {"journal"},
    "starlette": {"app", "services"},
    "uvicorn": {"services"},
    "zipfile": {"workbook"},
}
"""The rooms that may import each library."""

PURE = {
    "array",
    "base64",
    "bisect",
    "codecs",
    "collections",
    "contextlib",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "html",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "locale",
    "marshal",
    "math",
    "operator",
    "pathlib",
    "re",
    "statistics",
    "string",
    "textwrap",
    "types",
    "typing",
    "unicodedata",
    "zlib",
}
"""What rules may use from the standard library: nothing that opens files, waits, or is random."""

CLOCKS = {"now", "today", "utcnow"}
FILES = {
    "open",
    "exists",
    "is_file",
    "is_dir",
    "read_bytes",
    "read_text",
    "stat",
    "write_bytes",
    "write_text",
}
"""A `Path` is only a name until one of these methods is called."""
ONLY_DOORS = {
    "asyncio.run",
    "getpass.getpass",
    "input",
    "os.environ",
    "os.getenv",
    "print",
    "sys.argv",
    "sys.exit",
    "sys.stderr",
    "sys.stdin",
    "sys.stdout",
}

Sources = Mapping[str, ast.Module]


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted((ROOT / "merge").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def _inside(module: str) -> str:
    """A module's name within the package: `merge.run.plan` is `run.plan`."""
    return module.removeprefix("merge").removeprefix(".")


def _room(module: str) -> str:
    return _inside(module).partition(".")[0]


def _layers_of(room: str) -> list[int]:
    return [height for height, layer in enumerate(LAYERS) if room in ROOMS[layer]]


def _height(module: str) -> int:
    return _layers_of(_room(module))[0]


def _named(tree: ast.Module) -> Iterator[str]:
    """Everything that is imported, as `module` or `module.name`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom(level=level):
                yield f"{'.' * level}relative"
            case _:
                continue


def _imports(tree: ast.Module, known: Sources) -> set[str]:
    """The modules of the package that a module imports, eagerly or lazily."""
    named = set(_named(tree))
    late = "importlib.import_module" in named
    texts = {node.value for node in ast.walk(tree) if late and isinstance(node, ast.Constant)}
    return {name for name in known if name in texts} | {
        name if name in known else name.rpartition(".")[0]
        for name in named
        if name.partition(".")[0] == "merge"
    }


def _libraries(tree: ast.Module) -> set[str]:
    return {name.partition(".")[0] for name in _named(tree)} - {"merge"}


def _used(tree: ast.Module) -> set[str]:
    """Plain and dotted names that the code uses, and the names that it imports."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute))
    return {ast.unparse(node) for node in nodes} | set(_named(tree))


def upward_imports(sources: Sources) -> Iterator[str]:
    """Imports from a layer of a higher one."""
    for module, tree in sources.items():
        for imported in sorted(_imports(tree, sources)):
            if _height(imported) > _height(module):
                yield f"{module} ({LAYERS[_height(module)]}) imports {imported} ({LAYERS[_height(imported)]})"


def steps_back(sources: Sources) -> Iterator[str]:
    """Imports within the path from an earlier step of a row of a later one."""
    steps = {room: step for step, room in enumerate(ROW_ORDER)}
    for module, tree in sources.items():
        for imported in sorted(_imports(tree, sources)):
            if steps.get(_room(imported), -1) > steps.get(_room(module), len(steps)):
                yield f"{module} imports {imported}, which comes later on a row's way"


def meeting_edges(sources: Sources) -> Iterator[str]:
    """Imports from one edge of another."""
    edges = {module: tree for module, tree in sources.items() if _room(module) in ROOMS[EDGES]}
    for module, tree in edges.items():
        for imported in sorted(_imports(tree, sources) & set(edges)):
            if _room(imported) != _room(module):
                yield f"{module} imports {imported}: two edges meet in the path alone"


def impure_rules(sources: Sources) -> Iterator[str]:
    """Words and rules that open files, read clocks, or are random."""
    for module, tree in sources.items():
        if _height(module) > LAYERS.index(RULES):
            continue
        foreign = _libraries(tree) - PURE - set(LIBRARIES) - {"__future__"}
        yield from (f"{module} imports {library}, which is not pure" for library in sorted(foreign))
        called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for func in called:
            name = func.attr if isinstance(func, ast.Attribute) else ast.unparse(func)
            if name in CLOCKS | FILES:
                yield f"{module} calls {ast.unparse(func)}()"


def talking_rooms(sources: Sources) -> Iterator[str]:
    """Modules below the entry points that print, ask, read the environment, or start an event loop."""
    for module, tree in sources.items():
        if _room(module) not in ROOMS[DOORS]:
            yield from (f"{module} uses {name}" for name in sorted(_used(tree) & ONLY_DOORS))


def straying_libraries(sources: Sources) -> Iterator[str]:
    """Libraries imported outside their rooms, and libraries without a room."""
    for module, tree in sources.items():
        for library in sorted(_libraries(tree)):
            rooms = LIBRARIES.get(library)
            if rooms is None and library not in sys.stdlib_module_names:
                yield f"{module} imports {library}: give it a room in {Path(__file__).name}"
            elif rooms is not None and not rooms & {_room(module), _inside(module)}:
                yield f"{module} imports {library}, which belongs to {', '.join(sorted(rooms))}"


def text_files_beyond_input(sources: Sources) -> Iterator[str]:
    """Modules after a row's first step that know of text files: `input` has made their workbooks."""
    for module, tree in sources.items():
        if _room(module) in {*ROW_ORDER[1:], "checks"} - {"reports"}:
            for name in sorted(set(_named(tree)) | _used(tree)):
                if name.startswith("merge.input.csv") or "is_csv" in name or "encoding_path" in name:
                    yield f"{module} uses {name}"


def cycles(sources: Sources) -> Iterator[str]:
    """A cycle of imports between modules or between the entries of `merge/`, if there is one."""
    modules = {name: _imports(tree, sources) for name, tree in sources.items()}
    rooms: dict[str, set[str]] = {}
    for name, imported in modules.items():
        rooms.setdefault(_room(name), set()).update({_room(each) for each in imported} - {_room(name), ""})
    for graph in (modules, rooms):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            yield " -> ".join(error.args[1])
            return


def test_every_module_belongs_to_one_layer(sources: Sources) -> None:
    """Every module is in exactly one layer, so the rules below apply to it."""
    layers = {
        room: [LAYERS[height] for height in _layers_of(room)]
        for room in {_room(module) for module in sources}
    }
    assert {room: found for room, found in layers.items() if len(found) != 1} == {}, (
        f"put each room into one layer of ROOMS in {Path(__file__).name}"
    )


def test_every_room_exists(sources: Sources) -> None:
    """The table of layers has no room that was removed."""
    assert {room for layer in LAYERS for room in ROOMS[layer]} == {_room(module) for module in sources}


def test_imports_only_point_down(sources: Sources) -> None:
    """A module imports its own layer and those below it, nothing above."""
    assert list(upward_imports(sources)) == []


def test_the_path_follows_a_row(sources: Sources) -> None:
    """Each step of a row's path may import earlier steps but not later ones."""
    assert list(steps_back(sources)) == []


def test_text_files_end_at_the_input(sources: Sources) -> None:
    """A CSV file is its workbook for every step that comes after reading it."""
    assert list(text_files_beyond_input(sources)) == []


def test_edges_do_not_import_each_other(sources: Sources) -> None:
    """Each can be replaced separately."""
    assert list(meeting_edges(sources)) == []


def test_rules_are_pure(sources: Sources) -> None:
    """Words and rules open nothing, wait for nothing, read no clock and are never random."""
    assert list(impure_rules(sources)) == []


def test_only_entry_points_interact(sources: Sources) -> None:
    """Only they print, ask, read the environment, and start event loops."""
    assert list(talking_rooms(sources)) == []


def test_libraries_keep_to_their_rooms(sources: Sources) -> None:
    """Each library is only imported in its rooms, so that it can be replaced there."""
    assert list(straying_libraries(sources)) == []


def test_imports_have_no_cycle(sources: Sources) -> None:
    """No module needs itself, not even through an import inside a function."""
    assert list(cycles(sources)) == []


def test_dependencies_match_the_imports(sources: Sources) -> None:
    """The package declares exactly the libraries that it imports, in its dependencies and in `teams`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["teams"]]
    names = (requirement.partition(">=")[0].partition("[")[0] for requirement in requirements)
    asked = {"markdown_it" if name == "markdown-it-py" else name for name in names}
    imported = set().union(*(_libraries(tree) for tree in sources.values())) - set(sys.stdlib_module_names)
    # markupsafe is jinja2's own text type and comes with it; h11 comes with httpx and uvicorn.
    assert imported - {"markupsafe"} == asked - {"h11"}


@pytest.mark.parametrize(
    ("library", "floor"),
    [
        pytest.param("starlette", (0, 49, 1), id="starlette, CVE-2025-62727"),
        pytest.param("filelock", (3, 20, 1), id="filelock, CVE-2025-68146"),
        pytest.param("h11", (0, 16), id="h11, CVE-2025-43859"),
    ],
)
def test_no_version_with_a_known_vulnerability_is_allowed(library: str, floor: tuple[int, ...]) -> None:
    """The lowest allowed version and the tested one include the fix."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    [least] = [each for each in project["dependencies"] if each.startswith(f"{library}>=")]
    [tried] = [each for each in pinned if each.startswith(f"{library}==")]
    for requirement in (least, tried):
        version = requirement.partition("=")[2].lstrip("=")
        assert tuple(map(int, version.split("."))) >= floor


def _package(**modules: str) -> Sources:
    """Source files of a small package: `_package(columns="import os")` has the module `merge.columns`."""
    return {f"merge.{name.replace('__', '.')}": ast.parse(source) for name, source in modules.items()}


FAULTY = [
    pytest.param(
        upward_imports, _package(sheet="import merge.workbook", workbook=""), id="a rule imports an edge"
    ),
    pytest.param(
        upward_imports,
        _package(journal="def f():\n    from merge.run import plan", run="", run__plan=""),
        id="an edge imports the path in a function",
    ),
    pytest.param(
        upward_imports,
        _package(run="if TYPE_CHECKING:\n    from merge.cli import main", cli=""),
        id="the path imports a door for a type",
    ),
    pytest.param(
        meeting_edges,
        _package(journal="from merge.workbook import x", workbook=""),
        id="two edges meet",
    ),
    pytest.param(steps_back, _package(input="import merge.plan", plan=""), id="the input imports the plan"),
    pytest.param(
        cycles,
        _package(plan__a="import merge.run.a", run__a="", run__b="import merge.plan.b", plan__b=""),
        id="two rooms import each other",
    ),
    pytest.param(impure_rules, _package(project="from random import uniform"), id="a rule is random"),
    pytest.param(impure_rules, _package(sheet="import os.path"), id="a rule knows files"),
    pytest.param(impure_rules, _package(settings="Path(x).exists()"), id="a rule looks at a file"),
    pytest.param(impure_rules, _package(project="datetime.now(UTC)"), id="a rule asks the clock"),
    pytest.param(impure_rules, _package(template="open('x')"), id="a rule opens a file"),
    pytest.param(talking_rooms, _package(run="import os\nos.environ['A']"), id="the path reads a variable"),
    pytest.param(talking_rooms, _package(run="from os import getenv"), id="the path imports a getter"),
    pytest.param(talking_rooms, _package(journal="print('x')"), id="an edge prints"),
    pytest.param(talking_rooms, _package(run="asyncio.run(x)"), id="the path starts a loop"),
    pytest.param(straying_libraries, _package(run="import httpx"), id="httpx outside its edge"),
    pytest.param(straying_libraries, _package(run="import attrs"), id="a library without a room"),
    pytest.param(
        cycles,
        _package(sheet__a="from merge.sheet import b", sheet__b="import merge.sheet.a"),
        id="two import each other",
    ),
    pytest.param(
        cycles,
        _package(cli="from importlib import import_module\nHOME = 'merge.api'", api="import merge.cli"),
        id="one imports the other by name",
    ),
]


@pytest.mark.parametrize(("rule", "sources"), FAULTY)
def test_a_violation_is_detected(rule: Callable[[Sources], Iterator[str]], sources: Sources) -> None:
    """Each rule above finds its violations."""
    assert len(list(rule(sources))) == 1
