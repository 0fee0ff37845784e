from __future__ import annotations

import os
import re
from collections.abc import Container
from pathlib import Path

import pytest

from tests.support.message_texts import ERRORS, SourceText, table_of, texts_in
from tests.support.paths import DATA, ROOT

pytestmark = pytest.mark.untraced

TABLE = DATA / "words.txt"
RENEW = "CASTMERGE_NEW_WORDS"
HEADLINE = "== "
SIMULATOR = "simulator"
"""The simulator's messages are those of the service, and are meant for programmers."""
INSIDE = {"compare_sheet.py", "soundness.py", "verify.py"}
"""Its errors are the reasons inside other errors, which have the hint, or are read by programmers."""
OPTION = re.compile(r"(?<![\w-])--[a-z]")
JARGON = re.compile(
    r"\b(?:exception|traceback|null|payload|regex|tuple|kwargs|stderr|stdout|errno|stack|"
    r"deprecated|assert\w*|async|coroutine|callback|serial\w*|deserial\w*|iterabl\w+)\b",
    re.IGNORECASE,
)


PACKAGE = ROOT / "merge"


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    """The texts of each module."""
    return table_of(PACKAGE)


def _tables(text: str) -> dict[str, str]:
    parts = re.split(rf"^{HEADLINE}(.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_text_was_reviewed(tables: dict[str, str]) -> None:
    """The texts in the code match the table, so that no wording changes unnoticed.

    After an intended change, CASTMERGE_NEW_WORDS=1 writes the table again, and the difference is reviewed.
    """
    if os.environ.get(RENEW):
        text = "".join(f"{HEADLINE}{path}\n{words}" for path, words in tables.items())
        TABLE.write_text(text, encoding="utf-8")
    assert tables == _tables(TABLE.read_text(encoding="utf-8")), f"read it, then renew it: {RENEW}=1"


def _texts(kinds: Container[str]) -> list[tuple[str, SourceText]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        if SIMULATOR not in path.parts and path.name not in INSIDE
        for text in texts_in(path.read_text(encoding="utf-8"))
        if text.kind in kinds and not text.message.startswith("‹")
    ]


def test_every_error_has_a_hint() -> None:
    """The message is one sentence without a full stop, in lower case, and follows its place."""
    errors = _texts(ERRORS)
    assert len(errors) > 150
    assert [each for each in errors if not each[1].hint] == []
    assert [each for each in errors if each[1].message.endswith(".")] == []
    assert [each for each in errors if re.match(r"[A-Z](?!I Studios|SON)", each[1].message)] == []


def test_notes_in_cells_name_no_option() -> None:
    """People who double-click read them; a terminal says what to add by itself."""
    notes = _texts({"Problem", "CellError"})
    assert len(notes) > 30
    assert [each for each in notes if OPTION.search(f"{each[1].message} {each[1].hint}")] == []


def test_texts_contain_no_jargon(tables: dict[str, str]) -> None:
    """No text has a word that only programmers know."""
    lines = [(path, line) for path, words in tables.items() for line in words.splitlines()]
    shown = [(path, line) for path, line in lines if SIMULATOR not in path and "where:" not in line]
    assert [each for each in shown if JARGON.search(re.sub(r"\{.*?\}|‹.*?›", "", each[1]))] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            'raise InputError(f"no {x}", place=str(p), hint="Fix it")',
            "InputError: no {x}\n    where: ‹str(p)›\n    then: Fix it\n",
            id="an error",
        ),
        pytest.param('Problem("a", "b", "c")', "Problem: a\n    where: b\n    then: c\n", id="by place"),
        pytest.param('say("three plain words")', "says: three plain words\n", id="any other text"),
        pytest.param('"""A text for programmers."""', "", id="a docstring"),
        pytest.param('x = "SELECT it FROM there"', "", id="a query"),
        pytest.param('log.info("three plain words")', "", id="a log"),
        pytest.param('x = re.compile("three plain words")', "", id="a pattern"),
    ],
)
def test_texts_are_found_in_the_source(tmp_path: Path, source: str, expected: str) -> None:
    """These are errors with place and hint, and all other texts that users see."""
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert table_of(tmp_path).get("module.py", "") == expected
