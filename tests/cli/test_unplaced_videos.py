"""Videos that no row has any more, in a terminal: a question before anything is sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.terminal import on_terminal
from tests.support.walk_files import read_grid, write_grid
from tests.support.walks import STATUS, Walk


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    """Two videos that couldn't be written while Excel was open, and rows that say something else since."""
    walk = Walk(tmp_path, people=2)
    walk.run(practice=True, open_in_excel=True)
    grid = read_grid(walk.workbook)
    for row in grid[1:]:
        row[1] = "Oslo, the day after"
    write_grid(walk.workbook, grid)
    return walk


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [pytest.param("n", None, id="no"), pytest.param("y", ["Practice"] * 2, id="yes")],
)
def test_a_terminal_asks_before_new_videos_are_made(
    walk: Walk, answer: str, statuses: list[str] | None
) -> None:
    """It lists the videos, and without a yes it names the ways out and sends nothing."""
    arguments = ["run", str(walk.workbook), "-t", str(walk.template), "--simulate"]
    with on_terminal(arguments, {"PATH": os.environ["PATH"]}) as terminal:
        terminal.wait_for("Make new videos for the new rows?")
        assert "made from row 2: v1" in terminal.text
        terminal.type(f"{answer}\n")
        assert terminal.end() == 0, terminal.seen
    header, *rows = read_grid(walk.workbook)
    if statuses is None:
        assert STATUS not in header
        assert "Nothing was sent" in terminal.text
        assert "castmerge write-back people.xlsx" in terminal.text
    else:
        assert [row[header.index(STATUS)] for row in rows] == statuses
