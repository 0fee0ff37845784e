from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from merge.model import JSON, RowKey
from merge.project.drawing import draw_scenes
from merge.reports.html import Note, Proof, ProofRow, Report, ReportRow, Script, proof_page, report_page
from merge.reports.html.page import json_in_html
from merge.reports.html.plots import curves, histogram
from merge.reports.html.report_page import WORDS, table_of, utc, web_address
from merge.reports.page_files import page_assets
from merge.reports.visible_text import visible
from merge.results import RowStatus, format_duration
from merge.sheet.result_columns import Status
from tests.support.page_data import rows_in

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ASSETS = page_assets()
EVIL = "</script><!--<script>alert(1)//"


def _proof(*rows: ProofRow, code: str = "K7F3-9X2M") -> Proof:
    return Proof("people.xlsx", "People", "hello.json", "castmerge run people.xlsx", code, rows)


def _row(number: int, **fields: str) -> ProofRow:
    clips: JSON = [{"type": "textImage", "text": fields.get("text", "Hi"), "width": 500, "height": 100}]
    drawings = draw_scenes({"scenes": [{"clips": clips}]})
    script = Script(0, (("Hello ", False), (fields.get("text", "Ana"), True)), 2.0, "M1", "en")
    return ProofRow(number, fields.get("title", f"Row {number}"), drawings, (script,))


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _result(number: int, status: Status = Status.COMPLETE, minutes: float = 3, **known: str) -> RowStatus:
    return RowStatus(
        row=number,
        key=RowKey(str(number)),
        status=status,
        video_id=f"id{number}",
        url=known.get("url", ""),
        credits=1.5,
        submitted_at=_iso(NOON),
        completed_at=_iso(NOON + timedelta(minutes=minutes)),
    )


def _report(*rows: ReportRow) -> Report:
    return Report("people.xlsx", "People", "hello.json", NOON, rows, credits=3.0)


PAGES = [
    pytest.param(proof_page(_proof(_row(2, text=EVIL, title=EVIL), _row(3)), ASSETS), id="proof"),
    pytest.param(report_page(_report(ReportRow(_result(2, url=EVIL), EVIL)), ASSETS), id="report"),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_allows_only_its_own_style_and_script(page: str) -> None:
    """The policy has the hashes of the page's own style and script; only pictures may be loaded."""
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    for tag, rule in (("style", "style-src"), ('script type="module"', "script-src")):
        [inside] = re.findall(rf"<{tag}>(.*?)</{tag.split()[0]}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert (rules["default-src"], rules["img-src"], rules["form-action"]) == ("'none'", "https:", "'none'")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_refers_to_nothing_outside(page: str) -> None:
    """The page loads no style sheet, script, font or picture, and no element has a style or handler."""
    tree = html.fromstring(page)
    assert (
        tree.xpath("//link | //iframe | //img | //script[@src] | //*[@style] | //*[@onload or @onclick]")
        == []
    )
    assert "url(http" not in page
    assert "@import" not in page


@pytest.mark.parametrize("page", PAGES)
def test_cell_texts_stay_in_the_data(page: str) -> None:
    """The data is a single element that contains the cell's exact text."""
    assert html.fromstring(page).xpath("count(//script)") == 2
    assert rows_in(page)[0]["title"] == EVIL


def _shown(data: JSON) -> JSON:
    """The data with the texts of its values as a reader sees them."""
    match data:
        case str():
            return visible(data)
        case dict():
            return {name: _shown(value) for name, value in data.items()}
        case list():
            return [_shown(value) for value in data]
        case _:
            return data


@given(
    st.recursive(
        st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text("abc<&"), inner), max_leaves=5
    )
)
def test_json_in_html_is_safe_and_reads_back(data: JSON) -> None:
    """No character can end its element, start a comment, or reorder the visible text."""
    written = json_in_html(data)
    assert json.loads(written) == _shown(data)
    assert not set("<>&\u2028\u2029\u202e\x9b") & set(written)


def test_rows_with_the_same_layout_share_one_drawing() -> None:
    """A thousand rows of one template have one layout."""
    page = proof_page(_proof(*(_row(number, text=f"Person {number}") for number in range(2, 1002))), ASSETS)
    assert page.count('<template class="layout">') == 1
    assert len(page) < 1_500_000


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        pytest.param(_proof(_row(2)), "1 video to approve", id="one"),
        pytest.param(_proof(_row(2), _row(3)), "2 videos to approve", id="two"),
        pytest.param(_proof(code=""), "Nothing to approve", id="none"),
        pytest.param(
            _proof(ProofRow(2, "x", notes=(Note("", "blank", stops=True),)), code=""),
            "Nothing to approve",
            id="all invalid",
        ),
    ],
)
def test_a_proof_counts_the_rows_to_approve(proof: Proof, expected: str) -> None:
    """Invalid rows aren't approved, and without any valid row there is no code."""
    page = proof_page(proof, ASSETS)
    assert f'<h1 id="title">{expected}</h1>' in page
    assert ('id="code"' in page) == bool(proof.code)


