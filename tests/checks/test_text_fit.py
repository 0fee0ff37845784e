from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.checks.text_fit import lines_in, misfit, text_width


@pytest.mark.parametrize(
    ("text", "regular", "bold"),
    [
        pytest.param("Hello World", 5.456, 5.757, id="English"),
        pytest.param("Welcome, Ana and Benjamin", 13.282, 13.943, id="a sentence"),
        pytest.param("WELCOME ANA", 6.893, 7.183, id="capitals"),
        pytest.param("Ihre Versicherung läuft am 1. Dezember 2026 aus", 22.560, 23.913, id="German"),
        pytest.param("Добро пожаловать, Анна", 12.227, 12.858, id="Russian"),
        pytest.param("Καλημέρα κόσμε", 7.876, 8.323, id="Greek"),
        pytest.param("Nguyễn Thị Hồng", 8.012, 8.415, id="Vietnamese"),
        pytest.param("안녕하세요, 김민지 님", 9.062, 9.112, id="Korean"),
        pytest.param("こんにちは、田中さん", 10.0, 10.0, id="Japanese"),
        pytest.param("100 % & more — 1,200.00 €", 12.408, 13.118, id="figures and signs"),
    ],
)
def test_a_width_is_that_of_the_font(text: str, regular: float, bold: float) -> None:
    """As HarfBuzz sets it in Noto Sans CJK 2.004, in em: to about a hundredth, as kerning is left out."""
    assert text_width(text) == pytest.approx(regular, rel=0.012)
    assert text_width(text, bold=True) == pytest.approx(bold, rel=0.012)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        pytest.param("e\u0301", 0.554, id="an accent takes no room"),
        pytest.param("\u0107", 0.510, id="a letter that the font puts together"),
        pytest.param("\u0142", 0.29, id="a letter that it lacks"),
        pytest.param("a\u200bb", 0.563 + 0.618, id="what is not seen"),
        pytest.param("\u1112", 0.92, id="a part of a syllable"),
        pytest.param("😀", 1.0, id="a square"),
        pytest.param("ﷺ", 0.53, id="anything else"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_letters_that_the_font_lacks_have_a_width_too(text: str, width: float) -> None:
    """That of their letter without accents, else an average."""
    assert text_width(text) == pytest.approx(width)


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
    assert misfit("WELCOME ANA", points=40, width=364, height=60) == ""
    assert misfit("WELCOME ANA", points=40, width=364, height=60, bold=True) != ""


@given(st.text(), st.floats(1, 100), st.floats(1, 2000))
def test_any_text_is_measured(text: str, points: float, width: float) -> None:
    """A line breaks no more often than it has characters."""
    assert misfit(text, points=points, width=width, height=width) is not None
    assert lines_in(text, 1000) >= text.count("\n") + 1
    assert lines_in(text, 0.1) <= len(text) + 1
