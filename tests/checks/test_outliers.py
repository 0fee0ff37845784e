from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.outliers import FEWEST, unusual_lengths, unusual_values


def _remarks(texts: list[str], numbers: list[float | None] | None = None) -> dict[int, str]:
    remarks = unusual_values(texts, numbers or [None] * len(texts))
    return {place: remark for place, remark in enumerate(remarks) if remark}


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        pytest.param([10, 11, 12, 10, 11, 40], {5: "longest of all"}, id="one is far longer"),
        pytest.param([10, 11, 12, 10, 11, 2], {5: "shortest of all"}, id="one is far shorter"),
        pytest.param([10, 11, 12, 10, 11, 14], {}, id="one is a little longer"),
        pytest.param([10, 100], {}, id="too few rows"),
        pytest.param([10, 10, 10, 10, 30, 30, 30], {}, id="many are longer"),
        pytest.param([], {}, id="no rows"),
    ],
)
def test_unusual_lengths_have_a_remark(lengths: list[float], expected: dict[int, str]) -> None:
    """The longest and the shortest have a remark if they are far from the median."""
    assert {place: remark for place, remark in enumerate(unusual_lengths(lengths)) if remark} == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param(
            [100, 120, 90, 110, 105, 12_000],
            {5: "much higher than in other rows"},
            id="a slipped decimal point",
        ),
        pytest.param([100, 120, 90, 110, 105, 1], {5: "much lower than in other rows"}, id="too little"),
        pytest.param([100, 120, 90, 110, 105, -110], {}, id="only the sign differs"),
        pytest.param([0, 0, 0, 0, 0, 0], {}, id="all zero"),
    ],
)
def test_unusual_numbers_have_a_remark(numbers: list[float | None], expected: dict[int, str]) -> None:
    """A number of another magnitude is probably a mistake."""
    assert _remarks([str(number) for number in numbers], numbers) == expected


def test_a_unique_value_among_categories_has_a_remark() -> None:
    """In a column of plans, a single `Premum` is probably a mistake."""
    assert _remarks(["Basic", "Premium"] * 6 + ["Premum"]) == {12: "only in this row"}


def test_names_that_all_differ_have_no_remarks() -> None:
    """Unique values are normal if every value is unique."""
    assert _remarks(["Ana", "Ben", "Cem", "Dora", "Eli", "Fay"]) == {}


def test_only_rare_blanks_have_a_remark() -> None:
    """One row without a nickname has a remark; if half the rows have none, there is no remark."""
    assert _remarks(["a1", "b2", "c3", "", "e5", "f6"]) == {3: "blank here"}
    assert _remarks(["a1", "", "c3", "", "e5", ""]) == {}


@given(st.lists(st.sampled_from(["", "a", "b", "word " * 40]), max_size=80))
def test_remarks_are_rare(texts: list[str]) -> None:
    """A remark applies to at most two rows or one in twenty, and small sheets have none."""
    remarks = unusual_values(texts, [None] * len(texts))
    assert len(remarks) == len(texts)
    for remark in set(remarks) - {""}:
        assert remarks.count(remark) <= max(2, len(texts) // 20)
        assert len(texts) >= FEWEST
