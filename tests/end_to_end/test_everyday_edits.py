"""What people do to a workbook between two runs: each row keeps its own video, which is paid for once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from merge.errors import Rejected, Unavailable, UnplacedVideosError
from merge.model import JobId, Project
from merge.results import ExitCode, MergeResult
from merge.run.collect import write_back_from_journal
from merge.settings import RerunOptions, Selection, Settings
from tests.support.fake_service import SHEET
from tests.support.walk_files import Grid, read_grid, write_grid
from tests.support.walks import JOB, STATUS, Walk, content_of_row

CHANGED = RerunOptions(changed=True)


@pytest.fixture(params=[False, True], ids=["without a key", "with --key"])
def walk(request: pytest.FixtureRequest, tmp_path: Path) -> Walk:
    """Four people whose videos are made."""
    walk = Walk(tmp_path, keyed=request.param)
    walk.run()
    return walk


def _made(walk: Walk) -> int:
    return len(walk.service.accepted)


def _statuses(walk: Walk) -> list[object]:
    header, *rows = read_grid(walk.workbook)
    return [row[header.index(STATUS)] for row in rows]


def _links(walk: Walk) -> list[object]:
    header, *rows = read_grid(walk.workbook)
    return [row[header.index("Video URL")] for row in rows]


def _shows_own_videos(walk: Walk) -> bool:
    header, *rows = read_grid(walk.workbook)
    accepted = walk.accepted()
    return all(accepted.get(str(row[header.index(JOB)])) == content_of_row(row) for row in rows)


def test_a_copied_row_with_another_name_gets_its_own_video(walk: Walk) -> None:
    """The copied result cells belong to the original row, and are corrected."""
    walk.copy_row(0, renamed=True)
    result = walk.run()
    assert isinstance(result, MergeResult)
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (5, True, [])
    assert any("showed the video of another row" in note for note in result.notes)


def test_sorting_without_the_result_columns_makes_nothing_again(walk: Walk) -> None:
    """Each row gets its own results back from the journal."""
    walk.sort(whole=False, backwards=True)
    walk.run(CHANGED)
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (4, True, [])


def test_pasting_the_data_one_row_further_down_makes_nothing_again(walk: Walk) -> None:
    """The result cells stay where they are, next to other people, until the next run."""
    walk.rotate()
    walk.run()
    assert (_made(walk), _shows_own_videos(walk)) == (4, True)


def test_restoring_an_older_copy_after_a_remake_costs_nothing(walk: Walk) -> None:
    """The restored row matches its first video again."""
    walk.edit(1)
    walk.run(CHANGED)
    assert _made(walk) == 5
    walk.restore(1)
    walk.run(CHANGED)
    assert (_made(walk), _shows_own_videos(walk)) == (5, True)


def test_rows_refused_in_an_older_copy_are_not_paid_for_twice(tmp_path: Path) -> None:
    """The copy shows why they were refused, but they have been made since."""
    walk = Walk(tmp_path)
    walk.run(answers=[Unavailable("429", retry_after=1)] * 40)
    walk.run()
    made = _made(walk)
    for version in range(len(walk.snapshots)):
        walk.restore(version)
        walk.run()
    assert (_made(walk), made, walk.broken) == (4, 4, [])


def _recalculate(walk: Walk) -> None:
    grid = read_grid(walk.workbook)
    for row in grid[1:]:
        row[1] = "Oslo, the day after"
    write_grid(walk.workbook, grid)


def test_recalculated_rows_are_not_submitted_while_results_are_unwritten(tmp_path: Path) -> None:
    """A run can't write while Excel has the file open, and on the next day every TODAY() has changed."""
    walk = Walk(tmp_path)
    first = walk.run(open_in_excel=True)
    assert isinstance(first, MergeResult)
    assert first.exit_code is ExitCode.NOT_WRITTEN
    _recalculate(walk)
    stopped = walk.run()
    assert isinstance(stopped, UnplacedVideosError)
    assert "v1" in stopped.message
    for way_out in ("write-back people.xlsx", "--key", "--new-rows"):
        assert way_out in stopped.hint
    assert _made(walk) == 4
    summary, written = write_back_from_journal(walk.workbook, Settings(), walk.clock.now())
    assert (summary.exit_code, written.rows) == (ExitCode.NOT_WRITTEN, 0)
    assert "v4" in summary.notes[-1]


