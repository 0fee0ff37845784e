"""Time and memory of reading two of ten columns: `python tests/benchmarks/reading.py`.

Compared with openpyxl (read-only, values) and calamine, for all columns and for two. Each runs in its own
process, including start-up. Unlike castmerge, openpyxl and calamine don't return number formats here.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

COLUMNS = (1, 8)


def make(path: Path, rows: int, *, shared: bool) -> None:
    """A workbook of ten columns, with its texts in the sheet or in shared strings."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": not shared})
    page = book.add_worksheet()
    amount = book.add_format({"num_format": "$#,##0.00"})
    for row in range(rows):
        texts = [f"Person {row}", f"Town {row % 97}", "Gold", f"person{row}@example.com", f"A phrase: {row}"]
        page.write_row(row, 0, [*texts, row, row / 7])
        for place in range(7, 10):
            page.write_number(row, place, row * 1.01, amount)
    book.close()


def castmerge_two(path: Path) -> int:
    """Read two columns as a stream."""
    from merge.workbook.read.worksheet import stream_rows

    return sum(len(row.cells) for row in stream_rows(path, columns=COLUMNS))


def castmerge_all(path: Path) -> int:
    """Read all columns as a stream."""
    from merge.workbook.read.worksheet import stream_rows

    return sum(len(row.cells) for row in stream_rows(path))


def castmerge_whole(path: Path) -> int:
    """Read the whole worksheet at once."""
    from merge.workbook.read.worksheet import read_worksheet

    return sum(len(row.cells) for row in read_worksheet(path).rows)


def with_openpyxl(path: Path) -> int:
    """Read all columns as a stream."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return sum(len(row) for row in book.worksheets[0].iter_rows(values_only=True))


def with_calamine(path: Path) -> int:
    """Read all columns; calamine keeps the whole sheet in memory."""
    from python_calamine import CalamineWorkbook

    return sum(len(row) for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


WAYS: Mapping[str, Callable[[Path], int]] = {
    "stream_rows, 2 columns": castmerge_two,
    "stream_rows, all": castmerge_all,
    "read_worksheet": castmerge_whole,
    "openpyxl read-only": with_openpyxl,
    "calamine": with_calamine,
}


def make_apart(path: Path, rows: int, *, shared: bool) -> None:
    """Make the workbook in a separate process, whose memory would otherwise count for its children."""
    command = [sys.executable, __file__, "--make", str(rows), "--file", str(path)]
    subprocess.run([*command, "--shared"] if shared else command, check=True)


def measured(way: str, path: Path) -> str:
    """CPU seconds and peak memory in MiB of a separate process."""
    command = [sys.executable, __file__, "--way", way, "--file", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Print a line for each way at each size; with `--way`, run one way and print its figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    options.add_argument("--shared", action="store_true", help="texts are shared, as Excel writes them")
    options.add_argument("--way", choices=WAYS)
    options.add_argument("--file", type=Path)
    options.add_argument("--make", type=int)
    chosen = options.parse_args()
    if chosen.make:
        make(chosen.file, chosen.make, shared=chosen.shared)
        return
    if chosen.way:
        cells = WAYS[chosen.way](chosen.file)
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        print(f"{seconds:8.2f} s CPU {memory:8.0f} MiB {cells:>12,} cells")
        return
    with TemporaryDirectory() as folder:
        for rows in chosen.rows:
            path = Path(folder) / f"{rows}.xlsx"
            make_apart(path, rows, shared=chosen.shared)
            found = {}
            for way in WAYS:
                found[way] = measured(way, path)
                print(f"{rows:>9,}  {way:<24}{found[way]}", flush=True)
            gain = float(found["openpyxl read-only"].split()[0]) / float(found["stream_rows, all"].split()[0])
            word = "met    " if gain >= 1 else "not met"
            print(f"{rows:>9,}  {word} read all columns as fast as openpyxl: {gain:.2f} times")


if __name__ == "__main__":
    main()
