from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.outliers import FEWEST, unusual_lengths, unusual_values


def _odd(texts: list[str], numbers: list[float | None] | None = None) -> dict[int, str]:
    remarks = unusual_values(texts, numbers or [None] * len(texts))
    return {place: said for place, said in enumerate(remarks) if said}


@pytest.mark.parametrize(
    ("lengths", "odd"),
    [
        pytest.param([10, 11, 12, 10, 11, 40], {5: "longest of all"}, id="one is far longer"),
        pytest.param([10, 11, 12, 10, 11, 2], {5: "shortest of all"}, id="one is far shorter"),
        pytest.param([10, 11, 12, 10, 11, 14], {}, id="a little longer is usual"),
        pytest.param([10, 100], {}, id="among few nothing is usual"),
        pytest.param([10, 10, 10, 10, 30, 30, 30], {}, id="what many are is not odd"),
        pytest.param([], {}, id="nothing"),
    ],
)
def test_lengths_that_stand_out(lengths: list[float], odd: dict[int, str]) -> None:
    """The longest and the shortest are told where they are far from what is usual."""
    assert {place: said for place, said in enumerate(unusual_lengths(lengths)) if said} == odd


@pytest.mark.parametrize(
    ("numbers", "odd"),
    [
        pytest.param(
            [100, 120, 90, 110, 105, 12_000], {5: "far above the others"}, id="a slipped decimal point"
        ),
        pytest.param([100, 120, 90, 110, 105, 1], {5: "far below the others"}, id="too little"),
        pytest.param([100, 120, 90, 110, 105, -110], {}, id="the sign alone"),
        pytest.param([0, 0, 0, 0, 0, 0], {}, id="all nothing"),
    ],
)
def test_amounts_that_stand_out(numbers: list[float | None], odd: dict[int, str]) -> None:
    """An amount of another size is most likely a slip."""
    assert _odd([str(number) for number in numbers], numbers) == odd


def test_a_value_of_its_own_among_few_kinds_stands_out() -> None:
    """In a column of plans a single `Premum` is most likely a slip."""
    assert _odd(["Basic", "Premium"] * 6 + ["Premum"]) == {12: "only in this row"}


def test_names_are_all_different_and_none_is_odd() -> None:
    """Where every value stands once, that is usual."""
    assert _odd(["Ana", "Ben", "Cem", "Dora", "Eli", "Fay"]) == {}


def test_a_rare_blank_stands_out_and_a_usual_one_does_not() -> None:
    """One row without a nickname is told, half of all rows are not."""
    assert _odd(["a1", "b2", "c3", "", "e5", "f6"]) == {3: "blank here"}
    assert _odd(["a1", "", "c3", "", "e5", ""]) == {}


@given(st.lists(st.sampled_from(["", "a", "b", "word " * 40]), max_size=80))
def test_what_stands_out_is_rare(texts: list[str]) -> None:
    """No remark is made of more than two rows, or one in twenty; among few rows there is none."""
    remarks = unusual_values(texts, [None] * len(texts))
    assert len(remarks) == len(texts)
    for said in set(remarks) - {""}:
        assert remarks.count(said) <= max(2, len(texts) // 20)
        assert len(texts) >= FEWEST