def test_a_key_recognizes_recalculated_rows(tmp_path: Path) -> None:
    """They are out of date, and made again only with --changed."""
    walk = Walk(tmp_path)
    walk.run(open_in_excel=True)
    _recalculate(walk)
    walk.keyed = True
    walk.run()
    assert (_made(walk), _statuses(walk)) == (4, ["Out of date"] * 4)
    walk.run(CHANGED)
    assert (_made(walk), _statuses(walk)) == (8, ["Complete"] * 4)


def test_new_rows_are_made_on_request(tmp_path: Path) -> None:
    """With --new-rows the run goes ahead, and the unplaced videos stay in the journal."""
    walk = Walk(tmp_path)
    walk.run(open_in_excel=True)
    _recalculate(walk)
    walk.run(RerunOptions(new_rows=True))
    assert (_made(walk), _statuses(walk), walk.broken) == (8, ["Complete"] * 4, [])


def test_new_rows_are_allowed_once_for_the_same_unplaced_videos(tmp_path: Path) -> None:
    """A later run makes another new row without asking about these videos again."""
    walk = Walk(tmp_path)
    walk.run(open_in_excel=True)
    _recalculate(walk)
    walk.run(RerunOptions(new_rows=True))
    walk.insert(1)
    assert isinstance(walk.run(), MergeResult)
    assert (_made(walk), _statuses(walk), walk.broken) == (9, ["Complete"] * 5, [])


@pytest.mark.parametrize("go", [Walk.save_as, Walk.other_folder, Walk.lose_journal])
def test_a_retry_without_the_journal_adopts_listed_videos(tmp_path: Path, go: Callable[[Walk], None]) -> None:
    """A row that failed here was made again elsewhere; its tag is in the project list."""
    walk = Walk(tmp_path)
    walk.run(answers=[Rejected("no")])
    before = walk.snapshots[-1]
    walk.run(RerunOptions(retry_failed=True))
    walk.workbook.write_bytes(before.read_bytes())
    go(walk)
    walk.run(RerunOptions(retry_failed=True))
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (4, True, [])


def test_a_workbook_without_its_journal_needs_one_request_to_the_list(walk: Walk) -> None:
    """The tags show which content each id was made from, also after sorting and copying."""
    walk.sort(whole=False, backwards=True)
    walk.copy_row(1, renamed=True)
    walk.lose_journal()
    walk.run()
    assert (_made(walk), _statuses(walk), walk.broken) == (5, ["Complete"] * 5, [])
    assert walk.service.calls["tags_of"] == 1


def test_a_busy_project_list_is_asked_again(walk: Walk) -> None:
    """Without its answer, an edited row would keep its old video."""
    walk.service.tags_errors = {1: Unavailable("500"), 2: Unavailable("429", retry_after=2)}
    walk.edit(0)
    walk.other_folder()
    walk.run()
    assert (_made(walk), _statuses(walk)) == (4, ["Out of date", *["Complete"] * 3])


def test_a_row_that_was_edited_before_the_journal_was_lost_is_out_of_date(walk: Walk) -> None:
    """According to the list, its id was made from other content, and no other row claims it."""
    walk.edit(0)
    walk.other_folder()
    walk.run()
    assert (_made(walk), _statuses(walk)) == (4, ["Out of date", *["Complete"] * 3])


def test_other_words_in_the_status_column_are_kept(tmp_path: Path) -> None:
    """A row with `Skip` or `Sent` in its status gets no video, and the word is kept."""
    walk = Walk(tmp_path)
    walk.run()
    grid = read_grid(walk.workbook)
    words = ["Skip", "Sent", "on hold"]
    for row, word in zip(grid[1:], words, strict=False):
        row[grid[0].index(STATUS)] = word
        row[grid[0].index(JOB)] = None
        row[1] = "Rome"
    write_grid(walk.workbook, grid)
    result = walk.run(CHANGED)
    assert isinstance(result, MergeResult)
    assert (_made(walk), _statuses(walk)) == (4, [*words, "Complete"])
    assert any("Skipped" in note and "rows 2, 3, 4" in note for note in result.notes)


