"""Values of cells that can't be used: blank cells, errors, and formulas without a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn, Protocol, TypeVar

from jinja2 import Undefined

from merge.errors import CellError

_CELL = TypeVar("_CELL", bound=type)

_USES: Final = (
    *(
        "__str__",
        "__format__",
        "__iter__",
        "__len__",
        "__contains__",
        "__getitem__",
        "__call__",
        "__reversed__",
    ),
    *("__int__", "__float__", "__complex__", "__index__", "__round__", "__trunc__", "__floor__", "__ceil__"),
    *("__lt__", "__le__", "__gt__", "__ge__", "__divmod__", "__rdivmod__"),
    *("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__"),
    *("__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__pow__", "__rpow__"),
    *("__neg__", "__pos__", "__abs__"),
)


class _Unusable(Protocol):
    def _problem(self) -> CellError: ...


def _raising(*names: str) -> Callable[[_CELL], _CELL]:
    """Class decorator that makes these methods raise the cell's problem."""

    def use(self: _Unusable, *operands: object) -> NoReturn:
        del operands
        raise self._problem()

    def decorated(cls: _CELL) -> _CELL:
        for name in names:
            setattr(cls, name, use)
        return cls

    return decorated


@_raising(*_USES)
class BlankValue(Undefined):
    """A blank cell: false, equal to "" and None, and replaced by `default(...)`.

    Any other use raises `CellError`.
    """

    __slots__ = ("_header", "_place")
    text = ""
    value = None

    @property
    def link(self) -> str:
        """A blank cell has none."""
        raise self._problem()

    def __init__(self, address: str, header: str) -> None:
        super().__init__(name=header)
        self._place = address
        self._header = header

    def _problem(self) -> CellError:
        return CellError(
            f"“{self._header}” is blank",
            place=self._place,
            hint=f'Enter a value, or set a fallback in the template: {{{{ {self._header} | default("…") }}}}',
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._problem()

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Undefined) or (isinstance(other, str) and other == "")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")


class MissingLink(BlankValue):
    """The link of a cell that has none; like a blank cell."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("", "link")

    def _problem(self) -> CellError:
        return CellError(
            "the cell has no link",
            hint="Insert one in Excel (Ctrl+K), or set a fallback in the template: | default(…)",
        )


NO_LINK: Final = MissingLink()


@_raising("__bool__", "__eq__", "__ne__", "__hash__", *_USES)
class ErrorValue:
    """A cell with an error, or a formula without a result: any use raises `CellError`.

    `default(...)` doesn't replace it: an error in the workbook has to be fixed.
    """

    __slots__ = ("_hint", "_message", "_place")

    def __init__(self, message: str, *, place: str, hint: str) -> None:
        self._message = message
        self._place = place
        self._hint = hint

    def _problem(self) -> CellError:
        return CellError(self._message, place=self._place, hint=self._hint)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._problem()

    @property
    def link(self) -> str:
        """An error has none."""
        raise self._problem()

    def __repr__(self) -> str:
        return f"<{self._place}: {self._message}>"
