"""A reporting job of a program that has castmerge installed: every public function, and data frames.

`python report_job.py FOLDER` simulates the videos of the example workbook in that folder.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path

import pandas as pd
import polars as pl

from merge import (
    Link,
    MergeError,
    MergeResult,
    RowEvent,
    Selection,
    Settings,
    StopSignal,
    Template,
    collect_workbook,
    format_value,
    merge_workbook,
    merge_workbook_async,
    read_rows,
    write_columns,
)


def preview(workbook: Path, template: Path) -> None:
    """Print what will be spoken, without sending anything."""
    rows = read_rows(workbook)
    filled_in = Template.load(template, rows)
    previews = {row.number: filled_in.fill_in(row) for row in rows}
    letters = sum(len(script) for each in previews.values() for script in each.scripts)
    problems = sum(len(each.problems) for each in previews.values())
    print(f"{len(previews)} rows, {letters} letters to say, {problems} problems, from {filled_in.columns}")


async def make_some(workbook: Path, template: Path) -> MergeResult:
    """Make some rows inside an event loop with other tasks, and print each change."""
    seen: list[RowEvent] = []
    settings = Settings(simulate=True, selection=Selection(rows="4-6"))
    result = await merge_workbook_async(workbook, template, settings=settings, observe=seen.append)
    print(f"{len(seen)} changes, {result.counts['complete']} complete, exit code {int(result.exit_code)}")
    return result


def submit_and_collect(workbook: Path, template: Path) -> MergeResult:
    """Submit and collect separately, as a scheduler would."""
    submitted = merge_workbook(workbook, template, settings=Settings(simulate=True, wait=False))
    looked = collect_workbook(workbook, wait=False, settings=Settings(simulate=True))
    collected = collect_workbook(workbook, settings=Settings(simulate=True))
    print(f"exit codes {submitted.exit_code:d}, {looked.exit_code:d}, {collected.exit_code:d}")
    return collected


def stop_early(workbook: Path, template: Path) -> None:
    """Stop a run from another thread."""
    stop = StopSignal()
    thread = threading.Thread(target=lambda: setattr(stop, "requested", True))
    thread.start()
    thread.join()
    result = merge_workbook(workbook, template, settings=Settings(simulate=True), stop=stop)
    print(f"stopped early: exit code {int(result.exit_code)}")


def report(workbook: Path, result: MergeResult) -> None:
    """Print the results as data frames, and write a column back into the workbook."""
    panda, polar = pd.DataFrame(result.rows), pl.DataFrame(result.rows)
    done = int((panda["status"] == "Complete").sum())
    links = polar["url"].drop_nulls().len()
    row = result.rows[0]
    link = Link(row.url or "https://example.com", "video")
    written = write_columns(
        workbook,
        sheet=result.sheet,
        header_row=3,
        rows={row.row: {"Reported": format_value(0.5, "0 %"), "Page": link}},
    )
    print(f"{done} complete, {links} links, {written.rows} row reported, credits {row.credits}")


def main(folder: Path) -> int:
    """Run the job."""
    logging.basicConfig(level=logging.WARNING)
    workbook, template = folder / "customers.xlsx", folder / "welcome.json"
    preview(workbook, template)
    asyncio.run(make_some(workbook, template))
    stop_early(workbook, template)
    result = submit_and_collect(workbook, template)
    report(workbook, result)
    try:
        merge_workbook(folder / "missing.xlsx", template, settings=Settings(simulate=True))
    except MergeError as error:
        print(f"{type(error).__name__}: {error.message}. {error.hint}")
    return int(result.exit_code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
