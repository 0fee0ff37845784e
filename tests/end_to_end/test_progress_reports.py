"""The workbook is opened, edited, sorted and moved by its user during a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from merge import Settings, merge_workbook
from merge.errors import WriteBackError
from merge.results import ExitCode, MergeResult
from merge.run.state import RowEvent
from merge.settings import Selection
from merge.sheet.result_columns import Status
from merge.workbook.package.lock_files import holder_of
from merge.workbook.write.replace_file import file_version, replace
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

PEOPLE = [["Name", "City"], ["Ana", "Rome"], ["Ben", "Oslo"], ["Cem", "Bonn"], ["Dora", "Kiel"]]
Edit = Callable[[Worksheet], object]


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    return make_workbook(PEOPLE)


@pytest.fixture
def template(make_template: MakeTemplate) -> Path:
    return make_template("<p>Hello {{ name }} of {{ city }}.</p>")


class OnFirstVideo:
    """Calls a function once, as soon as the first video is complete."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._happens = happens
        self._done = False

    def __call__(self, event: RowEvent) -> None:
        if event.status is Status.COMPLETE and not self._done:
            self._done = True
            self._happens()


def run(people: Path, template: Path, happens: Callable[[], object]) -> MergeResult:
    """A whole run, during which the function is called."""
    return merge_workbook(people, template, settings=Settings(simulate=True), observe=OnFirstVideo(happens))


def edited(path: Path, edit: Edit) -> Callable[[], None]:
    """Edit the sheet and save the workbook with another program."""

    def save() -> None:
        book = openpyxl.load_workbook(path)
        edit(book["People"])
        book.save(path)

    return save


def ids_by_name(path: Path) -> dict[object, object]:
    """Video ids by name, wherever rows and columns are now."""
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    header = next(row for row in rows if "Video ID" in row)
    name = next(place for place, text in enumerate(header) if text in {"Name", "Full name"})
    job = header.index("Video ID")
    return {row[name]: row[job] for row in rows[rows.index(header) + 1 :] if row[name]}


def expected_ids(result: MergeResult) -> dict[object, object]:
    """The ids in the result, by name."""
    names = [name for name, _ in PEOPLE[1:]]
    return dict(zip(names, [row.video_id for row in result.rows], strict=True))


def _sort(sheet: Worksheet) -> None:
    """Sort like Excel: whole rows, including the results."""
    rows = sorted(sheet.iter_rows(min_row=2, values_only=True), key=lambda row: str(row[0]), reverse=True)
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column).value = value


def _insert(sheet: Worksheet) -> None:
    sheet.insert_rows(2, 3)
    sheet["A3"] = "Eva"
    sheet["B3"] = "Ulm"


def _insert_above(sheet: Worksheet) -> None:
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Our customers"


def _move_columns(sheet: Worksheet) -> None:
    sheet.insert_cols(1, 2)
    sheet["A1"] = "Remarks"


def _swap_columns(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(max_col=2):
        row[0].value, row[1].value = row[1].value, row[0].value


def _edit_town(sheet: Worksheet) -> None:
    sheet["B3"] = "Bergen"


def _save_only(sheet: Worksheet) -> None:
    """Edit nothing, but rewrite every byte."""


def _clear_results(sheet: Worksheet) -> None:
    sheet.delete_cols(3, 5)


EDITS = (_sort, _insert, _insert_above, _move_columns, _swap_columns, _save_only, _clear_results)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__.strip("_"))
def test_results_find_their_rows_after_any_edit_during_the_run(
    people: Path, template: Path, edit: Edit
) -> None:
    """Each id is in the row of the person it was made for, and only there."""
    result = run(people, template, edited(people, edit))
    assert result.exit_code == ExitCode.COMPLETE
    ids = expected_ids(result)
    assert len(set(ids.values())) == 4
    assert {name: job for name, job in ids_by_name(people).items() if job} == ids


def test_an_edited_row_is_recognized_by_its_key(people: Path, template: Path) -> None:
    """With a key column, any other cell may be edited during a run."""
    settings = Settings(simulate=True, selection=Selection(key=("Name",)))
    result = merge_workbook(
        people, template, settings=settings, observe=OnFirstVideo(edited(people, _edit_town))
    )
    assert ids_by_name(people) == expected_ids(result)
    again = merge_workbook(people, template, settings=settings)
    assert [row.status for row in again.rows] == ["Complete", "Out of date", "Complete", "Complete"]


