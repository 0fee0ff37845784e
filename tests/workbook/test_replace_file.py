from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from merge.errors import MergeError, WorkbookError, WriteBackError
from merge.model import ResultValue
from merge.workbook import lock_owner, open_package, write_columns
from merge.workbook.package.zip_copy import pack, write_package
from merge.workbook.write.changed_parts import build
from merge.workbook.write.column_plan import Request
from merge.workbook.write.replace_file import (
    back_up,
    file_version,
    flush,
    replace,
    temporary_file,
    translated_errors,
)
from merge.workbook.write.verify import verify
from tests.support.sample_workbooks import MAIN, SHEET, grid, make, part

ROWS: dict[int, dict[str, ResultValue]] = {2: {"Video ID": "id-1"}}
REQUEST = Request("Sheet1", 1, ROWS, ("Video ID",))


def write(path: Path, backup: Path | None = None) -> None:
    """Write one result."""
    write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS, backup=backup)


def owner_file(workbook: Path, name: str) -> Path:
    """The owner file that Excel keeps next to an open workbook."""
    path = workbook.with_name("~$" + workbook.name)
    narrow = bytes([len(name)]) + name.encode("cp1252", "replace").ljust(54)
    wide = len(name).to_bytes(2, "little") + name.encode("utf-16-le").ljust(108, b" \0"[:1])
    path.write_bytes(narrow + wide)
    return path


@pytest.mark.parametrize("name", ["Ana Müller", "Łukasz", "X"])
def test_the_lock_owner_is_named(tmp_path: Path, name: str) -> None:
    """Excel stores the name in a file next to the workbook."""
    path = make(tmp_path / "a.xlsx")
    assert lock_owner(path) is None
    owner_file(path, name)
    assert lock_owner(path) == name


@pytest.mark.parametrize("content", [b"", b"\x03", b"\x00" * 165])
def test_an_owner_file_without_a_name_counts(tmp_path: Path, content: bytes) -> None:
    """If the file exists, the workbook is open, even if nobody knows by whom."""
    path = make(tmp_path / "a.xlsx")
    path.with_name("~$a.xlsx").write_bytes(content)
    assert lock_owner(path) == "someone"


def test_a_short_owner_file_names_its_owner(tmp_path: Path) -> None:
    """Short files, as other programs write them, have no UTF-16 part."""
    path = make(tmp_path / "a.xlsx")
    path.with_name("~$a.xlsx").write_bytes(b"\x03Ana")
    assert lock_owner(path) == "Ana"


def test_an_unreadable_owner_file_counts(tmp_path: Path) -> None:
    """Here it is a folder; the workbook still counts as open."""
    path = make(tmp_path / "a.xlsx")
    path.with_name("~$a.xlsx").mkdir()
    assert lock_owner(path) == "someone"


def refused(path: Path, reason: str) -> MergeError:
    """Assert that writing is refused for this reason and the folder doesn't change."""
    before = {it: it.read_bytes() for it in path.parent.iterdir() if it.is_file()}
    with pytest.raises(WriteBackError, match=reason) as caught:
        write(path)
    assert {it: it.read_bytes() for it in path.parent.iterdir() if it.is_file()} == before
    assert "castmerge write-back" in caught.value.hint
    return caught.value


def test_an_open_workbook_is_not_written(tmp_path: Path) -> None:
    """The message names the owner, and the hint says what to do if nobody has it open."""
    path = make(tmp_path / "a.xlsx")
    owner_file(path, "Ana")
    error = refused(path, r"open in Excel \(Ana\)")
    assert "delete ~$a.xlsx" in error.hint


def test_a_read_only_workbook_is_not_written(tmp_path: Path) -> None:
    """It could be replaced, but it is protected on purpose."""
    path = make(tmp_path / "a.xlsx")
    path.chmod(0o444)
    refused(path, "write-protected")


