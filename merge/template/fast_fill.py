"""Strings whose expressions are names alone: `Hello {{ First Name }}` is filled in without Jinja.

Most strings of most templates are of this kind, and Jinja's own way to them is ten times as long. What comes
out is the same: a name prints what its cell shows, and `default(…)` answers a blank one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from merge.project.scripts import escape_text
from merge.sheet.values import TemplateValue
from merge.sheet.values.unusable import BlankValue
from merge.template.row_values import printable


@dataclass(frozen=True, slots=True)
class NamePart:
    """An expression that is a name, and what answers it where its cell is blank.

    Attributes:
        name: the name
        otherwise: another name, or None
        text: the text that answers a blank, or None
    """

    name: str
    otherwise: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CellPart:
    """The text of a cell.

    Attributes:
        column: its column's number
        otherwise: the column whose cell is shown in its place where it is blank, or None
        text: the text that answers a blank one, or None
    """

    column: int
    otherwise: int | None = None
    text: str | None = None

    def of(self, values: Mapping[int, TemplateValue]) -> str:
        """The text for a row.

        Raises:
            CellError: the cell cannot be said, or is blank and nothing answers it
        """
        found = printable(values, self.column)
        if isinstance(found, BlankValue):
            if self.text is not None:
                return self.text
            if self.otherwise is not None:
                return str(printable(values, self.otherwise))
        # To print a cell that cannot be said raises its problem.
        return str(found)


@dataclass(frozen=True, slots=True)
class FastString:
    """A string in pieces: its own text, and what is shown of cells.

    Attributes:
        pieces: text and cells in their order
        markup: whether what comes from cells is escaped
    """

    pieces: tuple[str | CellPart, ...]
    markup: bool

    def text(self, values: Mapping[int, TemplateValue]) -> str:
        """The string for a row.

        Raises:
            CellError: a cell cannot be said, or is blank and nothing answers it
        """
        if self.markup:
            return "".join(
                [piece if isinstance(piece, str) else escape_text(piece.of(values)) for piece in self.pieces]
            )
        return "".join([piece if isinstance(piece, str) else piece.of(values) for piece in self.pieces])


def named_pieces(tree: nodes.Template) -> tuple[str | NamePart, ...] | None:
    """A parsed string in pieces, or None where anything but names is in it."""
    found = tuple(_pieces(tree.body))
    return None if None in found else tuple(piece for piece in found if piece is not None)


def _pieces(body: Sequence[nodes.Node]) -> Iterator[str | NamePart | None]:
    for node in body:
        if not isinstance(node, nodes.Output):
            yield None
            return
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else _named(part)


def _named(node: nodes.Expr) -> NamePart | None:
    match node:
        case nodes.Name(name=str(name)):
            return NamePart(name)
        case nodes.Filter(
            name="default" | "d",
            node=nodes.Name(name=str(name)),
            args=[nodes.Name(name=str(other))],
            kwargs=[],
            dyn_args=None,
            dyn_kwargs=None,
        ):
            return NamePart(name, otherwise=other)
        case nodes.Filter(
            name="default" | "d",
            node=nodes.Name(name=str(name)),
            args=[nodes.Const(value=str(text))],
            kwargs=[],
            dyn_args=None,
            dyn_kwargs=None,
        ):
            return NamePart(name, text=text)
        case _:
            return None


def compile_fast(
    pieces: Sequence[str | NamePart],
    columns: Mapping[str, int],
    constants: Mapping[str, str],
    *,
    markup: bool,
) -> FastString | None:
    """The pieces with their names understood; None where one is neither a column nor a constant.

    Args:
        pieces: from `named_pieces`
        columns: the number of each column that is named
        constants: names with a text of their own
        markup: whether the string holds tags, so that what is filled in must be escaped
    """
    found: list[str | CellPart] = []
    for piece in pieces:
        if isinstance(piece, str):
            found.append(piece)
        elif piece.name in columns and (piece.otherwise is None or piece.otherwise in columns):
            other = None if piece.otherwise is None else columns[piece.otherwise]
            found.append(CellPart(columns[piece.name], other, piece.text))
        elif piece.name in constants:
            text = constants[piece.name]
            found.append(escape_text(text) if markup else text)
        else:
            return None
    return FastString(tuple(found), markup)