def test_a_rendered_row_with_a_problem_is_not_counted() -> None:
    """Two rows with one key can be drawn, but neither is made."""
    row = _row(2)
    refused = ProofRow(
        row.number, row.title, row.drawings, row.scripts, notes=(Note("", "alike", stops=True),)
    )
    page = proof_page(_proof(_row(3), refused), ASSETS)
    assert "1 video to approve" in page
    assert "about 2 s" in page


def test_speaking_time_is_listed_by_language() -> None:
    """The longest is first; with a single language only the total is given."""
    german = Script(0, (("Guten Tag", False),), 90.0, "M2", "de")
    row = _row(2)
    page = proof_page(_proof(ProofRow(2, "x", row.drawings, (*row.scripts, german))), ASSETS)
    assert re.findall(r'data-language="(..)">..</dt><dd>([^<]+)<', page) == [
        ("de", "1 min 30 s"),
        ("en", "2 s"),
    ]
    assert "data-language" not in proof_page(_proof(row), ASSETS).partition("<main>")[0]


@pytest.mark.parametrize(
    ("statuses", "heading"),
    [
        pytest.param([], "No rows", id="no rows"),
        pytest.param([Status.TO_DO, Status.INVALID], "No videos yet", id="no video made"),
        pytest.param([Status.COMPLETE], "The video is ready", id="one row, made"),
        pytest.param([Status.COMPLETE] * 2, "All 2 videos are ready", id="all"),
        pytest.param([Status.COMPLETE, Status.FAILED], "1 of 2 videos are ready", id="some"),
        pytest.param([Status.OUT_OF_DATE, Status.FAILED], "1 of 2 videos are ready", id="changed later"),
        pytest.param([Status.DRAFT] * 3, "All 3 drafts are saved", id="drafts"),
    ],
)
def test_a_report_starts_with_its_result(statuses: list[Status], heading: str) -> None:
    """The first line is the result."""
    rows = (ReportRow(_result(number, status), "x") for number, status in enumerate(statuses, 2))
    assert f'<h1 id="title">{heading}</h1>' in report_page(_report(*rows), ASSETS)


def test_every_status_has_a_text() -> None:
    """No row is shown with an internal name."""
    assert set(WORDS) == set(Status)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("https://videos.example/1.mp4?a=b#c", True, id="https"),
        pytest.param("HTTP://127.0.0.1:8080/1.mp4", True, id="http"),
        pytest.param("javascript:alert(1)", False, id="javascript"),
        pytest.param("  javascript:alert(1)", False, id="javascript after spaces"),
        pytest.param("https://a.example/ javascript:x", False, id="spaces"),
        pytest.param("data:text/html,x", False, id="data"),
        pytest.param("file:///etc/passwd", False, id="file"),
        pytest.param("https:///x", False, id="no host"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_web_addresses_are_links(text: str, is_one: bool) -> None:
    """Any other text in the link column is shown as text."""
    assert web_address(text) == (text if is_one else "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_of_the_csv_report_is_a_formula(text: str) -> None:
    """A spreadsheet program that opens the file runs nothing; a leading tab or return becomes a space."""
    [header, line] = table_of(_report(ReportRow(_result(2), text, (Note("", text),))))
    assert line[header.index("Name")] == f"'{text.replace(chr(9), ' ').replace(chr(13), ' ')}"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def test_the_csv_report_has_times_in_utc() -> None:
    """The zone is included, wherever the report was made."""
    there = datetime.fromisoformat("2026-11-25T21:00:00+09:00")
    assert utc(there) == "2026-11-25 12:00 UTC"
    [header, line] = table_of(_report(ReportRow(_result(2, minutes=4.5), "x")))
    cells = dict(zip(header, line, strict=True))
    assert (cells["Submitted"], cells["Complete"], cells["Minutes"]) == (
        "2026-11-25T12:00:00Z",
        "2026-11-25T12:04:30Z",
        "4.50",
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.4, "0 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
        (86_400, "24 h"),
    ],
)
def test_durations_are_written_in_words(seconds: float, expected: str) -> None:
    """They are rounded the way people would say them."""
    assert format_duration(seconds) == expected


_TIMES = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=30)


