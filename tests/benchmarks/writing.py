"""CPU seconds, wall seconds and memory of adding columns to a workbook: `python tests/benchmarks/writing.py`.

Compared with openpyxl (load, write, save), with excelize if it can be imported, and with two lower bounds:
decompressing and recompressing the sheet without parsing it, by zlib (level 1) and by isal, which castmerge
uses. Each runs in its own process, including start-up and the creation of the values; the fastest of three
runs counts, or the only one of openpyxl, paper-xlsx and excelize. `--million` adds 1,000,000 rows, without
openpyxl and excelize, which would need 5 and 15 GiB. `--links` writes castmerge's five columns, with links,
dates and colors, instead of three columns of text; then they are also written again with other values.
paper-xlsx is measured in an environment of its own, because it takes the place of openpyxl.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import NamedTuple, TypeAlias

NAMES = ("Name", "Town", "Plan", "Mail", "Phrase", "Count", "Ratio", "Amount", "Share", "Renewal")
SHEET = "xl/worksheets/sheet1.xml"
TOO_LONG = 600
MILLION = 1_000_000
AT = 100_000
"""The number of rows from which openpyxl is compared with the aim: start-up doesn't count any more."""
LEAST_GAIN, MOST_FLOORS, MOST_MEMORY = 20, 6, 60
PAPER = Path(gettempdir()) / "castmerge-benchmark-paper-xlsx"
AGAIN = "castmerge, again"
WHEN = datetime(2026, 11, 22, 10, 30)

Values: TypeAlias = Mapping[str, str | datetime]


class Facts(NamedTuple):
    """The figures of a run: CPU seconds, wall seconds, peak memory in MiB."""

    cpu: float
    wall: float
    memory: float


def make(path: Path, rows: int) -> None:
    """A workbook of ten columns: five of text, two plain numbers, an amount, a percentage, a date."""
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


def plain(row: int) -> Values:
    """Three texts."""
    return {
        "Video ID": f"65f1c0de{row:08x}",
        "Video Status": "Complete",
        "Video Note": f"Made with love & care for row {row}",
    }


def full(row: int) -> Values:
    """Castmerge's own columns; "Video URL" becomes a link, or text in other programs."""
    return {
        "Video ID": f"65f1c0de{row:08x}",
        "Video Status": "Complete",
        "Video URL": f"https://videos.example/{row:08x}.mp4?signature={row * 7919}&expires=1",
        "Video Note": "",
        "Video Updated": WHEN,
    }


def with_castmerge(path: Path, rows: int, result: Callable[[int], Values]) -> None:
    """The measured one; values are created on demand, so that only its own memory counts."""
    from merge.model import Link, ResultValue
    from merge.sheet.result_columns import WATCH, ResultHeaders
    from merge.workbook import write_columns

    class Rows(Mapping[int, Mapping[str, ResultValue]]):
        def __getitem__(self, row: int) -> Mapping[str, ResultValue]:
            values = result(row)
            return (
                {**values, "Video URL": Link(str(values["Video URL"]), WATCH)}
                if "Video URL" in values
                else values
            )

        def __iter__(self) -> Iterator[int]:
            return iter(range(2, rows + 2))

        def __len__(self) -> int:
            return rows

    colors = ResultHeaders.with_prefix().colors if result is not plain else {}
    write_columns(path, sheet="Sheet1", header_row=1, rows=Rows(), columns=tuple(result(2)), colors=colors)


def again_with_castmerge(path: Path, rows: int, result: Callable[[int], Values]) -> None:
    """Write other values over the first ones."""
    with_castmerge(path, rows, lambda row: result(row + 500))


def with_openpyxl(path: Path, rows: int, result: Callable[[int], Values]) -> None:
    """Load everything, write the cells, save everything."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    page = book["Sheet1"]
    for place, header in enumerate(result(2), start=11):
        page.cell(1, place, header)
    for row in range(2, rows + 2):
        for place, (header, value) in enumerate(result(row).items(), start=11):
            cell = page.cell(row, place, value)
            if header == "Video URL" and row < 65_530:
                cell.hyperlink = str(value)
    book.save(path)


def with_excelize(path: Path, rows: int, result: Callable[[int], Values]) -> None:
    """The same in Go, without links."""
    import excelize

    book = excelize.open_file(str(path))
    book.set_sheet_row("Sheet1", "K1", list(result(2)))
    for row in range(2, rows + 2):
        book.set_sheet_row("Sheet1", f"K{row}", list(result(row).values()))
    book.save()
    book.close()


def floor_zlib(path: Path, _rows: int, _result: Callable[[int], Values]) -> None:
    """Decompress the sheet from the package and compress it into a file."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    with (
        zipfile.ZipFile(path) as archive,
        archive.open(SHEET) as sheet,
        path.with_suffix(".raw").open("wb") as to,
    ):
        while chunk := sheet.read(1 << 19):
            to.write(deflate.compress(chunk))
        to.write(deflate.flush())


def floor_isal(path: Path, _rows: int, _result: Callable[[int], Values]) -> None:
    """The same with isal."""
    from isal import isal_zlib

    deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -zlib.MAX_WBITS)
    inflate = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    with (
        zipfile.ZipFile(path) as archive,
        path.open("rb") as packed,
        path.with_suffix(".raw").open("wb") as to,
    ):
        member = archive.getinfo(SHEET)
        packed.seek(member.header_offset + 30 + len(member.filename))
        left = member.compress_size
        while left:
            chunk = packed.read(min(left, 1 << 16))
            left -= len(chunk)
            to.write(deflate.compress(inflate.decompress(chunk)))
        to.write(deflate.flush())


