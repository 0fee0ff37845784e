"""What is odd about a worksheet beside a template: hidden rows, rows alike, what goes unused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from merge.checks.warning import RowWarning, WarningKind
from merge.project.scripts import is_script, is_shown, plain_text
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column, Header, normalize

_SHOWN = 5
_WANTED = (
    "avatar",
    "background",
    "clothes",
    "greeting",
    "image",
    "language",
    "locale",
    "logo",
    "message",
    "model",
    "music",
    "photo",
    "picture",
    "pronunciation",
    "salutation",
    "script",
    "spoken",
    "video link",
    "voice",
)
"""Words of headers that speak of a video; who has such a column means it to be used."""

_BETTER = frozenset(
    {"correct", "corrected", "display", "final", "formatted", "new", "phonetic", "preferred", "updated"}
)
"""What people add to the header of a column that is to be used in another's place."""


def hidden_rows(taken: Sequence[int], left_out: Sequence[int], sheet: str) -> Iterator[RowWarning]:
    """Rows that Excel hides, which a filter that was forgotten makes easily.

    Args:
        taken: the numbers of hidden rows that would be submitted
        left_out: of those that are left out because Excel hides them
        sheet: the worksheet's name
    """
    if taken:
        message = f"{_rows(taken)} hidden in Excel, and would be submitted"
        yield RowWarning(
            WarningKind.HIDDEN_ROWS, sheet, message, "Say --visible-only to leave hidden rows out"
        )
    if left_out:
        message = f"{_rows(left_out)} hidden in Excel, and left out"
        yield RowWarning(WarningKind.HIDDEN_ROWS, sheet, message, "Show them in Excel to have them made")


def unused_columns(header: Header, used: Iterable[Column], sheet: str) -> Iterator[RowWarning]:
    """Columns that the template does not use although they look as if they were meant for it.

    A column looks wanted where its header speaks of videos, or is that of a used column made better
    (`Amount`, `Amount corrected`).
    """
    names = {column.number: set(normalize(column.header).split()) for column in header.columns}
    taken = {column.number for column in used}
    for column in header.columns:
        if column.number in taken or not names[column.number]:
            continue
        twin = next(
            (
                other
                for other in header.columns
                if other.number in taken and _is_variant(names, column, other)
            ),
            None,
        )
        if twin or _speaks_of_videos(names[column.number]):
            beside = f", though “{twin.header}” is" if twin else ""
            place = cell_address(sheet, header.row, column.number)
            message = f"the column “{' '.join(column.header.split())}” is not used by the template{beside}"
            yield RowWarning(
                WarningKind.UNUSED_COLUMN, place, message, "Use it in the template, if it is meant"
            )


def unused_names(names: Iterable[str]) -> Iterator[RowWarning]:
    """Names that were given with `--set` and that the template never mentions."""
    for name in names:
        message = f"the name “{name}” was given and is not used by the template"
        yield RowWarning(WarningKind.UNUSED_NAME, f"--set {name}", message, "Check its spelling")


class SameVideos:
    """Finds rows whose videos would say and show the same. A row is kept as a 64-bit BLAKE2b digest."""

    def __init__(self) -> None:
        self._rows: dict[bytes, list[int]] = {}

    def add(self, number: int, strings: Mapping[str, str]) -> None:
        """Add a row by its filled-in strings, by JSON path; the project's name doesn't count."""
        shown = (f"{path}\x1f{_said(path, text)}" for path, text in strings.items() if path != "$.name")
        text = "\x1e".join(shown).encode("utf-8", "surrogatepass")
        self._rows.setdefault(blake2b(text, digest_size=8).digest(), []).append(number)

    def warnings(self, sheet: str) -> Iterator[RowWarning]:
        """One warning if any rows are the same apart from case and white space."""
        same = [numbers for numbers in self._rows.values() if len(numbers) > 1]
        if same:
            shown = [_listed(numbers, len(numbers)) for numbers in same[:_SHOWN]]
            named = "; ".join(shown) + ("; …" if len(same) > _SHOWN else "")
            spare = sum(len(numbers) - 1 for numbers in same)
            one = "1 video more than needed" if spare == 1 else f"{spare:,} videos more than needed"
            message = f"some rows would make the same video ({named}): {one}"
            hint = "Delete a row that is there twice, or give one video to both"
            yield RowWarning(WarningKind.ALIKE, sheet, message, hint)


def _said(path: str, text: str) -> str:
    words = plain_text(text) if is_script(path) or is_shown(path) else text
    return " ".join(words.split()).casefold()


def _is_variant(names: Mapping[int, set[str]], column: Column, used: Column) -> bool:
    more = names[column.number] - names[used.number]
    return bool(more) and names[used.number] < names[column.number] and more <= _BETTER


def _speaks_of_videos(words: set[str]) -> bool:
    return any(set(wanted.split()) <= words for wanted in _WANTED)


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]} is"
    return f"{len(numbers):,} rows ({_listed(numbers, len(numbers))}) are"


def _listed(numbers: Sequence[int], count: int) -> str:
    return ", ".join(map(str, numbers[:_SHOWN])) + (", …" if count > _SHOWN else "")
