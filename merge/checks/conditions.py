"""Conditions that a word for no doesn't stop: in `{% if VIP %}`, any text counts as true, `No` as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from merge.checks.fault import quoted
from merge.checks.warning import RowWarning, WarningKind
from merge.model import CellKind, SheetRow, shell_word
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column

_NO: Final = frozenset(
    word
    for line in (
        "no n not non nein nee nej nei ei não nao nie ne nem nu hayır hayir нет ні όχι",
        "false f falsch falso faux onwaar off aus none never keine kein nicht ninguno nessuno aucun geen 0",
        "아니요 아니오 いいえ 無 否 不 不是 没有 不要 לא لا नहीं ไม่ không tidak bukan ✗ ✘ ❌ ☐",
    )
    for word in line.split()
)
"""Words that say no, in the languages of castmerge's users."""
_OUTER: Final = " \t\n\u00a0.…!:;,'\"“”()"


def words_for_no(
    columns: Iterable[Column], rows: Sequence[SheetRow], sheet: str, *, option: str = ""
) -> Iterator[RowWarning]:
    """One warning for each tested column with such words.

    Args:
        columns: those that are tested without being compared
        rows: the rows of the data
        sheet: the worksheet's name
        option: the option with the condition; "" if it is in the template
    """
    for column in columns:
        texts = {
            row.number: cell.value.strip(_OUTER)
            for row in rows
            if (cell := row.cells.get(column.number))
            and cell.kind is CellKind.TEXT
            and isinstance(cell.value, str)
        }
        found = {number: text for number, text in texts.items() if text.casefold() in _NO}
        if not found:
            continue
        others = Counter(text for number, text in texts.items() if text and number not in found)
        yes = others.most_common(1)[0][0] if others else "Yes"
        header = " ".join(column.header.split())
        first, *more = found
        condition = f"{option} {shell_word(header)}" if option else f"{{% if {header} %}}"
        message = f"{quoted(found[first])} counts as true in {condition}, as any text does"
        if more:
            message += f", and {len(more):,} more {'cell' if len(more) == 1 else 'cells'} like it"
        yield RowWarning(
            WarningKind.CONDITION,
            cell_address(sheet, first, column.number),
            message,
            _hint(header, yes, option),
            rows=tuple(found),
        )


def _hint(header: str, yes: str, option: str) -> str:
    if option:
        return f"Write {option} \"{header} == '{yes}'\", or clear these cells"
    return f'Write {{% if {header} == "{yes}" %}} in the template, or clear these cells'
