from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from merge.workbook.write.linked_cells import LinkedCells

CELLS = st.tuples(st.sampled_from(["A", "K", "XFD"]), st.integers(1, 1_048_576))


@given(st.lists(CELLS), st.lists(CELLS))
def test_cells_are_remembered_as_a_set_would(
    linked: list[tuple[str, int]], others: list[tuple[str, int]]
) -> None:
    """What was added is there, once, and nothing else is."""
    refs = {f"{letters}{row}" for letters, row in linked}
    cells = LinkedCells(f"{letters}{row}" for letters, row in linked)
    assert len(cells) == len(refs)
    assert all(
        (f"{letters}{row}" in cells) == (f"{letters}{row}" in refs) for letters, row in linked + others
    )
    for letters in ("A", "K", "XFD"):
        rows = [row for _, row in linked + others]
        assert cells.count(letters, rows) == sum(f"{letters}{row}" in refs for row in rows)
