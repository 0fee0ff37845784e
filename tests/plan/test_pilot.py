from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from merge.plan.pilot import choose_pilot

TEXTS = ["Hello Ana", "Hi", "Hello Zoë Müller-Čapek", "Hello Maximiliane Featherstonehaugh", "Hello Ben"]


def test_the_longest_the_shortest_and_the_oddest_come_first() -> None:
    """Three rows show what would go wrong with the rest."""
    assert choose_pilot(TEXTS, 3) == {3, 1, 2}


@given(st.lists(st.text(max_size=20), max_size=12), st.integers(1, 15))
def test_as_many_are_chosen_as_there_are(texts: list[str], most: int) -> None:
    """Never more than was asked for, never fewer than there are."""
    assert len(choose_pilot(texts, most)) == min(most, len(texts))
