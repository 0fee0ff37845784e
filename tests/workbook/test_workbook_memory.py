"""Memory use doesn't grow with the sheet, measured as the peak of real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.sample_workbooks import make, sheet_xml

STATUS = Path("/proc/self/status")
FEW, MANY = 500, 15_000
WRITE = """
from collections.abc import Mapping
from merge.model import Link
from merge.workbook import write_columns

class Results(Mapping):
    def __getitem__(self, row):
        url = Link(f"https://videos.example/{row:040d}") if row % 20 == 0 else ""
        return {"Video ID": f"id-{row}", "Video URL": url, "Video Note": f"A note that is of row {row}"}
    def __iter__(self):
        return iter(range(2, rows + 1))
    def __len__(self):
        return rows - 1

write_columns(path, sheet="Sheet1", header_row=1, rows=Results())
"""
READ = """
from pathlib import Path
from merge.workbook.read.worksheet import stream_rows
assert sum(len(row.cells) for row in stream_rows(Path(path))) == 10 * rows
"""
HIGHEST = """
from pathlib import Path
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")))
"""


def sheet(rows: int) -> str:
    """Ten columns of text; the largest sheet is about 10 MB."""
    lines = (
        f'<row r="{row}">'
        + "".join(f'<c r="{it}{row}" t="inlineStr"><is><t>Text {it}{row}</t></is></c>' for it in "ABCDEFGHIJ")
        + "</row>"
        for row in range(1, rows + 1)
    )
    return sheet_xml("".join(lines))


def highest(code: str, path: Path, rows: int) -> float:
    """The peak memory in MiB of a process that runs this code."""
    command = [sys.executable, "-c", f"path, rows = {str(path)!r}, {rows}\n{code}\n{HIGHEST}"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return int(ran.stdout) / 1024


@pytest.mark.long
@pytest.mark.skipif(not STATUS.exists(), reason="the system doesn't report how much memory a process took")
@pytest.mark.parametrize(("code", "more"), [(WRITE, 12), (READ, 4)], ids=["write", "read"])
def test_memory_does_not_grow_with_the_sheet(tmp_path: Path, code: str, more: int) -> None:
    """Thirty times the rows add a few MiB (buffers and links when writing), not thirty times the memory."""
    few = highest(code, make(tmp_path / "few.xlsx", sheet(FEW)), FEW)
    many = highest(code, make(tmp_path / "many.xlsx", sheet(MANY)), MANY)
    assert many - few < more
    assert many < 60
