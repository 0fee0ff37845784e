"""Compare workbooks in LibreOffice before and after a write: `python tests/all_in_libreoffice.py [FOLDER …]`.

Every cell of each sheet is shown as before, and our values are added. It also converts the
examples, one workbook for each feature, and one made from a CSV file. Workbooks that LibreOffice can't open,
or shows differently each time, are listed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from tempfile import TemporaryDirectory

from tests.support.paths import ROOT

sys.path.insert(0, str(ROOT))

from merge.errors import MergeError
from merge.input.csv import import_csv
from merge.model import WrittenCells
from merge.settings import Settings
from merge.workbook.read.worksheet import sheet_names
from tests.support.featured_workbooks import FEATURES, make_featured
from tests.workbook.test_libreoffice import EXAMPLES, ROWS, SHOWN, converted, patched, shown

AT_ONCE = 12
Written = dict[str, tuple[str, int, WrittenCells]]


def _originals(folders: list[Path], made: Path) -> list[Path]:
    for feature in FEATURES:
        make_featured(made / f"feature-{feature}.xlsx", feature, {})
    text = made / "people.csv"
    text.write_text("Name,Zip,Due,Note\nAna,02110,12/1/2026,=1+1\nBen,10001,,two\n", encoding="utf-8")
    import_csv(text, Settings())
    found = [path for folder in folders for path in sorted(folder.glob("*.xls[xm]"))]
    return [*EXAMPLES, *sorted(made.glob("*.xlsx")), *found]


def _compare(originals: list[Path], folder: Path) -> list[str]:
    """Compare one batch and return the differences."""
    written: Written = {}
    differences: list[str] = []
    for original in originals:
        after = folder / f"after-{original.name}"
        shutil.copyfile(original, after)
        try:
            written[original.name] = patched(after)
        except MergeError as error:
            after.unlink()
            differences.append(f"refused: {original.name}: {error.message}")
            continue
        for name in ("before", "again"):
            shutil.copyfile(original, folder / f"{name}-{original.name}")
    try:
        converted(folder, folder / "profile")
    except (CalledProcessError, TimeoutExpired) as error:
        if len(originals) > 1:
            return [line for one in originals for line in _alone(one)]
        return [f"LibreOffice fails: {originals[0].name}: {type(error).__name__}"]
    for original in originals:
        if original.name in written:
            differences += _differences(original, folder, written)
    return differences


def _alone(original: Path) -> list[str]:
    with TemporaryDirectory() as folder:
        return _compare([original], Path(folder))


def _differences(original: Path, folder: Path, written: Written) -> list[str]:
    target, header, cells = written[original.name]
    differences: list[str] = []
    for sheet in sheet_names(original):
        try:
            expected = shown(folder, f"before-{original.stem}", sheet)
            again = shown(folder, f"again-{original.stem}", sheet)
            seen = shown(folder, f"after-{original.stem}", sheet)
        except FileNotFoundError:
            differences.append(f"not shown by LibreOffice: {original.name}, {sheet}")
            continue
        unsteady = {place for place in expected if expected[place] != again.get(place)}
        if sheet == target:
            for name, column in cells.columns.items():
                expected[header, column] = name
                expected |= {(row, column): SHOWN[name] for row in range(header + 1, header + 1 + ROWS)}
        wrong = {it for it in seen.keys() | expected.keys() if seen.get(it) != expected.get(it)} - unsteady
        differences += [
            f"DIFFERS: {original.name}, {sheet}, {place}: {expected.get(place)!r} became {seen.get(place)!r}"
            for place in sorted(wrong)[:3]
        ]
    return differences


def main() -> int:
    """Compare all workbooks and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    chosen = parser.parse_args()
    differences: list[str] = []
    with TemporaryDirectory() as made:
        originals = _originals(chosen.folders, Path(made))
        for start in range(0, len(originals), AT_ONCE):
            with TemporaryDirectory() as folder:
                differences += _compare(originals[start : start + AT_ONCE], Path(folder))
    print(f"{len(originals)} workbooks")
    for line in differences:
        print(line)
    return 1 if any(line.startswith("DIFFERS") for line in differences) else 0


if __name__ == "__main__":
    sys.exit(main())
