"""A check that reads the sheet row by row, beside one that plans it as a run does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import xlsxwriter

from merge.checks.duplicates import DuplicateFinder, digest_of
from merge.reports.check import check_rows, verdicts_of
from merge.reports.check_summary import CheckReport
from merge.reports.packed_texts import CompressedTextList
from merge.run.session import plan_without_lock
from merge.settings import Selection, Settings
from tests.support.callables import Castmerge, MakeTemplate

Rows = list[list[object]]

PEOPLE: Rows = [
    ["ID", "Name", "Photo", "Amount"],
    [1, "Ana", "x", 5],
    [2, "Ben", "y", 6.5],
    [3, "", "z", 7],
    [],
    [4, "Cy <b>", "y", 8],
    [2, "Dee", "y", 9],
    ["", "Eve nan", "", 10],
    [1, "Ana", "x", 5],
    [1, "Ana", "x", 5],
    [5, "ana ", "other", 5],
    [6, "None", "", "#N/A"],
]


def book(path: Path, rows: Rows, *, table: bool = False) -> Path:
    """A workbook with one row that Excel hides and, where wanted, a Table over all rows but the last two."""
    written = xlsxwriter.Workbook(str(path))
    page = written.add_worksheet("People")
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    page.set_row(2, None, None, {"hidden": True})
    if table:
        page.add_table(
            0, 0, len(rows) - 3, len(rows[0]) - 1, {"columns": [{"header": str(name)} for name in rows[0]]}
        )
    written.close()
    return path


def told(verdicts: CheckReport) -> object:
    """All that a check tells."""
    summary = json.loads("".join(verdicts.summary(Path("people.xlsx"))))
    return summary, verdicts.tally, verdicts.exit_code


SELECTIONS = {
    "all": Selection(),
    "key": Selection(key=("ID",)),
    "two keys": Selection(key=("ID", "Name")),
    "some": Selection(rows="3-6,9", key=("ID",)),
    "condition": Selection(where="id == 2 or name == 'Ana'"),
    "visible": Selection(visible_only=True, key=("ID",)),
    "limit": Selection(limit=2),
    "pilot": Selection(pilot=2),
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
@pytest.mark.parametrize("table", [False, True], ids=["sheet", "table"])
def test_row_by_row_is_as_planned(
    tmp_path: Path, make_template: MakeTemplate, selection: Selection, table: bool
) -> None:
    """Counts, problems, warnings, keys and the exit code are the same on either way."""
    people = book(tmp_path / "people.xlsx", PEOPLE, table=table)
    template = make_template("<p>Hello {{ name }}, {{ amount }} are due.</p>")
    settings = Settings(selection=selection, max_videos=4 if selection.limit else None)
    planned = verdicts_of(plan_without_lock(people, template, settings), settings)

    assert told(check_rows(people, template, settings)) == told(planned)


def test_rows_out_of_order_are_refused(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """Results could not be written into such a sheet, so that it is said before anything is judged."""
    people, mixed = book(tmp_path / "people.xlsx", [["Name"], ["Ana"], ["Ben"]]), tmp_path / "mixed.xlsx"
    with ZipFile(people) as old, ZipFile(mixed, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = re.sub(rb'(<row r="2".*?</row>)(<row r="3".*?</row>)', rb"\2\1", content)
            new.writestr(part, content)
    ran = castmerge("check", mixed, "-t", make_template("<p>{{ name }}</p>"), "--json")

    assert ran.code == 2
    assert "rows are out of order" in ran.err


def test_many_rows_with_one_fault_are_told_in_few_words(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """All are counted, five are named, and the JSON has every one."""
    rows: Rows = [["ID", "Name"]]
    rows += [[number, ""] for number in range(3000)]
    people = book(tmp_path / "people.xlsx", rows)
    ran = castmerge("check", people, "-t", make_template("<p>{{ name }}</p>"), "--key", "ID", "--json")

    assert "People!B2, People!B3, People!B4, People!B5, People!B6 and 2,995 more: “Name” is blank." in ran.err
    assert [each["row"] for each in json.loads(ran.out)["problems"]] == list(range(2, 3002))


def test_many_rows_alike_take_no_longer_than_others(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Whoever names a key that is the same everywhere is told so at once, by five rows each."""
    rows: Rows = [["Country", "Name"]]
    rows += [["Spain", f"Person {number}"] for number in range(4000)]
    people, template = book(tmp_path / "people.xlsx", rows), make_template("<p>{{ name }}</p>")
    settings = Settings(selection=Selection(key=("Country",)))
    verdicts = check_rows(people, template, settings)
    [kind] = verdicts.refused.ordered

    assert kind.count == 4000
    assert kind.shown[0].problem.message == "rows 3, 4, 5, 6, 7 have the same Country"
    assert told(verdicts) == told(verdicts_of(plan_without_lock(people, template, settings), settings))


def test_packed_texts_come_back_as_they_were() -> None:
    """Whatever they hold, in pieces that are put together again."""
    texts = [json.dumps({"n": number, "text": "ä\ud83d" * (number % 7)}) for number in range(30_000)]
    packed = CompressedTextList()
    for text in texts:
        packed.add(text)

    assert packed.count == 30_000
    assert "".join(packed.pieces()) == ",".join(texts)
    assert "".join(CompressedTextList().pieces()) == ""


def test_twins_are_found_by_their_digests() -> None:
    """Groups come by their first rows; of long ones the first six rows are known."""
    twins = DuplicateFinder()
    for number in range(2, 40):
        twins.add(digest_of(str(number if number < 10 else number % 3)), number)

    assert [(numbers, count) for _, numbers, count in twins.groups()] == [
        ((2, 11, 14, 17, 20, 23), 11),
        ((10, 13, 16, 19, 22, 25), 10),
        ((12, 15, 18, 21, 24, 27), 10),
    ]


MEASURE = """
import re, sys
from merge.cli import castmerge
castmerge.main(["check", *sys.argv[1:], "--json"], standalone_mode=False)
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is told by Linux")
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Ten times the rows, each unlike the others, with a doubt in every third, take hardly more memory."""
    template = make_template("<p>Hello {{ name }}, {{ amount }} are due.</p>")
    peaks = []
    for count in (1_200, 12_000):
        rows: Rows = [["ID", "Name", "Amount"]]
        rows += [[number, f"Person {number}{' nan' * (number % 3 == 0)}", number] for number in range(count)]
        people = book(tmp_path / f"{count}.xlsx", rows)
        command = [sys.executable, "-c", MEASURE, str(people), "-t", str(template), "--key", "ID"]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
        assert len(json.loads(ran.stdout)["rows"]) == count
        peaks.append(int(ran.stderr.splitlines()[-1]))

    assert peaks[1] < 1.2 * peaks[0]
