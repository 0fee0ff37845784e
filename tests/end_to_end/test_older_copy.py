"""An older copy of the workbook replaces the newer one: no video is made again."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from merge.results import MergeResult
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status
from tests.support.fake_service import SHEET, Scene

FIRST_TWO = Settings(selection=Selection(rows="2-3"))
RESULTS = ("Video ID", "Video Status", "Video URL", "Video Note", "Video Updated")


def _clear(workbook: Path, rows: Sequence[int], headers: Sequence[str]) -> None:
    book = openpyxl.load_workbook(workbook)
    page = book[SHEET]
    columns = {str(cell.value): cell.column for cell in page[1] if cell.value}
    for row in rows:
        for header in headers:
            page.cell(row, columns[header]).value = None
            page.cell(row, columns[header]).hyperlink = None
    book.save(workbook)


def _is_complete(result: MergeResult) -> bool:
    return Counter(row.status for row in result.rows) == {Status.COMPLETE: 5}


@pytest.mark.parametrize("before", [None, FIRST_TWO], ids=["from before any run", "from between two runs"])
@pytest.mark.parametrize("drafts", [False, True], ids=["run", "collect or export"])
def test_an_older_copy_makes_nothing_again(
    scene: Scene, tmp_path: Path, before: Settings | None, drafts: bool
) -> None:
    """Saving over the results or restoring yesterday's file costs nothing, and the results are restored."""
    if before:
        scene.carry_out(before)
    shutil.copy(scene.workbook, tmp_path / "older.xlsx")
    scene.carry_out()
    shutil.copy(tmp_path / "older.xlsx", scene.workbook)
    result = scene.carry_out(drafts=drafts)
    assert (_is_complete(result), scene.service.calls["submit"]) == (True, 5)
    assert "older copy" in " ".join(result.notes)
    quiet = scene.carry_out()
    assert (_is_complete(quiet), quiet.notes) == (True, ())


@pytest.mark.parametrize(
    ("rows", "headers"),
    [
        pytest.param((2, 3, 4, 5, 6), RESULTS[:2], id="all, as it is documented"),
        pytest.param((6,), RESULTS[:2], id="one, as it is documented"),
        pytest.param((4,), RESULTS, id="one with all its results"),
        pytest.param((2, 3, 4, 5), RESULTS, id="all but one with all their results"),
    ],
)
def test_cleared_rows_are_made_again(scene: Scene, rows: tuple[int, ...], headers: tuple[str, ...]) -> None:
    """If the file can't be an older copy, a blank row is to do."""
    scene.carry_out()
    _clear(scene.workbook, rows, headers)
    result = scene.carry_out()
    assert (_is_complete(result), scene.service.calls["submit"]) == (True, 5 + len(rows))


def test_clearing_all_results_requests_nothing(scene: Scene) -> None:
    """It looks the same as a copy from before the run, so nothing is sent, and a note says how to ask."""
    scene.carry_out()
    _clear(scene.workbook, range(2, 7), RESULTS)
    result = scene.carry_out()
    assert (_is_complete(result), scene.service.calls["submit"]) == (True, 5)
    assert "--remake" in " ".join(result.notes)