def test_a_read_only_folder_is_refused(ordinary_folder: Path) -> None:
    """The new file can't be created next to the workbook."""
    folder = ordinary_folder / "read only"
    folder.mkdir()
    path = make(folder / "a.xlsx")
    folder.chmod(0o555)
    try:
        refused(path, "can't save the workbook")
    finally:
        folder.chmod(0o755)


def test_mode_and_symbolic_links_are_kept(tmp_path: Path) -> None:
    """A symbolic link is kept; its target is replaced and keeps its mode."""
    path = make(tmp_path / "real.xlsx")
    path.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(path)
    write(link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert grid(path)[2, 2] == "id-1"


def test_the_first_original_is_kept(tmp_path: Path) -> None:
    """The copy is made once, if something changes; its folder is created if needed."""
    path = make(tmp_path / "a.xlsx")
    original = path.read_bytes()
    backup = tmp_path / "deep" / "er" / "a.xlsx"
    write(path, backup)
    assert backup.read_bytes() == original
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video ID": "id-2"}}, backup=backup)
    assert backup.read_bytes() == original
    assert sorted(it.name for it in backup.parent.iterdir()) == ["a.xlsx"]
    other = tmp_path / "other.xlsx"
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video ID": "id-2"}}, backup=other)
    assert not other.exists(), "nothing changed"


def test_without_a_copy_nothing_is_written(tmp_path: Path) -> None:
    """If the copy can't be made, the workbook isn't changed."""
    path = make(tmp_path / "a.xlsx")
    before = path.read_bytes()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteBackError, match="can't save the workbook"):
        write(path, tmp_path / "file" / "a.xlsx")
    assert path.read_bytes() == before


class SavingRows(Mapping[int, Mapping[str, ResultValue]]):
    """Rows that save the workbook while they are iterated, once or every time."""

    def __init__(self, path: Path, times: int) -> None:
        self._path = path
        self._times = times

    def __getitem__(self, row: int) -> Mapping[str, ResultValue]:
        if self._times:
            self._times -= 1
            aside = make(self._path.with_name("new.xlsx"))
            os.utime(aside, ns=(self._times, self._times))
            aside.replace(self._path)
        return ROWS[row]

    def __iter__(self) -> Iterator[int]:
        return iter(ROWS)

    def __len__(self) -> int:
        return len(ROWS)


def test_a_workbook_saved_during_the_write_is_read_again(tmp_path: Path) -> None:
    """Results go into the newer file, so that nothing saved is lost."""
    path = make(tmp_path / "a.xlsx")
    rows = SavingRows(path, times=1)
    write_columns(path, sheet="Sheet1", header_row=1, rows=rows, columns=["Video ID"])
    assert grid(path)[2, 2] == "id-1"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_stops_after_three_concurrent_saves(tmp_path: Path) -> None:
    """The results stay in the journal."""
    path = make(tmp_path / "a.xlsx")
    rows = SavingRows(path, times=10**9)
    with pytest.raises(WriteBackError, match="someone else saved"):
        write_columns(path, sheet="Sheet1", header_row=1, rows=rows, columns=["Video ID"])
    assert (2, 2) not in grid(path)
    assert list(tmp_path.iterdir()) == [path]


def test_row_numbers_of_an_older_file_are_refused(tmp_path: Path) -> None:
    """They may refer to other rows now."""
    path = make(tmp_path / "a.xlsx")
    since = file_version(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(WriteBackError, match="someone else saved"):
        write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS, since=since)
    assert (2, 2) not in grid(path)
    write_columns(path, sheet="Sheet1", header_row=1, rows=ROWS, since=file_version(path))
    assert grid(path)[2, 2] == "id-1"


def test_a_changed_file_is_not_replaced(tmp_path: Path) -> None:
    """The file is compared once more right before it is replaced."""
    path, new = make(tmp_path / "a.xlsx"), make(tmp_path / "new.xlsx")
    before = file_version(path)
    os.utime(path, ns=(1, 1))
    assert replace(path, new, before) is False
    assert replace(path, new, file_version(path)) is True
    assert not new.exists()


