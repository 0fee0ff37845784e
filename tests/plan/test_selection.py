from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.plan.selection import choose_pilot, parse_rows

TEXTS = ["Hello Ana", "Hi", "Hello Zoë Müller-Čapek", "Hello Maximiliane Featherstonehaugh", "Hello Ben"]


def test_the_longest_shortest_and_most_unusual_rows_come_first() -> None:
    """Three rows show what could go wrong with the rest."""
    assert choose_pilot(TEXTS, 3) == {3, 1, 2}


@given(st.lists(st.text(max_size=20), max_size=12), st.integers(1, 15))
def test_no_more_rows_are_chosen_than_exist(texts: list[str], limit: int) -> None:
    """The number of rows is the requested one, or all of them if there are fewer."""
    assert len(choose_pilot(texts, limit)) == min(limit, len(texts))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        pytest.param("5", [5], [4, 6], id="one row"),
        pytest.param("2-4", [2, 3, 4], [1, 5], id="a range"),
        pytest.param("2-4, 9", [2, 9], [8, 10], id="a list with spaces"),
        pytest.param("7-", [7, 10_000], [6], id="to the end"),
    ],
)
def test_rows_are_given_by_their_excel_numbers(text: str, inside: list[int], outside: list[int]) -> None:
    """Numbers and closed ranges are separated by commas."""
    rows = parse_rows(text)
    assert all(number in rows for number in inside)
    assert not any(number in rows for number in outside)


@pytest.mark.parametrize("text", ["", "a", "4-2", "0", "1,,2", "-3", "2:5"])
def test_other_selections_are_refused(text: str) -> None:
    """A selection that can't be parsed is an error, never an empty selection."""
    with pytest.raises(InputError, match="isn't a list of rows"):
        parse_rows(text)
