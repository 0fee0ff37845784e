from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.app.config_edit import save_columns, save_key
from merge.errors import InputError

OTHERS = '# mine\nkey = "ID"\nmax_videos = 5  # enough\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", '[columns]\n"a" = "B"\n', id="no file"),
        pytest.param(OTHERS, f'{OTHERS}\n[columns]\n"a" = "B"\n', id="other options"),
        pytest.param(
            f'{OTHERS}[columns]\nx = "Y"\na = "old"\n',
            f'{OTHERS}\n[columns]\n"x" = "Y"\n"a" = "B"\n',
            id="a table",
        ),
        pytest.param(
            'columns = { x = "Y" }\nkey = "ID"\n',
            'key = "ID"\n\n[columns]\n"x" = "Y"\n"a" = "B"\n',
            id="on one line",
        ),
        pytest.param('columns = ["x=Y"]\n', '[columns]\n"x" = "Y"\n"a" = "B"\n', id="a list"),
    ],
)
def test_adding_a_column_changes_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    """Comments, order and spelling of the user's other lines are kept."""
    path = tmp_path / "castmerge.toml"
    if before:
        path.write_text(before, encoding="utf-8")
    save_columns(path, {"a": "B"})
    assert path.read_text(encoding="utf-8") == after


def test_a_column_can_be_removed(tmp_path: Path) -> None:
    """With the last column, its table is removed too."""
    path = tmp_path / "castmerge.toml"
    save_columns(path, {"a": "B"})
    save_columns(path, {"a": None})
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {}


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("key = ", id="no TOML"),
        pytest.param('columns.x = "Y"\n', id="dotted keys"),
        pytest.param('columns = {\n x = "Y" }\n', id="several lines"),
    ],
)
def test_what_cannot_be_changed_safely_is_unchanged(tmp_path: Path, before: str) -> None:
    """The message says what to do instead."""
    path = tmp_path / "castmerge.toml"
    path.write_text(before, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        save_columns(path, {"a": "B"})
    assert raised.value.hint
    assert path.read_text(encoding="utf-8") == before


def test_the_key_is_written_before_any_table(tmp_path: Path) -> None:
    """An old key is replaced."""
    path = tmp_path / "castmerge.toml"
    path.write_text('key = "ID"\n[columns]\na = "B"\n', encoding="utf-8")
    save_key(path, ["E-mail", 'the "other"'])
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {
        "key": ["E-mail", 'the "other"'],
        "columns": {"a": "B"},
    }


@settings(max_examples=40)
@given(st.dictionaries(st.text(min_size=1), st.text(st.characters(codec="utf-8"), min_size=1), max_size=4))
def test_any_names_are_saved(tmp_path_factory: pytest.TempPathFactory, columns: dict[str, str]) -> None:
    """Any header is read back unchanged, or nothing is written."""
    path = tmp_path_factory.mktemp("toml") / "castmerge.toml"
    try:
        save_columns(path, columns)
    except InputError:
        assert not path.exists()
        return
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    assert found.get("columns", {}) == columns
