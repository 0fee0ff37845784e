from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from merge.errors import WorkbookError
from merge.input.open_sheet import open_sheet
from merge.input.template_file import read_pronunciation
from merge.model import SheetVideos
from merge.plan.plan import make_plan
from merge.settings import Settings
from merge.template.filters import FilterSet, Pronunciation, pronunciation
from tests.support.callables import MakeTemplate, MakeWorkbook

WORDS = pronunciation(
    [
        ("Word", "How it is said"),
        ("SQL", "sequel"),
        ("MySQL Server", "my sequel server"),
        ("MySQL", "my sequel"),
        ("R&D", "R and D"),
        ("C++", "C plus plus"),
        ("Kim", "Kim like him"),
        ("지수", "지쑤"),
        ("東京", "とうきょう"),
        ("AI", "A I"),
        ("Nguyễn", "win"),
        ("b", "<bee>"),
    ]
)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("SQL, sql and NoSQL", "sequel, sequel and NoSQL"),
        ("MySQL Server, MySQL", "my sequel server, my sequel"),
        ("MySQL&nbsp;Server and MySQL  server", "my sequel server and my sequel server"),
        ("<p title='SQL'>SQL</p>", "<p title='SQL'>sequel</p>"),
        ("<p>R&amp;D &amp; SQL</p>", "<p>R and D &amp; sequel</p>"),
        ("R&D", "R and D"),
        ("C++.", "C plus plus."),
        ("a < SQL > c", "a < sequel > c"),
        ("Kim and Kimmy", "Kim like him and Kimmy"),
        ("Kim like him", "Kim like him"),
        ("지수는 이지수 AI를", "지쑤는 이지수 A I를"),
        ("大東京駅", "大とうきょう駅"),
        ("NGUYỄN", "win"),
        ("<i>b</i>", "<i>&lt;bee&gt;</i>"),
        ("b", "<bee>"),
        ("", ""),
    ],
)
def test_words_are_replaced_by_their_respellings(text: str, spoken: str) -> None:
    """Whole words are replaced, in any case and longest first, but never inside tags and entities."""
    assert WORDS.apply(text) == spoken


@pytest.mark.parametrize(
    "rows",
    [
        [("Word", "Said"), ("a", "b")],
        [("단어", "발음"), ("a", "b")],
        [("Thing", "Pronunciation"), ("a", "b")],
        [("a", "b"), ("A", "c"), ("", "x"), ("x", ""), (" ", " ")],
    ],
    ids=["English head", "Korean head", "second head", "no head"],
)
def test_column_names_of_the_list_are_optional(rows: list[tuple[str, str]]) -> None:
    """Incomplete rows are skipped, and the first of two rows for a word is used."""
    assert pronunciation(rows) == Pronunciation((("a", "b"),))


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6), st.text())
def test_any_list_can_be_applied_to_any_text(rows: list[tuple[str, str]], text: str) -> None:
    """Tags are unchanged, whatever the words are."""
    tags = re.compile(r"</?[a-zA-Z!][^<>]*>")
    spoken = pronunciation(rows).apply(f"<p class='a'>{text.replace('<', '')}</p>")
    assert tags.findall(spoken)[0] == "<p class='a'>"


def test_only_scripts_are_changed() -> None:
    """Titles keep their spelling; both kinds of script are changed."""
    filters = FilterSet("en_US", WORDS)
    assert filters.pronounce_script("$.scenes[0].clips[1].script.org", "SQL") == "sequel"
    assert filters.pronounce_script("$.scenes[3].scripts[0].org", "SQL") == "sequel"
    assert filters.pronounce_script("$.scenes[0].clips[1].text", "SQL") == "SQL"
    assert filters.pronounce("SQL") == "sequel"


def _workbook(path: Path, words: list[tuple[str, str | float]], sheet: str = "Pronunciation") -> Path:
    book = Workbook(str(path))
    book.add_worksheet("People").write_column(0, 0, ["Name", "SQL fan", "Ana"])
    page = book.add_worksheet(sheet)
    for number, row in enumerate(words):
        page.write_row(number, 0, row)
    book.close()
    return path


def _scripts(workbook: Path, template: Path) -> list[str]:
    settings = Settings()
    plan = make_plan(open_sheet(workbook, settings), template, settings, SheetVideos())
    bodies = [json.loads(row.filled_in.project(row.row.key).body) for row in plan.rows if row.filled_in]
    return [str(body["scenes"][0]["clips"][0]["script"]["org"]) for body in bodies]


def test_the_workbooks_list_is_applied_to_scripts(tmp_path: Path, make_template: MakeTemplate) -> None:
    """Words from cells and from the template are replaced, also in scripts without placeholders."""
    book = _workbook(tmp_path / "a.xlsx", [("Word", "Said"), ("SQL", "sequel"), ("Hi", "Hey"), ("2026", 26)])
    assert _scripts(book, make_template("<p>Hi {{ name }}, SQL</p>")) == [
        "<p>Hey sequel fan, sequel</p>",
        "<p>Hey Ana, sequel</p>",
    ]
    assert _scripts(book, make_template("<p>Hi 2026</p>")) == ["<p>Hey 26</p>"] * 2
    assert _scripts(book, make_template("<p>{{ name | pronounce }}</p>"))[0] == "<p>sequel fan</p>"


def test_case_of_the_sheets_name_is_ignored(tmp_path: Path) -> None:
    """A workbook without the sheet has an empty list."""
    book = _workbook(tmp_path / "a.xlsx", [("a", "b")], sheet="PRONUNCIATION ")
    assert read_pronunciation(book).words == (("a", "b"),)


def test_the_sheet_is_optional(make_workbook: MakeWorkbook) -> None:
    """Without it, scripts are unchanged."""
    assert read_pronunciation(make_workbook([["Name"], ["Ana"]])) == Pronunciation()


def test_an_error_in_the_list_stops_the_run(tmp_path: Path) -> None:
    """It would otherwise be spoken in every video."""
    path = tmp_path / "a.xlsx"
    book = Workbook(str(path))
    book.add_worksheet("Pronunciation").write_formula(0, 0, "=NA()", None, "#N/A")
    book.close()
    with pytest.raises(WorkbookError, match=r"Pronunciation!A1.*#N/A"):
        read_pronunciation(path)


def test_ten_thousand_words_take_less_than_a_second() -> None:
    """The time to read the list and respell a script is linear, even if many words start alike."""
    words = [(f"Doctor word{number}", f"Dr {number}") for number in range(10_000)]
    began = time.process_time()
    respelled = pronunciation(words).apply("<p>Hello doctor word9999 and Doctor Word77.</p>" + " word" * 2000)
    assert respelled.startswith("<p>Hello Dr 9999 and Dr 77.</p>")
    assert time.process_time() - began < 1
