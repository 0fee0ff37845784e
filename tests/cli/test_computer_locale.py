"""The region for dates and amounts: the given one, otherwise that of the computer."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles.numbers import builtin_format_code

from merge.cli.computer_locale import computer_locale
from tests.support.callables import Castmerge, MakeTemplate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have settings of their own")


@pytest.mark.parametrize(
    ("variables", "locale"),
    [
        pytest.param({"LANG": "de_DE.UTF-8"}, "de_DE", id="language"),
        pytest.param({"LANG": "de_DE.UTF-8", "LC_TIME": "en_GB.UTF-8"}, "en_GB", id="dates-first"),
        pytest.param({"LANG": "de_DE", "LC_ALL": "C"}, None, id="all-of-them"),
        pytest.param({"LANG": "C.UTF-8"}, None, id="no-region"),
        pytest.param({"LANG": "", "LC_TIME": "sr_RS@latin"}, "sr_RS", id="with-a-script"),
        pytest.param({}, None, id="nothing-set"),
    ],
)
def test_the_region_is_read_from_the_environment(variables: dict[str, str], locale: str | None) -> None:
    """The variables are tried in the order that POSIX defines."""
    assert computer_locale(variables) == locale


def _workbook(folder: Path) -> Path:
    path = folder / "people.xlsx"
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["Name", "Due", "Price"])
    page.append(["Ana", datetime(2026, 3, 1), 1200])
    page["B2"].number_format = "mm-dd-yy"
    page["C2"].number_format = builtin_format_code(5)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("region", "both"),
    [
        pytest.param(
            "C", ("3/1/2026, for en_US, but other computers show 1/3/2026", "$1,200"), id="no-region"
        ),
        pytest.param(
            "en_AU", ("1/03/2026, for en_AU, but other computers show 3/1/2026", "£1,200"), id="australian"
        ),
        pytest.param(
            "de_DE", ("01.03.2026, for de_DE, but other computers show 3/1/2026", "1.200 €"), id="german"
        ),
    ],
)
def test_a_date_that_depends_on_the_computer_is_shown_both_ways(
    tmp_path: Path,
    castmerge: Castmerge,
    make_template: MakeTemplate,
    monkeypatch: pytest.MonkeyPatch,
    region: str,
    both: tuple[str, str],
) -> None:
    """Without --locale, the check prints the region in use and warns about cells that depend on it."""
    monkeypatch.setenv("LC_ALL", f"{region}.UTF-8")
    template = make_template("<p>{{ Name }}, {{ Due }}, {{ Price }}</p>")
    arguments = ["check", str(_workbook(tmp_path)), "-t", str(template)]

    ran = castmerge(*arguments)
    assert "Dates and amounts are formatted for" in ran.err
    assert [text for text in both if text not in ran.err] == [], ran.err

    assert "other computers" not in castmerge(*arguments, "--locale", "English").err
