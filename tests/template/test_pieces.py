from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.model import Cell, CellKind
from merge.project.scripts import is_markup
from merge.sheet.columns import make_header
from merge.template.pieces import FORMATS, CodePiece, ColumnPiece, Piece, TextPiece, join_pieces, split_pieces

HEADERS = ["First Name", "Renewal Date", "Amount Due", "Nickname"]
HEADER = make_header(1, {place: Cell(CellKind.TEXT, name) for place, name in enumerate(HEADERS, 1)})


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        pytest.param("Hello", [TextPiece("Hello")], id="words"),
        pytest.param("{{ first_name }}", [ColumnPiece("First Name")], id="a column by its short name"),
        pytest.param(
            "<p>Hi {{ First Name }} &amp; co</p><p>Bye</p>",
            [TextPiece("Hi "), ColumnPiece("First Name"), TextPiece(" & co\nBye")],
            id="paragraphs",
        ),
        pytest.param(
            'Hi {{ Nickname | default("there") }}',
            [TextPiece("Hi "), ColumnPiece("Nickname", "there")],
            id="a fallback",
        ),
        pytest.param(
            "{{ Renewal Date | date }}", [ColumnPiece("Renewal Date", "", "date_long")], id="a format"
        ),
        pytest.param(
            "{{ Renewal Date | date('short') if Renewal Date else 'soon' }}",
            [ColumnPiece("Renewal Date", "soon", "date_short")],
            id="a format and a fallback",
        ),
        pytest.param(
            "{{ nickname | default(first_name) }}",
            [CodePiece("{{ nickname | default(first_name) }}")],
            id="another column instead",
        ),
        pytest.param(
            "{% if x %}a{% endif %}",
            [CodePiece("{% if x %}"), TextPiece("a"), CodePiece("{% endif %}")],
            id="a condition",
        ),
        pytest.param(
            "<p>a <b>b</b></p>",
            [
                CodePiece("<p>"),
                TextPiece("a "),
                CodePiece("<b>"),
                TextPiece("b"),
                CodePiece("</b>"),
                CodePiece("</p>"),
            ],
            id="other tags",
        ),
        pytest.param("{{ City }}", [CodePiece("{{ City }}")], id="no column of this sheet"),
    ],
)
def test_a_text_is_split(source: str, pieces: list[Piece]) -> None:
    """What an editor can offer is offered; the rest stays as it is."""
    assert list(split_pieces(source, HEADER)) == pieces


words = st.text(
    st.characters(codec="utf-8", exclude_characters="{}%#<>&\r｛｝", exclude_categories=["C", "Z"]),
    min_size=1,
)
columns = st.builds(
    ColumnPiece,
    st.sampled_from(HEADERS),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=9) | st.sampled_from(["it's", ""]),
    st.sampled_from(sorted(FORMATS)),
)


@given(st.lists(columns | st.builds(TextPiece, words), max_size=5), st.sampled_from(["plain", "<p>old</p>"]))
def test_pieces_come_back(pieces: list[Piece], original: str) -> None:
    """What an editor puts together is split into the same pieces again."""
    source = join_pieces(pieces, original)
    again = split_pieces(source, HEADER)
    assert is_markup(source) == is_markup(original)
    assert join_pieces(again, source) == source
    assert [piece for piece in again if isinstance(piece, ColumnPiece)] == [
        piece for piece in pieces if isinstance(piece, ColumnPiece)
    ]


@pytest.mark.parametrize("fallback", ["{a}", "a\\b", "two\nlines"])
def test_a_fallback_that_cannot_be_written_is_refused(fallback: str) -> None:
    """The message says what can't be in it."""
    with pytest.raises(InputError, match="blank cell"):
        join_pieces([ColumnPiece("First Name", fallback)], "plain")
