from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from merge.input.row_identity import content_hash
from merge.model import Cell, CellKind, Fingerprint, RowKey
from merge.project.fingerprint import fingerprint, make_tag, tag_of_name, tagged_name


@given(st.text(), st.text(), st.integers(0, 9))
def test_the_tag_is_read_back_from_the_name(name: str, key: str, generation: int) -> None:
    """This works for any project name."""
    tag = make_tag(RowKey(key), Fingerprint("f"), generation)
    assert tag_of_name(tagged_name(name, tag)) == tag


def test_each_generation_has_its_own_tag() -> None:
    """A row that is made again isn't confused with its older video."""
    tags = {make_tag(RowKey("k"), Fingerprint("f"), generation) for generation in range(50)}
    assert len(tags) == 50


def test_a_name_without_a_tag_has_none() -> None:
    """Other brackets aren't a tag."""
    assert [tag_of_name(name) for name in ("Hello", "Hello [Ana]", "[k7f3q9x2ma] x", "[K7F3Q9X2MA]")] == [
        None
    ] * 4


def test_content_does_not_depend_on_columns_order_or_formats() -> None:
    """A row keeps its content if a column is moved or formatted."""
    ana, price = Cell(CellKind.TEXT, "Ana"), Cell(CellKind.NUMBER, 3, "0.00")
    plain = Cell(CellKind.NUMBER, 3)
    assert content_hash([("name", ana), ("price", price)]) == content_hash([("price", plain), ("name", ana)])


def test_content_distinguishes_numbers_from_text() -> None:
    """The text 3 and the number 3 are different contents."""
    text, number = Cell(CellKind.TEXT, "3"), Cell(CellKind.NUMBER, 3)
    assert content_hash([("a", text)]) != content_hash([("a", number)])


def test_blank_cells_do_not_change_the_content() -> None:
    """A new column that is blank changes nothing."""
    cell = Cell(CellKind.TEXT, "Ana")
    assert content_hash([("a", cell), ("b", None)]) == content_hash([("a", cell)])


def test_a_fingerprint_is_sha_256() -> None:
    """It has 64 hexadecimal digits and depends only on the text."""
    assert fingerprint("{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
