from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.template.merge_marks import (
    CLOSE,
    OPEN,
    found_segments,
    merged_segments,
    split_markers,
    unmarked,
    with_markers,
)

_SHORT = st.text(alphabet=st.sampled_from("ab .,<>&é\u200b\n你\u202e'\"" + OPEN + CLOSE), max_size=12)


def _joined(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(text for text, _ in pieces)


def test_marked_values_are_merged() -> None:
    """The values are between markers, and the text is the same without them."""
    show = with_markers(str)
    marked = f"Hello {show('Ana')}, you are {show(41)}."
    assert unmarked(marked) == "Hello Ana, you are 41."
    assert split_markers(marked) == (
        ("Hello ", False),
        ("Ana", True),
        (", you are ", False),
        ("41", True),
        (".", False),
    )


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        pytest.param(
            f"{OPEN}a{OPEN}b{CLOSE}c{CLOSE}", (("a", False), ("b", True), ("c", False)), id="nested"
        ),
        pytest.param(f"{OPEN}{CLOSE}x", (("x", False),), id="an empty value"),
        pytest.param(f"{OPEN}a", (("a", False),), id="a truncated mark"),
        pytest.param("", (), id="empty"),
    ],
)
def test_damaged_markers_lose_no_letter(marked: str, expected: tuple[tuple[str, bool], ...]) -> None:
    """Filters may cut or wrap markers without any loss of text."""
    assert split_markers(marked) == expected


@pytest.mark.parametrize(
    ("text", "values", "merged"),
    [
        pytest.param("Hello Ana, Anabel", ["Ana"], ["Ana"], id="whole words"),
        pytest.param("Ana Soto came", ["Ana", "Ana Soto"], ["Ana Soto"], id="the longest first"),
        pytest.param("pay $1,200.00 now", ["$1,200.00"], ["$1,200.00"], id="signs"),
        pytest.param("a (b) c", [" (b) ", ""], ["(b)"], id="spaces around a value"),
        pytest.param("nothing", [], [], id="no values"),
    ],
)
def test_values_are_searched_for_if_marks_are_unusable(
    text: str, values: list[str], merged: list[str]
) -> None:
    """Without usable marks, the row's values are found as whole words."""
    pieces = found_segments(text, values)
    assert [piece for piece, is_merged in pieces if is_merged] == merged
    assert _joined(pieces) == text


def test_marked_text_that_differs_from_the_script_is_not_used() -> None:
    """The submitted text is shown, and its values are found by searching."""
    marked = f"HELLO {OPEN}Ana{CLOSE} (long name)"
    assert merged_segments("Hello Ana", marked, ["Ana"]) == (("Hello ", False), ("Ana", True))


def test_outer_spaces_of_the_marked_text_are_ignored() -> None:
    """A marked text may have outer spaces that the script doesn't have."""
    assert merged_segments("Hi Ana", f"  Hi {OPEN}Ana {CLOSE} ", ["Ana"]) == (("Hi ", False), ("Ana", True))


@given(_SHORT, st.lists(_SHORT, max_size=4))
def test_found_pieces_join_to_the_text(text: str, values: list[str]) -> None:
    """No letter is lost or added."""
    assert _joined(found_segments(text, values)) == text


@given(st.text(max_size=20), _SHORT, st.lists(_SHORT, max_size=4))
def test_merged_pieces_join_to_the_text(text: str, marked: str, values: list[str]) -> None:
    """Whatever the markers are, the exact script is shown."""
    assert _joined(merged_segments(text, marked, values)) == text
    assert _joined(merged_segments(unmarked(marked).strip(), marked, values)) == unmarked(marked).strip()


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=6))
def test_marked_pieces_are_found_again(parts: list[tuple[str, bool]]) -> None:
    """Exactly the marked pieces are merged."""
    clean = [(unmarked(text), merged) for text, merged in parts]
    show = with_markers(str)
    marked = "".join(show(text) if merged else text for text, merged in clean)
    segments = split_markers(marked)
    assert _joined(segments) == "".join(text for text, _ in clean)
    assert "".join(text for text, merged in segments if merged) == "".join(
        text for text, merged in clean if merged
    )