def test_results_of_a_practice_run_never_count(tmp_path: Path) -> None:
    """They are called Practice and have no link; a real run makes every video, and reports no mix-up."""
    walk = Walk(tmp_path)
    walk.run(practice=True)
    assert (_statuses(walk), _links(walk)) == (["Practice"] * 4, [None] * 4)
    walk.run(practice=True)
    assert (_made(walk), _statuses(walk)) == (4, ["Practice"] * 4)
    walk.service.accepted.clear()
    result = walk.run()
    assert isinstance(result, MergeResult)
    assert (_made(walk), _statuses(walk), result.notes) == (4, ["Complete"] * 4, ())


def test_a_row_edited_after_practice_has_no_link_either(tmp_path: Path) -> None:
    """Its status says Out of date, and there's no practice video to watch."""
    walk = Walk(tmp_path)
    walk.run(practice=True)
    walk.edit(1)
    walk.run(practice=True)
    assert (_statuses(walk).count("Out of date"), _links(walk)) == (1, [None] * 4)


def test_practice_in_another_folder_keeps_its_results(tmp_path: Path) -> None:
    """Without the journal of practice runs, the sheet shows that nothing is left to practice."""
    walk = Walk(tmp_path)
    walk.run(practice=True)
    walk.other_folder()
    walk.run(practice=True)
    assert (_made(walk), _statuses(walk)) == (4, ["Practice"] * 4)


@pytest.mark.parametrize(
    ("headers", "values"),
    [
        pytest.param(["Video URL", "Video Note"], ["https://intranet/x", "from Ann"], id="link and note"),
        pytest.param(["Video ID"], ["A-17"], id="an id of their own"),
    ],
)
def test_the_users_own_columns_are_never_used(tmp_path: Path, headers: list[str], values: list[str]) -> None:
    """No run has seen the sheet, and its values aren't castmerge's: nothing is sent or written."""
    walk = Walk(tmp_path)
    grid = read_grid(walk.workbook)
    write_grid(walk.workbook, [[*grid[0], *headers], *([*row, *values] for row in grid[1:])])
    stopped = walk.run()
    assert not isinstance(stopped, MergeResult)
    assert "--column-prefix" in stopped.hint
    assert (_made(walk), read_grid(walk.workbook)[1][3:]) == (0, values)


def test_an_id_that_the_service_gives_twice_is_reported_on_every_row(tmp_path: Path) -> None:
    """It can't be known whose video it is; the exit code is 1, also the next time."""
    walk = Walk(tmp_path)
    take = walk.service.submit

    async def same_id(project: Project) -> JobId:
        await take(project)
        return JobId("v1")

    walk.service.submit = same_id  # type: ignore[method-assign]
    for _ in range(2):
        result = walk.run()
        assert isinstance(result, MergeResult)
        assert result.exit_code is ExitCode.SOME_FAILED
        assert _statuses(walk) == ["Failed"] * 4
        assert all("the same video ID" in str(row.note) for row in result.rows)


def test_clearing_a_row_only_counts_in_the_latest_workbook(walk: Walk) -> None:
    """In an older copy the results are restored, and the note says how to request a new video."""
    walk.clear(0, all_cells=False)
    walk.run()
    assert _made(walk) == 5
    walk.restore(1)
    walk.clear(1, all_cells=False)
    result = walk.run()
    assert isinstance(result, MergeResult)
    assert (_made(walk), _statuses(walk)) == (5, ["Complete"] * 4)
    assert any("--remake" in note for note in result.notes)


def test_the_copy_from_just_before_the_last_run_requests_nothing(walk: Walk) -> None:
    """Two runs right after each other are distinguished by what they wrote."""
    walk.insert(0)
    before = len(walk.snapshots) - 1
    walk.run()
    walk.restore(before)
    walk.run()
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (5, True, [])


