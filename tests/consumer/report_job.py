"""A reporting job of somebody who installed castmerge: both halves of the API, and a DataFrame at the end.

`python report_job.py FOLDER` makes the videos of the example workbook there, simulated.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pandas as pd

from merge import (
    MergeError,
    MergeResult,
    Selection,
    Settings,
    format_value,
    merge_workbook,
    merge_workbook_async,
    write_columns,
)
from merge.run.book import RowEvent


def make_all(workbook: Path, template: Path) -> MergeResult:
    """Make every row's video."""
    seen: list[RowEvent] = []
    result = merge_workbook(workbook, template, settings=Settings(simulate=True), observe=seen.append)
    print(f"{len(seen)} changes, exit code {int(result.exit_code)}")
    return result


async def make_some(workbook: Path, template: Path) -> MergeResult:
    """Make some rows inside a loop that has other things to do."""
    settings = Settings(simulate=True, selection=Selection(rows="4-6"))
    return await merge_workbook_async(workbook, template, settings=settings)


def main(folder: Path) -> int:
    """Run the job."""
    workbook, template = folder / "customers.xlsx", folder / "welcome.json"
    some = asyncio.run(make_some(workbook, template))
    everything = make_all(workbook, template)
    frame = pd.DataFrame(everything.rows)
    done = int((frame["status"] == "Complete").sum())
    written = write_columns(
        workbook, sheet=everything.sheet, header_row=3, rows={4: {"Reported": format_value(0.5, "0 %")}}
    )
    print(f"{some.counts['complete']} and {done} complete, {written.rows} row reported")
    try:
        merge_workbook(folder / "missing.xlsx", template, settings=Settings(simulate=True))
    except MergeError as error:
        print(f"{type(error).__name__}: {error.message}. {error.cure}")
    return int(everything.exit_code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
