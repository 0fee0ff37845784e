from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.project.text_width import text_width, wrap


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
        pytest.param("100 % & more — 1,200.00 €", 12.408, 13.118, id="digits and signs"),
    ],
)
def test_width_matches_the_font(text: str, regular: float, bold: float) -> None:
    """Widths are those of HarfBuzz with Noto Sans CJK 2.004, in em, to about 1 % because of kerning."""
    assert text_width(text) == pytest.approx(regular, rel=0.012)
    assert text_width(text, bold=True) == pytest.approx(bold, rel=0.012)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        pytest.param("e\u0301", 0.554, id="zero-width accent"),
        pytest.param("\u0107", 0.510, id="composed letter"),
        pytest.param("\u0142", 0.29, id="missing letter"),
        pytest.param("a\u200bb", 0.563 + 0.618, id="invisible character"),
        pytest.param("\u1112", 0.92, id="a part of a syllable"),
        pytest.param("😀", 1.0, id="a square"),
        pytest.param("ﷺ", 0.53, id="other character"),
        pytest.param("", 0, id="empty"),
    ],
)
def test_letters_missing_in_the_font_have_a_width(text: str, width: float) -> None:
    """Their width is that of the letter without accents, or an average."""
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
def test_words_wrap_at_spaces_and_cjk_anywhere(text: str, width: float, lines: int) -> None:
    """Lines break where a browser would break them."""
    assert len(list(wrap(text, width))) == lines


@given(st.text(max_size=60), st.floats(min_value=0.1, max_value=100))
def test_wrapping_loses_no_word(text: str, width: float) -> None:
    """Lines contain the text's words in order, and there are no more lines than characters."""
    lines = list(wrap(text, width))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert text.count("\n") + 1 <= len(lines) <= len(text) + 1