def test_a_missing_file_has_no_version(tmp_path: Path) -> None:
    """The workbook may have been moved."""
    assert file_version(tmp_path / "none.xlsx") is None


def test_a_failed_attempt_leaves_no_file(tmp_path: Path) -> None:
    """The new file is removed after any error."""
    path = make(tmp_path / "a.xlsx")

    def fail() -> None:
        with temporary_file(path) as file:
            file.write(b"half")
            flush(file)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(PermissionError(errno.EACCES, "denied"), "another program has it open", id="open"),
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), "No space left", id="full"),
        pytest.param(OSError("odd"), "odd", id="other"),
    ],
)
def test_system_errors_are_translated(error: OSError, reason: str, tmp_path: Path) -> None:
    """Each has a message and a hint."""

    def fail() -> None:
        with translated_errors(tmp_path / "a.xlsx"):
            raise error

    with pytest.raises(WriteBackError, match=reason) as caught:
        fail()
    assert "castmerge write-back" in caught.value.hint
    assert caught.value.__cause__ is error


def test_an_existing_copy_is_kept(tmp_path: Path) -> None:
    """Only the first copy is the original file."""
    path, backup = make(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
    backup.write_bytes(b"the original")
    back_up(path, backup)
    assert backup.read_bytes() == b"the original"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("<t>Ana</t>", "<t>Eve</t>", "the cells of row 2 have changed", id="a-cell"),
        pytest.param("<t>id-1</t>", "<t>id-2</t>", "B2 doesn't have its result", id="a-result"),
        pytest.param('<row r="3"/>', "", "row 3 is missing", id="a-row-less"),
        pytest.param('<row r="3"/>', '<row r="3"/><row r="4"/>', "row 4 is out of place", id="a-row-more"),
        pytest.param('<row r="3"/>', '<row r="3" ht="9"/>', "row 3 has changed", id="a-rows-height"),
        pytest.param(
            '<row r="2" ht="7"', '<row r="2" ht="9"', "row 2 has changed", id="a-written-rows-height"
        ),
        pytest.param("<pageMargins/>", "", "around the rows has changed", id="the-frame"),
        pytest.param("</t></is></c></row>", "</t></is></row>", "isn't well-formed", id="the-xml"),
    ],
)
def test_a_wrong_result_is_detected(tmp_path: Path, old: str, new: str, reason: str) -> None:
    """A wrong new file is reported and doesn't replace the workbook."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>'
        '<row r="2" ht="7"><c r="A2" t="inlineStr"><is><t>Ana</t></is></c></row><row r="3"/>'
    )
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData><pageMargins/></worksheet>'
    path = make(tmp_path / "a.xlsx", sheet)
    with open_package(path) as package, closing(build(package, REQUEST)) as built:
        good = tmp_path / "good.xlsx"
        with good.open("wb") as file:
            write_package(package.archive, file, built.parts)
        verify(package, good, built)
        wrong = tmp_path / "bad.xlsx"
        sheet = part(good).replace(old, new)
        with wrong.open("wb") as file, closing(pack(sheet.encode())) as packed:
            write_package(package.archive, file, {SHEET: packed})
        with pytest.raises(WorkbookError, match=reason) as caught:
            verify(package, wrong, built)
    assert "Please report this" in caught.value.hint


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        pytest.param({"xl/styles.xml": None}, "xl/styles.xml is missing", id="less"),
        pytest.param({"xl/styles.xml": "<styleSheet/>"}, "xl/styles.xml has changed", id="changed"),
        pytest.param({"xl/more.xml": "<more/>"}, "unexpected parts", id="more"),
    ],
)
def test_wrong_parts_are_detected(tmp_path: Path, parts: Mapping[str, str | None], reason: str) -> None:
    """The compressed bytes of every other part are compared."""
    path = make(tmp_path / "a.xlsx")
    with open_package(path) as package, closing(build(package, REQUEST)) as built:
        wrong = make(tmp_path / "bad.xlsx", None, parts)
        with pytest.raises(WorkbookError, match=reason):
            verify(package, wrong, built)
