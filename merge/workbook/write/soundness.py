"""Check what Excel repairs and no schema shows: the order of cells, Tables, numbers, the calculation chain.

Only what a write adds counts; a workbook may have had such faults before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from merge.errors import WorkbookError
from merge.sheet.addresses import known_range
from merge.workbook.xml.parse import Element, children, decode_xstring, descendants, local, number, parse

_NUMBERS = frozenset((None, "n"))
"""Types of cells with a number; a cell without a type is one."""


def refuse_unsound_cells(row: int, columns: Sequence[int], ours: Iterable[int]) -> None:
    """Stop if one of our cells is doubled or out of order; others are only compared with the old row.

    Args:
        row: the row's number
        columns: of its cells, in the order of the file
        ours: the columns that were written

    Raises:
        WorkbookError: there is such a cell.
    """
    written = frozenset(ours)
    for left, right in pairwise(columns):
        if left >= right and (left in written or right in written):
            what = "twice" if left == right else "out of order"
            raise WorkbookError(f"a cell of row {row} is there {what}")


def refuse_unsound_value(row: int, cell: Element) -> None:
    """Stop if a cell for a number has a text, which Excel calls damage.

    Raises:
        WorkbookError: it has.
    """
    if cell.get("t") not in _NUMBERS:
        return
    for value in children(cell, "v"):
        try:
            float(value.text or "")
        except ValueError as error:
            raise WorkbookError(f"a cell of row {row} has a text where its number would be") from error


def refuse_lost_formula(row: int, cell: Element) -> None:
    """Stop if a cell that was overwritten had a formula, which the calculation chain would still list.

    Raises:
        WorkbookError: it had.
    """
    if next(children(cell, "f"), None) is not None:
        raise WorkbookError(f"a formula of row {row} is gone, but the calculation chain lists it")


def refuse_unsound_table(
    before: bytes, after: bytes, *, header_row: int, new: Mapping[int, str], place: str
) -> None:
    """Stop if a Table that grew doesn't have exactly the new headers in addition to its columns.

    Args:
        before: its part in the old workbook
        after: its part in the new one
        header_row: number of the row with its headers
        new: the new headers, by column
        place: the part, for messages

    Raises:
        WorkbookError: it is wider than its columns, or a header is doubled or unlike that in its cell.
    """
    old, names = (_names(parse(data, place)) for data in (before, after))
    headers = [header for _, header in sorted(new.items())]
    if names != [*old, *headers]:
        raise WorkbookError("the Table's headers aren't those in its cells")
    if len({name.casefold() for name in names}) - len({name.casefold() for name in old}) != len(headers):
        raise WorkbookError("the Table has two columns with one header")
    root = parse(after, place)
    where = known_range(root.get("ref", ""))
    counts = [number(it.get("count"), len(names)) for it in children(root, "tableColumns")]
    if where is None or where.last_column - where.first_column + 1 != len(names) or counts != [len(names)]:
        raise WorkbookError("the Table is wider than its columns")
    if where.first_row != header_row or where.last_column != max(new):
        raise WorkbookError("the Table isn't where its headers are")
    ids = [
        {it.get("id") for it in descendants(parse(data, place), "tableColumn")} for data in (before, after)
    ]
    if len(ids[1]) - len(ids[0]) != len(headers):
        raise WorkbookError("two columns of the Table have one number")


def _names(table: Element) -> list[str]:
    columns = (it for holder in children(table, "tableColumns") for it in holder)
    return [decode_xstring(it.get("name", "")) for it in columns if local(it) == "tableColumn"]
