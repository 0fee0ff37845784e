from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.fitting import lines_in, misfit, text_width


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Hello World", 4.7, 5.5),
        ("illicit", 1.9, 2.6),
        ("WWW", 2.2, 2.8),
        ("こんにちは", 5, 5),
        ("e\u0301", 0.4, 0.6),
        ("a\u200bb", 1, 1.2),
        ("", 0, 0),
    ],
)
def test_a_width_is_about_that_of_the_font(text: str, least: float, most: float) -> None:
    """In em, to about a tenth."""
    assert least <= text_width(text) <= most


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 100, 1),
        ("one two three", 2.5, 3),
        ("one\ntwo", 100, 2),
        ("こんにちは", 2, 3),
        ("ab こん", 2.2, 2),
        ("", 10, 1),
    ],
)
def test_words_wrap_at_blanks_and_cjk_anywhere(text: str, width: float, lines: int) -> None:
    """As a browser would break them."""
    assert lines_in(text, width) == lines


def test_what_fits_is_not_doubted() -> None:
    """One line in a box that is wide enough, two in one that is high enough."""
    assert misfit("Welcome, Ana", points=40, width=600, height=80) == ""
    assert misfit("Welcome, Ana and Benjamin", points=40, width=420, height=140) == ""
    assert misfit("Welcome", points=40, width=0, height=80) == ""
    assert misfit("  ", points=40, width=1, height=1) == ""


def test_what_is_too_much_is_told_in_pixels() -> None:
    """Lines beyond the height, or one word beyond the width."""
    assert "about 2 lines (128 px), its box is 60 px" in misfit(
        "Welcome, Ana and Benjamin", points=40, width=420, height=60
    )
    assert "longest word" in misfit("Donaudampfschifffahrt", points=40, width=300, height=600)
    assert misfit("WELCOME ANA", points=40, width=336, height=60) == ""
    assert misfit("WELCOME ANA", points=40, width=336, height=60, bold=True) != ""


@given(st.text(), st.floats(1, 100), st.floats(1, 2000))
def test_any_text_is_measured(text: str, points: float, width: float) -> None:
    """A line breaks no more often than it has characters."""
    assert misfit(text, points=points, width=width, height=width) is not None
    assert lines_in(text, 1000) >= text.count("\n") + 1
    assert lines_in(text, 0.1) <= len(text) + 1
