from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from merge.model import Fingerprint, RowKey
from merge.plan.approval import ALPHABET, ApprovalCheck, Made, approval_code, check_code, read_code
from merge.services.simulator import Simulator
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

TEMPLATE = b'{"name": "Hello"}'
_MADE = st.builds(
    lambda key, project: (RowKey(key), Fingerprint(project)),
    st.text(max_size=4),
    st.text("0123456789abcdef", max_size=4),
)
_SETS = st.lists(_MADE, max_size=6, unique=True)


def _rows(*names: str) -> list[Made]:
    return [(RowKey(name), Fingerprint(f"project of {name}")) for name in names]


@given(_SETS, st.binary(max_size=8))
def test_the_code_does_not_depend_on_the_order(rows: list[Made], template: bytes) -> None:
    """A sorted sheet has the same code."""
    assert approval_code(rows, template) == approval_code(reversed(rows), template)
    assert approval_code(sorted(rows), template) == approval_code(rows, template)


@given(_SETS, _SETS, st.binary(max_size=8), st.binary(max_size=8))
def test_the_code_changes_with_any_change(
    one: list[Made], other: list[Made], first: bytes, second: bytes
) -> None:
    """Different rows or another template have a different code."""
    assume((set(one), first) != (set(other), second))
    assert approval_code(one, first) != approval_code(other, second)


@given(_SETS)
def test_a_code_is_easy_to_read(rows: list[Made]) -> None:
    """It has eight letters in two halves, none of which looks like another."""
    code = approval_code(rows, TEMPLATE)
    assert (len(code), code[4]) == (9, "-")
    assert set(code) <= set(ALPHABET) | {"-"}
    assert read_code(code.lower().replace("-", " ")) == code


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        pytest.param("k7f3-9x2m", "K7F3-9X2M", id="small letters"),
        pytest.param(" K7F39X2M ", "K7F3-9X2M", id="without its hyphen"),
        pytest.param("K7F3–9X2M", "K7F3-9X2M", id="a dash from a mail program"),
        pytest.param("KOIL-9X2M", "K011-9X2M", id="letters that look like digits"),
        pytest.param("K7F3-9X2", None, id="too short"),
        pytest.param("K7F3-9X2U", None, id="a letter that codes never contain"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_code_may_be_typed_carelessly(typed: str, read: str | None) -> None:
    """Case, spaces, hyphens and common typing mistakes don't matter."""
    assert read_code(typed) == read


@pytest.mark.parametrize(
    ("to_make", "made", "result"),
    [
        pytest.param(_rows("Ana", "Ben", "Cem"), [], ApprovalCheck.APPROVED, id="nothing is submitted yet"),
        pytest.param(_rows("Cem"), _rows("Ben", "Ana"), ApprovalCheck.APPROVED, id="interrupted"),
        pytest.param(
            _rows("Cem"),
            _rows("Ben", "Ana", "Old"),
            ApprovalCheck.APPROVED,
            id="interrupted, with earlier videos",
        ),
        pytest.param([], _rows("Cem", "Ben", "Ana"), ApprovalCheck.APPROVED, id="all submitted"),
        pytest.param(_rows("Ana", "Ben"), [], ApprovalCheck.OTHER_ROWS, id="one row fewer"),
        pytest.param(_rows("Ana", "Ben", "Cem", "Dora"), [], ApprovalCheck.OTHER_ROWS, id="one row more"),
        pytest.param(
            _rows("Cem"), _rows("Old", "Ben", "Ana"), ApprovalCheck.OTHER_ROWS, id="another change in between"
        ),
    ],
)
def test_an_interrupted_run_may_continue(
    to_make: list[Made], made: list[Made], result: ApprovalCheck
) -> None:
    """Videos that the approved run has submitted count; earlier ones don't."""
    code = approval_code(_rows("Ana", "Ben", "Cem"), TEMPLATE)
    assert check_code(code, to_make, made, TEMPLATE) is result


def test_the_message_distinguishes_changed_rows_from_a_changed_template() -> None:
    """The last letters of a code depend only on the template."""
    code = approval_code(_rows("Ana"), TEMPLATE)
    assert check_code(code, _rows("Ben"), [], TEMPLATE) is ApprovalCheck.OTHER_ROWS
    assert check_code(code, _rows("Ana"), [], TEMPLATE + b" ") is ApprovalCheck.OTHER_TEMPLATE
    assert check_code("no code", _rows("Ana"), [], TEMPLATE) is ApprovalCheck.UNREADABLE


class Campaign:
    """A workbook, its template, and the code of its proof."""

    def __init__(self, castmerge: Castmerge, workbook: Path, template: Path) -> None:
        self._castmerge = castmerge
        self.workbook = workbook
        self.template = template
        self.code = self.prove()

    def prove(self) -> str:
        """Create a proof and return its code."""
        page = self.workbook.with_name("proof.html")
        ran = self._castmerge("proof", self.workbook, "-t", self.template, "--simulate", "-o", page, "--json")
        return str(json.loads(ran.out)["approval"])

    def run(self, code: str) -> tuple[int, str]:
        """Run with this code and return the exit code and the messages."""
        quick = ("--simulate", "--simulate-seconds", "0.2", "--approved", code)
        ran = self._castmerge("run", self.workbook, "-t", self.template, *quick)
        return ran.code, ran.err

    def edit(self, *rows: tuple[str, str]) -> None:
        """Replace the rows below the headers."""
        book = openpyxl.load_workbook(self.workbook)
        sheet = book["People"]
        sheet.delete_rows(2, sheet.max_row)
        for row in rows:
            sheet.append(row)
        book.save(self.workbook)


@pytest.fixture
def campaign(castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Campaign:
    """Three rows with a proof."""
    workbook = make_workbook([["Id", "Name"], ["1", "Ana"], ["2", "Ben"], ["3", "Cem"]])
    return Campaign(castmerge, workbook, make_template())


def test_approved_rows_are_made_exactly_once(campaign: Campaign) -> None:
    """A run with its code succeeds; the same command again does nothing and reports no error."""
    assert campaign.run(campaign.code)[0] == 0
    assert campaign.run(campaign.code)[0] == 0


def test_a_sorted_sheet_is_still_approved(campaign: Campaign) -> None:
    """The order of rows isn't part of the approval."""
    campaign.edit(("3", "Cem"), ("1", "Ana"), ("2", "Ben"))
    assert campaign.run(campaign.code)[0] == 0


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((("1", "Anna"), ("2", "Ben"), ("3", "Cem")), id="a cell"),
        pytest.param((("1", "Ana"), ("2", "Ben"), ("3", "Cem"), ("4", "Dora")), id="one row more"),
        pytest.param((("1", "Ana"), ("2", "Ben")), id="one row fewer"),
        pytest.param((("1", "Ana"), ("2", "Ben"), ("3", "#N/A")), id="a cell with an error"),
    ],
)
def test_changed_rows_are_refused(campaign: Campaign, rows: tuple[tuple[str, str], ...]) -> None:
    """Nothing is sent, the workbook isn't changed, and the message has a next step."""
    campaign.edit(*rows)
    before = campaign.workbook.read_bytes()
    code, message = campaign.run(campaign.code)
    assert (code, campaign.workbook.read_bytes() == before) == (2, True)
    assert "aren't the rows that were approved" in message
    assert "Make a new proof" in message
    assert campaign.run(campaign.prove())[0] in (0, 1)


