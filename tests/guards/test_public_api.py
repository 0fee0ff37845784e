from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import click
import pytest

import merge
from merge.cli import castmerge
from merge.cli.commands import COMMANDS

NAMES = [str(command.name) for command in COMMANDS]
STARTED_WITH = {
    "merge",
    "merge.cli",
    "merge.cli.error_boundary",
    "merge.cli.safe_streams",
    "merge.errors",
    "merge.model",
    "merge.reports",
    "merge.reports.visible_text",
}
"""The modules that `castmerge --version` needs."""
SLOW_TO_IMPORT = {"asyncio", "email", "http", "socket", "sqlite3", "ssl", "xml", "zipfile"}
NEEDED_LATE = {"babel", "httpx", "rich", "starlette", "uvicorn"}
"""Libraries that no command loads before it needs them."""


def _python(*arguments: str) -> str:
    """The output of a fresh interpreter in another folder."""
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _loaded(statement: str) -> set[str]:
    """The modules that a statement loads in a fresh interpreter."""
    before = "import sys; before = set(sys.modules)"
    return set(_python("-c", f"{before}\n{statement}\nprint(*(set(sys.modules) - before))").split())


@pytest.fixture(autouse=True)
def _importable_from_anywhere(monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path) -> None:
    """Run fresh interpreters outside the repository, with the repository on their path."""
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.chdir(tmp_path)


def test_all_lists_the_visible_names() -> None:
    """`__all__` is sorted, and equals `dir` without the version."""
    assert sorted(merge.__all__) == merge.__all__
    assert [name for name in dir(merge) if not name.startswith("_")] == merge.__all__


@pytest.mark.parametrize("name", merge.__all__)
def test_a_public_name_exists_and_is_documented(name: str) -> None:
    """Each public name refers to an object with its own docstring."""
    value: object = getattr(merge, name)
    assert inspect.isclass(value) or inspect.isfunction(value)
    assert value.__name__ == name
    assert inspect.getdoc(value)


def test_a_star_import_imports_all_names() -> None:
    """`from merge import *` imports every name from its module."""
    names = _python("-c", "from merge import *\nprint(*sorted(n for n in dir() if n[0] != '_'))")
    assert names.split() == merge.__all__


def test_type_checkers_see_the_same_names() -> None:
    """Names imported for type checkers equal the lazily imported ones, and come from the same modules."""
    tree = ast.parse(inspect.getsource(merge))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES"
    )
    assert seen == ast.literal_eval(homes)
    assert sorted(seen) == merge.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A mistyped name fails like in any module."""
    with pytest.raises(AttributeError, match="merge_workbok"):
        getattr(merge, "merge_workbok")  # noqa: B009 - the name doesn't exist, which mypy knows


def test_import_loads_next_to_nothing() -> None:
    """Importing the package loads none of its modules."""
    assert {name for name in _loaded("import merge") if name.startswith("merge")} == {"merge"}


def test_the_command_line_starts_with_only_click() -> None:
    """Until a command is called, no library but click is loaded, and no slow standard module."""
    loaded = _loaded("import merge; import merge.cli")
    roots = {name.partition(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("merge")} == STARTED_WITH
    assert roots - set(sys.stdlib_module_names) == {"click", "merge"}
    assert roots & SLOW_TO_IMPORT == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_command_loads_libraries_late(name: str) -> None:
    """Showing a command's help loads neither the network libraries nor the terminal's tables."""
    loaded = _loaded(
        f"import click, merge.cli as cli; cli.castmerge.get_command(click.Context(cli.castmerge), {name!r})"
    )
    assert "merge.cli.options" in loaded
    assert {module.partition(".")[0] for module in loaded} & NEEDED_LATE == set()


def test_the_package_is_typed() -> None:
    """The package declares its annotations with `py.typed`."""
    assert (files("merge") / "py.typed").is_file()


@pytest.mark.parametrize("flag", ["--version", "--help", "-h"])
def test_python_m_merge_is_the_command(flag: str) -> None:
    """`python -m merge` prints the same as `castmerge`."""
    assert "castmerge" in _python("-m", "merge", flag)


def test_there_is_one_version() -> None:
    """The command line prints the package's version."""
    assert _python("-m", "merge", "--version") == f"castmerge {merge.__version__}"


def test_the_console_script_calls_the_command(root: Path) -> None:
    """The entry point behind `castmerge` exists and takes no arguments."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["castmerge"].partition(":")
    script = f"import sys; from {module} import {function}; sys.exit({function}())"
    assert _python("-c", script, "--version") == f"castmerge {merge.__version__}"


def test_every_command_has_a_summary() -> None:
    """Each command is listed with a summary and is found by its name; there is no other."""
    context = click.Context(castmerge)
    found = {name: castmerge.get_command(context, name) for name in castmerge.list_commands(context)}
    assert list(found) == NAMES
    assert [command and command.name for command in found.values()] == NAMES
    assert castmerge.get_command(context, "merge") is None
