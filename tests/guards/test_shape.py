"""Limits and conventions that keep the code readable, beyond those that ruff and mypy check."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.untraced

MODULE_LINES = 600

FORBIDDEN = re.compile(
    r"TODO|FIXME|XXX|HACK"
    r"|\b(?:issues?|pull request) *#\d+"
    r"|unittest[.]mock|from mock |\bimport mock\b|pytest[-_]mock|Mock\("
    r"|monkeypatch[.]setattr"
)
"""What the code must not contain: TODOs, references to issues, patched internals."""
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+\])|#\s*(?:ruff|mypy|flake8):", re.IGNORECASE)
NOQA = re.compile(r"#\s*noqa(?:: (?P<codes>[A-Z]+\d+(?:, ?[A-Z]+\d+)*))?(?P<reason> *- \S)?", re.IGNORECASE)
POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)[*+?]\+(?!,)")

Sources = Mapping[str, str]


def _read(paths: Iterator[Path]) -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)}


PACKAGE = _read((ROOT / "merge").rglob("*.py"))
TESTS = _read((ROOT / "tests").rglob("*.py"))
SCRIPTS = _read((ROOT / "example_sheets").rglob("*.py"))
EVERYTHING = {**PACKAGE, **TESTS, **SCRIPTS}


def _comments(source: str) -> Iterator[tokenize.TokenInfo]:
    if not (NOQA.search(source) or BARE_IGNORE.search(source)):
        return iter(())
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return (token for token in found if token.type == tokenize.COMMENT)


def long_modules(sources: Sources) -> Iterator[str]:
    """Modules that are too long to keep in mind."""
    for path, source in sources.items():
        if len(source.splitlines()) > MODULE_LINES:
            yield f"{path}: {len(source.splitlines())} lines, at most {MODULE_LINES}"


def bare_ignores(sources: Sources) -> Iterator[str]:
    """Checks that are disabled without a code or a reason; consecutive lines may share a reason."""
    for path, source in sources.items():
        explained: dict[int, str] = {}
        for comment in _comments(source):
            line, found = comment.start[0], NOQA.search(comment.string)
            if found and found["codes"] and (found["reason"] or explained.get(line - 1) == found["codes"]):
                explained[line] = found["codes"]
            elif found or BARE_IGNORE.search(comment.string):
                yield f"{path}:{line}: {comment.string}"


def forbidden_words(sources: Sources) -> Iterator[str]:
    """Lines with forbidden words."""
    for path, source in sources.items():
        for number, line in enumerate(source.splitlines(), start=1):
            if FORBIDDEN.search(line):
                yield f"{path}:{number}: {line.strip()}"


def possessive_groups(sources: Sources) -> Iterator[str]:
    """Possessive groups in regular expressions: Python 3.11.2, that of Debian 12, matches some wrongly."""
    for path, source in sources.items():
        for number, line in enumerate(source.splitlines(), start=1):
            if POSSESSIVE_GROUP.search(line):
                yield f"{path}:{number}: write (?>(?:…)*) for (?:…)*+"


def _outside(sources: Sources, *folders: str) -> dict[str, str]:
    return {path: source for path, source in sources.items() if not path.startswith(folders)}


CHECKS = [
    pytest.param(long_modules, PACKAGE, id="long modules"),
    pytest.param(bare_ignores, EVERYTHING, id="bare ignores"),
    pytest.param(forbidden_words, _outside(EVERYTHING, "tests/guards/test_shape.py"), id="forbidden words"),
    pytest.param(possessive_groups, PACKAGE, id="possessive groups"),
]


@pytest.mark.parametrize(("check", "sources"), CHECKS)
def test_the_code_keeps_the_rules(check: Callable[[Sources], Iterator[str]], sources: Sources) -> None:
    """No file of the repository violates this rule."""
    assert list(check(sources)) == []


def test_every_test_says_a_sentence(request: pytest.FixtureRequest) -> None:
    """All tests of this session have docstrings; ruff sees to their full stops."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    assert {item.originalname for item in tests if not item.function.__doc__} == set()


def test_tests_mirror_the_package() -> None:
    """A test is in the folder of the room that it tests; only data and scripts have other folders."""
    rooms = {path.stem for path in (ROOT / "merge").iterdir()} - {"__init__", "__main__", "__pycache__"}
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in ROOT.glob("tests/**/test_*.py")}
    assert folders <= rooms | {"end_to_end", "guards"}
    assert [path for path in TESTS if path.endswith("__init__.py")] == []


BREACHES = [
    pytest.param(long_modules, "x = 1\n" * 601, id="module of 601 lines"),
    pytest.param(bare_ignores, "x = 1  # type: ignore", id="bare ignore"),
    pytest.param(bare_ignores, "x = 1  # noqa", id="bare noqa"),
    pytest.param(bare_ignores, "x = 1  # noqa: E501", id="noqa without a reason"),
    pytest.param(bare_ignores, "x = 1  # noqa: E501 - long\ny = 1  # noqa: F401", id="reason of another"),
    pytest.param(bare_ignores, "# ruff: noqa", id="noqa for a file"),
    pytest.param(forbidden_words, "# TODO: later", id="promise"),
    pytest.param(forbidden_words, "# see issue #12", id="number of an issue"),
    pytest.param(forbidden_words, "from unittest.mock import Mock", id="mock"),
    pytest.param(forbidden_words, "monkeypatch.setattr(x, 'y', 1)", id="patched internals"),
    pytest.param(possessive_groups, 'x = re.compile(r"(?:(?!b).)*+b")', id="possessive group"),
]


@pytest.mark.parametrize(("check", "source"), BREACHES)
def test_a_violation_is_detected(check: Callable[[Sources], Iterator[str]], source: str) -> None:
    """Each check above finds its violations."""
    assert list(check({"merge/some.py": source})) != []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = 1  # noqa: PLC0415 - heavy", id="noqa with code and reason"),
        pytest.param("x = 1  # noqa: E501, F401 - two", id="noqa with two codes"),
        pytest.param("x = 1  # noqa: E501 - long\ny = 1  # noqa: E501", id="reason of the line above"),
        pytest.param("x = 1  # type: ignore[arg-type]", id="ignore with its code"),
    ],
)
def test_a_disabled_check_with_a_reason_is_accepted(source: str) -> None:
    """A check that is disabled by name isn't a violation."""
    assert list(bare_ignores({"merge/some.py": source})) == []
