"""A file has one journal, one backup and one lock, whatever path leads to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from merge.errors import JournalError
from merge.input.journals import journal_place
from merge.input.paths import backup_path, imported_copy_path, workbook_path
from merge.journal import SqliteJournal
from merge.settings import Settings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook


def _by_link(folder: Path, name: str, target: Path) -> Path:
    folder.mkdir(exist_ok=True)
    link = folder / name
    link.symlink_to(target)
    return link


def _journal(path: Path) -> Path:
    return Path(str(journal_place(path, Settings())))


@pytest.mark.parametrize("belonging", [_journal, backup_path], ids=["journal", "backup"])
def test_a_symbolic_link_uses_the_workbooks_own_files(
    tmp_path: Path, belonging: Callable[[Path], Path]
) -> None:
    """The link may have another name, be in another folder, point to another link, or be a linked folder."""
    workbook = tmp_path / "list.xlsx"
    workbook.touch()
    link = _by_link(tmp_path, "other.xlsx", workbook)
    far = _by_link(tmp_path / "far", "list.xlsx", link)
    folder = tmp_path / "linked"
    folder.symlink_to(tmp_path)
    own = belonging(workbook)
    assert own.parent == tmp_path / ".castmerge"
    assert {belonging(path) for path in (link, far, folder / "list.xlsx")} == {own}


def test_a_link_to_a_csv_file_uses_its_workbook_and_copy(tmp_path: Path) -> None:
    """One list has one set of videos."""
    csv = tmp_path / "list.csv"
    csv.touch()
    link = _by_link(tmp_path / "far", "people.csv", csv)
    assert workbook_path(link) == workbook_path(csv) == tmp_path / "list.xlsx"
    assert _journal(link) == _journal(csv) == _journal(workbook_path(link))
    assert imported_copy_path(link) == imported_copy_path(csv)


@pytest.mark.parametrize("folder", [".", "far"])
def test_a_journal_with_the_links_name_is_still_used(tmp_path: Path, folder: str) -> None:
    """Earlier versions named it so; a journal with the file's own name takes precedence."""
    workbook = tmp_path / "list.xlsx"
    workbook.touch()
    link = _by_link(tmp_path / "far", "other.xlsx", workbook)
    earlier = tmp_path / folder / ".castmerge" / "other.xlsx.db"
    earlier.parent.mkdir()
    earlier.touch()
    assert _journal(link).resolve() == earlier.resolve()
    own = _journal(workbook)
    own.parent.mkdir(exist_ok=True)
    own.touch()
    assert _journal(link) == own


def test_one_file_with_two_names_is_paid_for_once(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The second run, through a link, knows the videos of the first."""
    workbook = make_workbook([["Name"], ["Ana"], ["Ben"]])
    template = make_template("{{ Name }}")
    link = _by_link(tmp_path / "far", "other.xlsx", workbook)
    command = ("-t", template, "--simulate", "--yes")
    assert castmerge("run", workbook, *command).code == 0
    finished = workbook.read_bytes()
    assert castmerge("run", link, *command).code == 0
    assert workbook.read_bytes() == finished
    assert link.is_symlink()
    assert [path.name for path in tmp_path.rglob("*.db")] == ["people.xlsx.simulated.db"]


@pytest.mark.skipif(os.name != "posix", reason="the system can't lock a file that is only read")
def test_a_hard_link_is_the_same_workbook(tmp_path: Path) -> None:
    """Two names in two folders have two journals, but only one run at a time."""
    workbook = tmp_path / "list.xlsx"
    workbook.write_text("of whatever kind")
    (tmp_path / "far").mkdir()
    other = tmp_path / "far" / "other.xlsx"
    other.hardlink_to(workbook)
    with SqliteJournal.open(_journal(workbook)) as journal, SqliteJournal.open(_journal(other)) as second:
        with journal.lock(workbook):
            with (
                pytest.raises(JournalError, match="under another name") as caught,
                second.lock(other),
            ):
                pass
            assert caught.value.hint
        with second.lock(other):
            pass


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="Windows has no such permissions")
@pytest.mark.parametrize("named", [True, False], ids=["--journal", "next to the workbook"])
def test_a_folder_that_cannot_be_entered_is_an_error_with_a_hint(ordinary_folder: Path, named: bool) -> None:
    """A colleague's `.castmerge` may have the journal; starting another one would pay for all rows again."""
    workbook, folder = ordinary_folder / "list.xlsx", ordinary_folder / ".castmerge"
    workbook.touch()
    folder.mkdir()
    folder.chmod(0)
    try:
        with pytest.raises(JournalError, match="Permission denied") as caught:
            journal_place(workbook, Settings(journal=folder / "list.db" if named else None))
    finally:
        folder.chmod(0o700)
    assert "--journal" in caught.value.hint


def test_a_workbook_whose_journal_would_have_too_long_a_name_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """The drive allows the workbook's own name, but not that of its journal."""
    (tmp_path / ".castmerge").mkdir()
    with pytest.raises(JournalError, match="too long") as caught:
        _journal(tmp_path / f"{'l' * 249}.xlsx")
    assert "--journal" in caught.value.hint
