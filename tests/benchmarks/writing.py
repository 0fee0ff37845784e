"""CPU seconds and memory of three new columns in a workbook: `python tests/benchmarks/writing.py`.

Beside openpyxl (load, write, save), excelize where it can be imported, and the floor: reading the sheet's
bytes and compressing them again, without a look at them. Each runs in a process of its own, start-up and the
making of the values included. `--rows 1000000` tries another size; ten minutes are the limit.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

HEADERS = ("Video ID", "Video Status", "Video Note")
NAMES = ("Name", "Town", "Plan", "Mail", "Phrase", "Count", "Ratio", "Amount", "Share", "Renewal")
SHEET = "xl/worksheets/sheet1.xml"
TOO_LONG = 600
AIMS = "Aims at 100,000 rows: a twentieth of openpyxl's CPU time or less, at most 5 times the floor's."


def make(path: Path, rows: int) -> None:
    """A workbook of ten columns: five of text, two plain numbers, an amount, a share, a date."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet()
    formats = [book.add_format({"num_format": code}) for code in ("$#,##0.00", "0.0%", "yyyy-mm-dd")]
    page.write_row(0, 0, NAMES)
    for row in range(1, rows + 1):
        texts = [f"Person {row}", f"Town {row % 97}", "Gold" if row % 3 else "Silver"]
        page.write_row(row, 0, [*texts, f"person{row}@example.com", f"A phrase & more: {row}", row, row / 7])
        for place, number in enumerate((row * 1.01, row % 100 / 100, 45_000 + row % 900)):
            page.write_number(row, 7 + place, number, formats[place])
    book.close()


def result(row: int) -> tuple[str, str, str]:
    """What is written into a row."""
    return f"65f1c0de{row:08x}", "Complete", f"Made with love & care for row {row}"


class Rows(Mapping[int, Mapping[str, str]]):
    """Results that are made when they are asked for, so that memory shows the writer's alone."""

    def __init__(self, count: int) -> None:
        self._numbers = range(2, count + 2)

    def __getitem__(self, row: int) -> Mapping[str, str]:
        video, status, note = result(row)
        return {"Video ID": video, "Video Status": status, "Video Note": note}

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def with_castmerge(path: Path, rows: int) -> None:
    """The one that is measured."""
    from merge.workbook import write_columns

    write_columns(path, sheet="Sheet1", header_row=1, rows=Rows(rows), columns=HEADERS)


def with_openpyxl(path: Path, rows: int) -> None:
    """Loads all, writes the cells, saves all."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    page = book["Sheet1"]
    for row, values in enumerate([HEADERS, *map(result, range(2, rows + 2))], start=1):
        for place, value in enumerate(values):
            page.cell(row, 11 + place, value)
    book.save(path)


def with_excelize(path: Path, rows: int) -> None:
    """Likewise, in Go."""
    import excelize

    book = excelize.open_file(str(path))
    for row, values in enumerate([HEADERS, *map(result, range(2, rows + 2))], start=1):
        book.set_sheet_row("Sheet1", f"K{row}", list(values))
    book.save()
    book.close()


def floor(path: Path, _rows: int) -> None:
    """The sheet's bytes out of the package and, compressed, into a file."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    with (
        zipfile.ZipFile(path) as archive,
        archive.open(SHEET) as sheet,
        path.with_suffix(".raw").open("wb") as to,
    ):
        while chunk := sheet.read(1 << 19):
            to.write(deflate.compress(chunk))
        to.write(deflate.flush())


WAYS: Mapping[str, Callable[[Path, int], None]] = {
    "floor": floor,
    "castmerge": with_castmerge,
    "excelize": with_excelize,
    "openpyxl": with_openpyxl,
}


def measured(way: str, path: Path, rows: int) -> tuple[float, float] | None:
    """CPU seconds and MiB at their highest, in a process of its own; None where it did not finish."""
    command = [sys.executable, __file__, "--way", way, "--file", str(path), "--rows", str(rows)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TOO_LONG)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    seconds, memory = ran.stdout.split()
    return float(seconds), float(memory)


def compare(rows: int, folder: Path) -> None:
    """Prints a line for each way at this size."""
    original = folder / f"{rows}.xlsx"
    make(original, rows)
    found: dict[str, tuple[float, float]] = {}
    for way in WAYS:
        if way == "excelize" and importlib.util.find_spec(way) is None:
            print(f"{rows:>9,}  {way:<10} left out: it is not installed (pip install excelize)")
            continue
        copy = folder / "copy.xlsx"
        shutil.copyfile(original, copy)
        facts = measured(way, copy, rows)
        if facts is None:
            print(f"{rows:>9,}  {way:<10} did not finish")
            continue
        found[way] = facts
        ratio = facts[0] / found["floor"][0] if "floor" in found else 0.0
        print(
            f"{rows:>9,}  {way:<10} {facts[0]:8.2f} s CPU {facts[1]:8.0f} MiB {ratio:8.1f} × floor",
            flush=True,
        )
    if {"castmerge", "openpyxl"} <= found.keys():
        times = found["openpyxl"][0] / found["castmerge"][0]
        print(f"{rows:>9,}  openpyxl takes {times:.1f} times castmerge's CPU time")


def main() -> None:
    """Compares at each size; with `--way`, runs one way and prints what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    options.add_argument("--way", choices=WAYS)
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    if chosen.way:
        WAYS[chosen.way](chosen.file, chosen.rows[0])
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        return
    with TemporaryDirectory() as folder:
        for rows in chosen.rows:
            compare(rows, Path(folder))
    print(AIMS)


if __name__ == "__main__":
    main()