WAYS: Mapping[str, Callable[[Path, int, Callable[[int], Values]], None]] = {
    "floor": floor_zlib,
    "floor, isal": floor_isal,
    "castmerge": with_castmerge,
    AGAIN: again_with_castmerge,
    "excelize": with_excelize,
    "openpyxl": with_openpyxl,
    "paper-xlsx": with_openpyxl,
}
SLOW = ("excelize", "openpyxl", "paper-xlsx")


def paper_python() -> Path | None:
    """Python in an environment with paper-xlsx, which is made once; None if it can't be had."""
    python = PAPER / "bin" / "python"
    if not python.exists():
        made = (
            [sys.executable, "-m", "venv", str(PAPER)],
            [str(python), "-m", "pip", "install", "--quiet", "paper-xlsx"],
        )
        if any(subprocess.run(command, capture_output=True, check=False).returncode for command in made):
            shutil.rmtree(PAPER, ignore_errors=True)
            return None
    return python


def measured(way: str, path: Path, rows: int, *, links: bool) -> Facts | None:
    """The figures of a separate process, or None if it didn't finish."""
    python = paper_python() if way == "paper-xlsx" else Path(sys.executable)
    command = [str(python), __file__, "--way", way, "--file", str(path), "--rows", str(rows)]
    started = time.perf_counter()
    try:
        ran = subprocess.run(
            [*command, "--links"] if links else command,
            capture_output=True,
            text=True,
            check=True,
            timeout=TOO_LONG,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    seconds, memory = ran.stdout.split()
    return Facts(float(seconds), time.perf_counter() - started, float(memory))


def left_out(way: str, rows: int) -> str:
    """Why a way isn't measured, or ""."""
    if way in SLOW and rows >= MILLION:
        return "left out: it needs gigabytes"
    if way == "paper-xlsx" and paper_python() is None:
        return "left out: it can't be installed here"
    if way == "excelize" and importlib.util.find_spec(way) is None:
        return "left out: it is not installed (pip install excelize; it is only compared with)"
    if way == "floor, isal" and importlib.util.find_spec("isal") is None:
        return "left out: isal is not installed"
    return ""


def compare(rows: int, folder: Path, *, links: bool) -> dict[str, Facts]:
    """Print a line for each way at this size."""
    original = folder / f"{rows}.xlsx"
    make(original, rows)
    found: dict[str, Facts] = {}
    copy, written = folder / "copy.xlsx", folder / "written.xlsx"
    for way in WAYS:
        if way == AGAIN and not links:
            continue
        reason = left_out(way, rows)
        if reason:
            print(f"{rows:>9,}  {way:<12} {reason}")
            continue
        runs: list[Facts] = []
        for _ in range(1 if way in SLOW else 3):
            shutil.copyfile(written if way == AGAIN else original, copy)
            facts = measured(way, copy, rows, links=links)
            runs += [facts] if facts else []
        if not runs:
            print(f"{rows:>9,}  {way:<12} did not finish")
            continue
        found[way] = best = min(runs)
        if way == "castmerge":
            shutil.copyfile(copy, written)
        line = f"{best.cpu:8.2f} s CPU {best.wall:8.2f} s {best.memory:7.0f} MiB"
        print(f"{rows:>9,}  {way:<12} {line} {best.cpu / found['floor'].cpu:7.1f} × floor", flush=True)
    return found


def print_targets(rows: int, found: Mapping[str, Facts]) -> None:
    """Print whether the targets are met."""
    ours = found["castmerge"]
    floors = {way: ours.cpu / facts.cpu for way, facts in found.items() if way.startswith("floor")}
    aims = [(f"at most {MOST_MEMORY} MiB", ours.memory, ours.memory <= MOST_MEMORY, "MiB")]
    aims.append(
        (f"at most {MOST_FLOORS} times the floor", floors["floor"], floors["floor"] <= MOST_FLOORS, "times")
    )
    if AGAIN in found:
        times, memory = found[AGAIN].cpu / found["floor"].cpu, found[AGAIN].memory
        aims.append((f"again, at most {MOST_FLOORS} times the floor", times, times <= MOST_FLOORS, "times"))
        aims.append((f"again, at most {MOST_MEMORY} MiB", memory, memory <= MOST_MEMORY, "MiB"))
    for other in ("openpyxl", "paper-xlsx"):
        if other in found and rows >= AT:
            gain = found[other].cpu / ours.cpu
            aims.append(
                (f"{other} takes at least {LEAST_GAIN} times as long", gain, gain >= LEAST_GAIN, "times")
            )
    for aim, figure, met, unit in aims:
        print(f"{rows:>9,}  {'met    ' if met else 'not met'} {aim}: {figure:.1f} {unit}")


def main() -> None:
    """Compare at each size; with `--way`, run one way and print its figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[1_000, 10_000, AT])
    options.add_argument("--million", action="store_true", help="1,000,000 rows too")
    options.add_argument("--links", action="store_true", help="the five result columns")
    options.add_argument("--way", choices=WAYS)
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    if chosen.way:
        WAYS[chosen.way](chosen.file, chosen.rows[0], full if chosen.links else plain)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
        return
    with TemporaryDirectory() as folder:
        for rows in [*chosen.rows, *([MILLION] if chosen.million else [])]:
            found = compare(rows, Path(folder), links=chosen.links)
            if {"castmerge", "floor"} <= found.keys():
                print_targets(rows, found)


if __name__ == "__main__":
    main()