@given(_TIMES)
def test_a_histogram_counts_every_value_once(seconds: list[float]) -> None:
    """The heights of the bars are proportional to the counts, and the drawing stays within its bounds."""
    plot = etree.fromstring(histogram(seconds).encode())
    bars = [each for each in plot.iter() if each.get("class") == "bar"]
    heights = [float(bar.get("height") or 0) for bar in bars]
    unit = min(heights) / min(_counts(heights, len(seconds)))
    assert round(sum(heights) / unit) == len(seconds)
    assert all(0 <= float(bar.get("x") or -1) <= 340 for bar in bars)
    assert f"{len(seconds):,} videos took" in (plot.get("aria-label") or "")


def _counts(heights: list[float], total: int) -> list[int]:
    return [max(round(height * total / sum(heights)), 1) for height in heights]


def test_outliers_do_not_flatten_a_histogram() -> None:
    """Values that are far longer than usual share one bar."""
    drawn = histogram([180.0, 200.0, 220.0, 260.0, 90_000.0])
    assert ">longer<" in drawn
    assert ">Minutes<" in drawn
    assert drawn.count('class="bar"') >= 4


def test_plots_ignore_times_of_earlier_videos() -> None:
    """Times left over from an earlier video of a row aren't counted."""
    rows = (ReportRow(_result(number, Status.SUBMITTED), "x") for number in range(2, 6))
    assert "Videos over time" not in report_page(_report(*rows), ASSETS)


@given(st.lists(st.floats(min_value=0, max_value=1e8), min_size=1, max_size=20))
def test_a_curve_never_decreases(seconds: list[float]) -> None:
    """Amounts only grow, from zero on the left to the total on the right."""
    moments = [
        (NOON + timedelta(seconds=each), float(count)) for count, each in enumerate(sorted(seconds), 1)
    ]
    plot = etree.fromstring(curves({"made": moments, "attention": []}, "Videos").encode())
    [curve] = [each for each in plot.iter() if "curve" in (each.get("class") or "")]
    across = [float(number) for number in re.findall(r"H([\d.]+)", curve.get("d") or "")]
    down = [float(number) for number in re.findall(r"V([\d.]+)", curve.get("d") or "")]
    assert across == sorted(across)
    assert down == sorted(down, reverse=True)
    assert 0 <= min(across) <= max(across) <= 340
    marks = [each for each in plot.iter() if (each.get("class") or "") == "utc"]
    assert len(list(marks[0])) <= 9


@pytest.mark.parametrize(
    ("days", "mark"),
    [
        pytest.param(0.1, "14:00", id="hours"),
        pytest.param(4, "26 Nov", id="days"),
        pytest.param(400, r"\d+ [A-Z][a-z]{2}<", id="years"),
    ],
)
def test_time_axes_have_round_labels(days: float, mark: str) -> None:
    """They are in minutes, hours, days or months, depending on the duration."""
    drawn = curves({"made": [(NOON, 1.0), (NOON + timedelta(days=days), 2.0)]}, "Videos")
    assert re.search(mark, drawn)
    assert "Time (UTC)" in drawn
