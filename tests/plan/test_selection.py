from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.plan.selection import choose_pilot, parse_rows

TEXTS = ["Hello Ana", "Hi", "Hello Zoë Müller-Čapek", "Hello Maximiliane Featherstonehaugh", "Hello Ben"]


def test_the_longest_the_shortest_and_the_oddest_come_first() -> None:
    """Three rows show what would go wrong with the rest."""
    assert choose_pilot(TEXTS, 3) == {3, 1, 2}


@given(st.lists(st.text(max_size=20), max_size=12), st.integers(1, 15))
def test_as_many_are_chosen_as_there_are(texts: list[str], limit: int) -> None:
    """Never more than was asked for, never fewer than there are."""
    assert len(choose_pilot(texts, limit)) == min(limit, len(texts))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        pytest.param("5", [5], [4, 6], id="one row"),
        pytest.param("2-4", [2, 3, 4], [1, 5], id="a range"),
        pytest.param("2-4, 9", [2, 9], [8, 10], id="a list with blanks"),
        pytest.param("7-", [7, 10_000], [6], id="to the end"),
    ],
)
def test_rows_are_named_as_excel_shows_them(text: str, inside: list[int], outside: list[int]) -> None:
    """Numbers and closed ranges, separated by commas."""
    rows = parse_rows(text)
    assert all(number in rows for number in inside)
    assert not any(number in rows for number in outside)


@pytest.mark.parametrize("text", ["", "a", "4-2", "0", "1,,2", "-3", "2:5"])
def test_anything_else_is_refused(text: str) -> None:
    """A selection that is not understood selects nothing, loudly."""
    with pytest.raises(InputError, match="names no rows"):
        parse_rows(text)