def test_a_killed_run_in_a_sheet_without_results_requests_nothing(walk: Walk) -> None:
    """Marks of a killed run don't make the other blank rows look cleared."""
    walk.drop_results()
    walk.insert(0)
    for killed_at in (2, 3):
        walk.run(killed_at=killed_at)
    walk.run(again=True)
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (5, True, [])


def test_a_run_of_some_rows_restores_the_results_of_all(walk: Walk) -> None:
    """After it, the older copy is the workbook that castmerge wrote last, so no result may be blank."""
    walk.drop_results()
    walk.run(selection=Selection(rows="2"))
    assert _statuses(walk) == ["Complete"] * 4
    walk.run()
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (4, True, [])


def test_a_run_of_some_rows_marks_the_others_that_are_out_of_date(walk: Walk) -> None:
    """The old video of an edited row must not look as if it matched the row."""
    walk.edit(2)
    walk.run(CHANGED, selection=Selection(rows="2"))
    assert _statuses(walk) == ["Complete", "Complete", "Out of date", "Complete"]
    assert (_made(walk), walk.broken) == (4, [])


def test_a_named_row_is_made_again(walk: Walk) -> None:
    """--remake requests it whatever its status, and its tag is searched for first."""
    looked = walk.service.calls["find"]
    walk.remake(2)
    assert (_made(walk), walk.broken) == (5, [])
    assert walk.service.calls["find"] > looked


def _save_with_openpyxl(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book[SHEET]["A2"].font = openpyxl.styles.Font(bold=True)
    book.save(path)


def test_a_workbook_saved_during_the_run_gets_its_results(tmp_path: Path) -> None:
    """Other programs write different XML, but the rows have the same values."""
    walk = Walk(tmp_path)
    result = walk.run(during=lambda: _save_with_openpyxl(walk.workbook))
    assert isinstance(result, MergeResult)
    assert (result.exit_code, _shows_own_videos(walk), _made(walk)) == (ExitCode.COMPLETE, True, 4)


@pytest.mark.parametrize("keyed", [False, True], ids=["without a key", "with --key"])
def test_a_row_that_is_edited_during_the_run_is_out_of_date(tmp_path: Path, keyed: bool) -> None:
    """Its video was made from the row as it was submitted, and must not look as if it matched the edit."""
    walk = Walk(tmp_path, keyed=keyed)
    walk.run()
    walk.edit(1)
    result = walk.run(CHANGED, during=lambda: walk.edit(1))
    assert isinstance(result, MergeResult)
    assert _statuses(walk) == ["Complete", "Out of date", "Complete", "Complete"]
    assert [row.status for row in result.rows if row.row == 3] == ["Out of date"]
    assert any("Row 3 was edited during the run" in note for note in result.notes)
    assert (_made(walk), walk.broken) == (5, [])


def test_a_row_that_is_edited_back_during_the_run_has_its_earlier_video(walk: Walk) -> None:
    """The new video was made from a short-lived content of the row."""
    walk.edit(1)
    walk.run(CHANGED, during=lambda: walk.edit_back(1))
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (5, True, [])


def test_a_row_that_is_copied_during_the_run_never_keeps_the_video_of_another(walk: Walk) -> None:
    """The run corrects the copy when it writes its results, and the next one makes a video for it."""
    walk.insert(0)
    walk.run(during=lambda: walk.copy_row(2, renamed=True))
    assert _statuses(walk) == [*["Complete"] * 5, None]
    walk.run()
    assert (_made(walk), _shows_own_videos(walk), walk.broken) == (6, True, [])


def test_rows_that_lose_their_values_are_not_reported_as_written(tmp_path: Path) -> None:
    """If a program drops the results of formulas, rows can't be recognized: exit code 5, not 0."""
    walk = Walk(tmp_path)

    def drop_values() -> None:
        grid = read_grid(walk.workbook)
        people: Grid = [[f"unknown {number}", "x", "-"] for number in range(4)]
        write_grid(walk.workbook, [grid[0], *people])

    result = walk.run(during=drop_values)
    assert isinstance(result, MergeResult)
    assert result.exit_code is ExitCode.NOT_WRITTEN
    assert any("in the journal" in note for note in result.notes)