@pytest.mark.parametrize("edit", [_edit_town, lambda sheet: sheet.delete_rows(3)], ids=["edited", "deleted"])
def test_missing_rows_are_reported_and_never_guessed(people: Path, template: Path, edit: Edit) -> None:
    """Without a key an edited row is a different row; its video is in the journal."""
    result = run(people, template, edited(people, edit))
    ids = expected_ids(result)
    assert any(note.startswith(f"The row of video {ids['Ben']} (row 3 when") for note in result.notes)
    found = ids_by_name(people)
    assert {name: found[name] for name in ("Ana", "Cem", "Dora")} == {
        name: ids[name] for name in ("Ana", "Cem", "Dora")
    }
    assert ids["Ben"] not in found.values()


def test_renaming_a_column_does_not_lose_its_rows(people: Path, template: Path) -> None:
    """Rows are recognized by their contents."""
    result = run(people, template, edited(people, lambda sheet: sheet.__setitem__("A1", "Full name")))
    assert ids_by_name(people) == expected_ids(result)


def _rename_sheet(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["People"].title = "Customers"
    book.save(path)


def _damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def _lock(path: Path) -> None:
    path.with_name(f".~lock.{path.name}#").write_text("Ana Soto,ana,desk,25.11.2026 10:00,file:///x;")


@pytest.mark.parametrize(
    ("happens", "word"),
    [
        pytest.param(_rename_sheet, "no worksheet", id="the sheet is renamed"),
        pytest.param(Path.unlink, "no such file", id="the workbook is moved away"),
        pytest.param(_damage, "damaged", id="the workbook is damaged"),
        pytest.param(_lock, "open in LibreOffice (Ana Soto)", id="somebody opens it in LibreOffice"),
    ],
)
def test_results_wait_until_the_workbook_is_back(
    people: Path, template: Path, castmerge: Castmerge, happens: Callable[[Path], object], word: str
) -> None:
    """Exit code 5 with a clear message; write-back puts everything into its rows later."""
    marked: list[bytes] = []

    def during_the_run() -> None:
        marked.append(people.read_bytes())
        happens(people)

    result = run(people, template, during_the_run)
    assert result.exit_code == ExitCode.NOT_WRITTEN
    assert word in " ".join(result.notes)
    assert any("castmerge write-back" in note for note in result.notes)
    people.write_bytes(marked[0])
    people.with_name(f".~lock.{people.name}#").unlink(missing_ok=True)
    ran = castmerge("write-back", people, "--simulate")
    assert (ran.code, ids_by_name(people)) == (0, expected_ids(result))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param("Ana Soto,ana,desk,25.11.2026 10:00,file:///x;", "Ana Soto", id="by the full name"),
        pytest.param(",ana,desk,25.11.2026 10:00,file:///x;", "ana", id="by the account"),
        pytest.param(",,desk,25.11.2026 10:00,file:///x;\n", "desk", id="by the computer"),
        pytest.param("", "someone", id="not at all"),
    ],
)
def test_the_libreoffice_user_is_named(people: Path, content: str, name: str) -> None:
    """LibreOffice stores the name in a file next to the workbook; the hint names that file."""
    marker = people.with_name(".~lock.people.xlsx#")
    marker.write_text(content)
    holder = holder_of(people)
    assert holder
    assert (holder.name, holder.program, holder.marker) == (name, "LibreOffice", marker)


def test_a_dangling_symbolic_link_counts_as_a_marker(people: Path) -> None:
    """Some programs mark an open file with a symbolic link that has no target."""
    people.with_name(".~lock.people.xlsx#").symlink_to("ana@desk")
    holder = holder_of(people)
    assert holder
    assert holder.name == "someone"


def held(parent: Path) -> tuple[Path, Path, Path]:
    """A folder in which nothing can be replaced, a file in it, and a new file."""
    folder = parent / "held"
    folder.mkdir()
    path, new = folder / "a.xlsx", folder / "new"
    path.write_text("old")
    new.write_text("new")
    folder.chmod(0o555)
    return folder, path, new


def test_a_replace_that_is_refused_briefly_is_tried_again(ordinary_folder: Path) -> None:
    """Virus scanners and sync programs hold a file for a second; here its folder is unlocked."""
    folder, path, new = held(ordinary_folder)
    before = file_version(path)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            folder.chmod(0o755)

    assert replace(path, new, before, wait)
    assert (path.read_text(), len(waited)) == ("new", 2)


@pytest.mark.parametrize("what", ["saved", "locked"])
def test_changes_during_that_wait_are_respected(ordinary_folder: Path, what: str) -> None:
    """A workbook that is saved or opened during the wait isn't overwritten."""
    folder, path, new = held(ordinary_folder)
    before = file_version(path)

    def wait(_: float) -> None:
        folder.chmod(0o755)
        path.write_text("saved") if what == "saved" else _lock(path)

    if what == "saved":
        assert not replace(path, new, before, wait)
        assert path.read_text() == "saved"
    else:
        with pytest.raises(WriteBackError, match="LibreOffice"):
            replace(path, new, before, wait)