def test_a_changed_template_is_refused(campaign: Campaign) -> None:
    """The template is part of what was approved."""
    campaign.template.write_text(campaign.template.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    code, message = campaign.run(campaign.code)
    assert (code, "doesn't match this template" in message) == (2, True)


@pytest.mark.parametrize("code", ["K7F3-9X2M", "yes"])
def test_a_wrong_code_is_refused(campaign: Campaign, code: str) -> None:
    """Neither a code of other rows nor a mistyped one is accepted."""
    assert campaign.run(code)[0] == 2


def test_options_that_differ_from_the_proof_are_refused(castmerge: Castmerge, campaign: Campaign) -> None:
    """Fewer rows or another resolution would be different from what was shown."""
    for other in (("--limit", "2"), ("--resolution", "4k")):
        ran = castmerge(
            "run",
            campaign.workbook,
            "-t",
            campaign.template,
            "--simulate",
            "--approved",
            campaign.code,
            *other,
        )
        assert ran.code == 2, other


def test_a_killed_run_continues_with_its_code(
    campaign: Campaign, simulator: Simulator, service_environment: Mapping[str, str], castmerge: Castmerge
) -> None:
    """The videos it had submitted count as approved, and nothing is made twice."""
    code = castmerge(
        "proof",
        campaign.workbook,
        "-t",
        campaign.template,
        "--json",
        "-o",
        campaign.workbook.with_name("p.html"),
    ).out
    approved = str(json.loads(code)["approval"])
    quick = [
        "--first-look",
        "0.2",
        "--poll-min",
        "0.2",
        "--poll-max",
        "0.5",
        "--longest-export",
        "0.05",
        "--resubmit-in-doubt",
    ]
    run = [
        sys.executable,
        "-m",
        "merge",
        "run",
        str(campaign.workbook),
        "-t",
        str(campaign.template),
        "--yes",
    ]
    command = [*run, "--base-url", simulator.base_url, "--approved", approved, "--at-once", "1", *quick]
    killed = subprocess.Popen(
        [*command, "--events", "-"], env=service_environment, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout
    for line in killed.stdout:
        if '"Submitted"' in line:
            break
    killed.kill()
    killed.communicate()
    again = subprocess.run(command, env=service_environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    header, *rows = openpyxl.load_workbook(campaign.workbook)["People"].iter_rows(values_only=True)
    assert [row[header.index("Video Status")] for row in rows] == ["Complete"] * 3
    assert len({row[header.index("Video ID")] for row in rows}) == 3


def test_a_copy_of_the_workbook_has_the_same_code(
    castmerge: Castmerge, campaign: Campaign, tmp_path: Path
) -> None:
    """The code depends on the videos, not on where the files are."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copies = [Path(shutil.copy(path, folder)) for path in (campaign.workbook, campaign.template)]
    assert Campaign(castmerge, *copies).code == campaign.code
