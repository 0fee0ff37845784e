from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from merge.workbook import open_package
from merge.workbook.read.worksheet import sheet_names
from tests.support.check_inputs import RequestedCells, differences, header_row_of, put_results
from tests.support.paths import ROOT
from tests.support.workbook_rounds import DAMAGES, Tally, find_problems, play, workbooks
from tests.workbook.test_patch_damaged import full

ROUNDS = 50


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small workbooks: our examples and one with many features."""
    folder = tmp_path_factory.mktemp("originals")
    full(folder / "full.xlsx")
    return [*workbooks([folder, ROOT / "example_sheets"])]


@pytest.mark.long
@pytest.mark.parametrize("fifth", range(5))
def test_damaged_workbooks_are_written_correctly_or_refused(
    originals: list[Path], tmp_path: Path, fifth: int
) -> None:
    """The only error is a MergeError, nothing else changes, and no file is left behind."""
    tally = Tally()
    for seed in range(fifth, ROUNDS, 5):
        original = originals[seed % 7 % len(originals)]
        play(original, seed, tmp_path, tally, thorough=seed % 6 == 0)
    assert tally.faults == []
    assert tally.counts["rounds"] == ROUNDS // 5
    assert tally.counts["written"] > 0
    assert tally.counts["refused"] > 0


def test_workbooks_can_be_damaged_in_many_ways() -> None:
    """Damage affects parts and the zip file; the XML may be well-formed or not."""
    assert len(set(DAMAGES)) >= 13


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path, RequestedCells]:
    """The workbook before the write, and with results."""
    before, after = tmp_path / "before.xlsx", tmp_path / "after.xlsx"
    shutil.copyfile(ROOT / "example_sheets" / "international.xlsx", before)
    shutil.copyfile(before, after)
    sheet = sheet_names(after)[0]
    return before, after, put_results(after, sheet, header_row_of(after, sheet))


def _part(path: Path, asked: RequestedCells) -> str:
    with open_package(path) as package:
        return package.sheet(asked.sheet).part


def test_the_checks_pass_for_a_correct_write(written: tuple[Path, Path, RequestedCells]) -> None:
    """Only the requested cells differ."""
    before, after, asked = written
    assert differences(before, after, _part(before, asked), asked) == []


def _saved_elsewhere(path: Path) -> None:
    openpyxl.load_workbook(path).save(path)


def _value_changed(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(b"id-7", b"id-8"))


@pytest.mark.parametrize("change", [_saved_elsewhere, _value_changed])
def test_the_checks_detect_losses(
    written: tuple[Path, Path, RequestedCells], change: Callable[[Path], None]
) -> None:
    """A file saved by another program or with another value fails the checks."""
    before, after, asked = written
    part = _part(before, asked)
    change(after)
    assert differences(before, after, part, asked) != []


def test_every_sheet_of_a_workbook_is_checked(originals: list[Path], tmp_path: Path) -> None:
    """One round covers all sheets."""
    tally = Tally()
    sheets = 0
    for original in originals:
        path = tmp_path / original.name
        shutil.copyfile(original, path)
        with open_package(path) as package:
            sheets += sum(1 for it in package.sheets if it.kind == "worksheet")
        assert find_problems(path, tally) == []
    assert tally.counts["written"] == sheets
