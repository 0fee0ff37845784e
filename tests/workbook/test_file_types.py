from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.workbook import check_columns, open_package, write_columns
from merge.workbook.read.worksheet import read_worksheet
from tests.support.callables import Castmerge, MakeTemplate
from tests.support.sample_workbooks import SHEET, TWO_ROWS, grid, make, relations, sheet_xml

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
SHORTCUT = b'{"url":"https://docs.google.com/open?id=1","doc_id":"1","email":"ana@example.com"}'
PACKED = {
    "ods": {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"},
    "numbers": {"Index/Document.iwa": "x", "Metadata/Properties.plist": "x"},
    "zip": {"people/people.xlsx": "x"},
    "docx": {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("a", "officeDocument", "d.xml")),
        "d.xml": "<w:document xmlns:w='urn:w'/>",
    },
}


def packed(path: Path, parts: Mapping[str, str]) -> Path:
    """A zip file with these members."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "reason", "hint"),
    [
        pytest.param("a.xls", OLE + "Workbook".encode("utf-16-le"), "(.xls)", "File > Save As", id="xls"),
        pytest.param("a.xls", b"\x09\x08\x10\0\0\x06", "(.xls)", "File > Save As", id="very old xls"),
        pytest.param("a.doc", OLE + "WordDocument".encode("utf-16-le"), "Word", "workbook", id="doc"),
        pytest.param(
            "a.ppt", OLE + "PowerPoint Document".encode("utf-16-le"), "PowerPoint", "xlsx", id="old slides"
        ),
        pytest.param("a.msg", OLE + b"mail", "not a workbook", "workbook", id="another container"),
        pytest.param("a.gsheet", SHORTCUT, "shortcut to Google Sheets", "File > Download", id="gsheet"),
        pytest.param("a.pdf", b"%PDF-1.7\n%\xe2\xe3", "PDF", "made from", id="pdf"),
        pytest.param("a.rtf", b"{\\rtf1", "RTF", "workbook", id="rtf"),
        pytest.param("a.png", b"\x89PNG\r\n\x1a\n\0", "picture", "workbook", id="png"),
        pytest.param("a.xlsx", b"", "empty", "cloud folder", id="empty"),
        pytest.param("a.xlsx", b"Name;Age\nAna;7\n", "text file", "ends in .csv", id="text"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_workbook_is_named_with_a_hint(
    castmerge: Castmerge,
    make_template: MakeTemplate,
    tmp_path: Path,
    name: str,
    content: bytes,
    reason: str,
    hint: str,
) -> None:
    """Exit code 2, one line that says what the file contains, and one with the next step."""
    path = tmp_path / name
    path.write_bytes(content)
    ran = castmerge("run", path, "-t", make_template(), "--simulate")
    message, what_to_do = ran.err.splitlines()
    assert (ran.code, reason in message, hint in what_to_do) == (2, True, True), ran.err


@pytest.mark.parametrize(
    ("kind", "reason", "hint"),
    [
        pytest.param("ods", "OpenDocument", "In LibreOffice, use File > Save As", id="ods"),
        pytest.param("numbers", "Numbers", "File > Export To > Excel", id="numbers"),
        pytest.param("zip", "zip file with people/people.xlsx in it", "Unpack it", id="zip"),
        pytest.param("docx", "its main part is a document", "workbook", id="docx"),
    ],
)
def test_packages_of_other_programs_are_named(tmp_path: Path, kind: str, reason: str, hint: str) -> None:
    """Documents of other programs are zip files too, but not workbooks."""
    path = packed(tmp_path / f"a.{kind}", PACKED[kind])
    with pytest.raises(WorkbookError, match=reason) as caught:
        open_package(path)
    assert hint in caught.value.hint


def test_the_most_similar_name_is_suggested(tmp_path: Path) -> None:
    """The message suggests the workbook in the folder with the most similar name, or lists them all."""
    for name in ("customers.xlsx", "prices.csv", "~$customers.xlsx", ".hidden.xlsx", "notes.txt"):
        (tmp_path / name).touch()

    def hint(name: str) -> str:
        with pytest.raises(WorkbookError) as caught:
            open_package(tmp_path / name)
        return caught.value.hint

    assert hint("custmers.xlsx") == f"Did you mean {tmp_path / 'customers.xlsx'}?"
    assert hint("Customers") == f"Did you mean {tmp_path / 'customers.xlsx'}?"
    assert hint("else.xlsx") == "Check the name. The folder has customers.xlsx, prices.csv."
    assert hint("none/else.xlsx").startswith("There's no folder")
    assert hint("").startswith("Use the workbook inside it: ")
    (tmp_path / "empty").mkdir()
    assert hint("empty/a.xlsx") == "Check the name and the folder."
    assert hint("empty") == "Choose a workbook"


WIDE = '<dimension ref="A1:XFD1048576"/><cols><col min="1" max="1048576" width="9"/></cols>'


def test_a_million_empty_columns_are_ignored(tmp_path: Path) -> None:
    """Unbounded ranges and formatted blanks up to the last column leave room to the right of the data."""
    blanks = "".join(f'<c r="{letters}2" s="1"/>' for letters in ("B", "C", "XFD"))
    rows = TWO_ROWS.replace("</c></row>", f"</c>{blanks}</row>").replace(
        f"{blanks}</row><row", "</row><row", 1
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, before=WIDE))
    written = write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video ID": "id-1"}})
    assert written.columns == {"Video ID": 2}
    assert grid(path)[2, 2] == "id-1"
    assert len(read_worksheet(path).rows) == 2


def test_a_row_wider_than_a_sheet_is_refused(tmp_path: Path) -> None:
    """No sheet can have that many columns; nothing is written, and memory use stays low."""
    path = make(tmp_path / "a.xlsx", sheet_xml(f'<row r="1">{"<c><v>1</v></c>" * 17_000}</row>'))
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=r"no room|no sheet has|columns|beyond column XFD"):
        check_columns(path, sheet="Sheet1", header_row=1, columns=["Video ID"])
    assert path.read_bytes() == before


BOMB = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (360 << 20, 360 << 20))
from merge.errors import WorkbookError
from merge.workbook import write_columns
try:
    write_columns(sys.argv[1], sheet="Sheet1", header_row=1, rows={2: {"A": "x"}})
except WorkbookError as error:
    print(error.message)
"""


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        pytest.param(None, "would unpack to 300 MB", id="declares its real size"),
        pytest.param(1000, "damaged", id="declares a small size"),
    ],
)
def test_a_zip_bomb_does_not_use_up_memory(tmp_path: Path, declared: int | None, reason: str) -> None:
    """A part of blanks that unpacks a thousandfold is refused, whatever size the directory declares."""
    workbook = bomb(tmp_path, declared)
    ran = subprocess.run([sys.executable, "-c", BOMB, workbook], capture_output=True, text=True, check=True)
    assert reason in ran.stdout, ran.stdout + ran.stderr


def bomb(folder: Path, declared: int | None) -> Path:
    """A workbook whose sheet is 300 MB of blanks; `declared` replaces the size in its directory."""
    path = make(folder / "bomb.xlsx", None, {SHEET: None})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(SHEET, "w") as part:
        for _ in range(30):
            part.write(b" " * 10_000_000)
    if declared is not None:
        content = bytearray(path.read_bytes())
        record = content.rfind(SHEET.encode()) - 46
        content[record + 24 : record + 28] = declared.to_bytes(4, "little")
        path.write_bytes(content)
    return path
