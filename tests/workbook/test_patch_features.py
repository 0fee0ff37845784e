from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from merge.workbook import open_package
from tests.support.check_inputs import differences, put_results
from tests.support.featured_workbooks import FEATURES, make_featured

DIALECT = {"date_1904": True, "use_zip64": True}


@pytest.mark.parametrize(
    ("feature", "options"),
    [
        *(pytest.param(feature, {}, id=feature) for feature in FEATURES),
        *(
            pytest.param(feature, DIALECT, id=f"{feature}, 1904 and ZIP64")
            for feature in ("nothing", "table", "links", "pictures")
        ),
    ],
)
def test_a_workbook_is_unchanged_except_for_the_results(
    tmp_path: Path, feature: str, options: dict[str, object]
) -> None:
    """Other parts are identical byte for byte, and the sheet keeps its other content."""
    before = make_featured(tmp_path / "before.xlsx", feature, options)
    after = tmp_path / "after.xlsx"
    shutil.copyfile(before, after)
    with open_package(before) as package:
        part = package.sheet("People").part
    asked = put_results(after, "People", 1)
    assert differences(before, after, part, asked) == []
    again = after.read_bytes()
    assert put_results(after, "People", 1).written.columns == asked.written.columns
    assert after.read_bytes() == again, "a second write changes nothing"
