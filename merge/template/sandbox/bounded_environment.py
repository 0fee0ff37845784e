"""Jinja's immutable sandbox with a budget for each row, so that a template can't hang or exhaust memory.

Everything that expressions take, create and print is charged to the row's `Budget`, and so is each turn of a
loop. An operation whose result can be far larger than its operands is checked before it starts. Costs are
steps and characters rather than seconds, so a row that fails here fails on every computer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, cast

from jinja2 import nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from merge.errors import CellError
from merge.sheet.values import finalize
from merge.template.sandbox.calculations import (
    TESTS,
    as_number,
    compare,
    numbers_in,
    operands,
    shown_number,
)

BUDGET = 500_000
"""Characters, list items and loop turns of one row, in total."""
TURN_COST = 20
"""The cost of a loop turn, a macro or a filter: each takes as long as this many characters."""
LARGEST_RESULT = 10_000_000
"""Characters or items that one operation may create before they are charged."""
LARGEST_WIDTH = 100_000
"""The maximum of a width, a count or a precision."""
LARGEST_INTEGER = 10_000
"""Bits of a product or a power; Python writes out at most 4,300 digits."""
DEEPEST_LOOPS = 19
"""The maximum nesting of loops; Python compiles no more."""
INCLUDE_COST = 1_000
"""Charged for each included part, whose own text isn't counted."""

BUDGET_NAME, CHARGED, _SPENT = " budget", " charged", " spent"
COMPARED, PRINTED, REPEATED = " compared", " printed", " repeated"
"""The name in each context, and filters; the space keeps them out of every template's reach."""

_REMOVED_FILTERS = ("pprint", "random", "urlize", "xmlattr")
_UNCHARGED_FILTERS = frozenset({"d", "default", "safe"})
_REFUSED_METHODS = frozenset({"encode", "maketrans", "to_bytes", "translate"})
_GROWING_FILTERS = frozenset(
    {"batch", "center", "indent", "join", "replace", "round", "slice", "tojson", "truncate", "wordwrap"}
)
_GROWING_METHODS = frozenset({"center", "expandtabs", "join", "ljust", "replace", "rjust", "zfill"})
_TEXT_FILTERS = frozenset(
    {"capitalize", "center", "e", "escape", "first_word", "forceescape", "indent", "lower", "pronounce"}
    | {"replace", "spoken", "string", "striptags", "title", "trim", "truncate", "upper", "urlencode"}
    | {"wordcount", "wordwrap"}
)
"""Filters that take a value's text."""
_JOINING_FILTERS = frozenset({"join", "join_and"})
_COUNTING = frozenset({"abs", "divisibleby", "even", "float", "int", "odd", "round", "sum"})
"""Filters and tests that take numbers."""
_PRINTF_WIDTHS = re.compile(r"%(?:\([^()]*\))?([-+ #0-9.*]*)")
_BRACE_WIDTHS = re.compile(r"\{[^{}:]*:((?:[^{}]|\{[^{}]*\})*)\}")


class Budget:
    """What one row may still spend.

    Attributes:
        left: steps and characters
        address_of: the address of the cell that a value comes from, or ""
    """

    __slots__ = ("address_of", "left")

    def __init__(self, address_of: Callable[[object], str]) -> None:
        self.left = BUDGET
        self.address_of = address_of

    def spend(self, cost: int) -> None:
        """Reduce the budget.

        Raises:
            CellError: the budget is used up
        """
        self.left -= cost
        if self.left < 0:
            raise _too_much()

    def charge(self, value: object) -> object:
        """Return the value after charging its size; an iterator is charged item by item."""
        if isinstance(value, Iterator):
            return map(self.charge, value)
        self.spend(_size(value, self.left))
        return value


def budget_of(context: Context) -> Budget:
    """The budget of the row that is being filled in."""
    budget = context.parent.get(BUDGET_NAME)
    if not isinstance(budget, Budget):
        raise _refused("a template was filled in without a limit")
    return budget


class SealedNamespace(Namespace):
    """Jinja's namespace, which never prints its contents."""

    def __repr__(self) -> str:
        return "<namespace>"


class _Function(Protocol):
    """A filter or a test, as Jinja calls it."""

    def __call__(self, *args: object, **named: object) -> object: ...


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The bounded sandbox. Its contexts must hold a `Budget` under `BUDGET_NAME`."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})
    intercepted_unops = frozenset({"+", "-"})
    locale = "en_US"
    """The reader's, for numbers in texts."""

    def charge_filters(self) -> None:
        """Make every filter charge the budget; call it once, after all of them are installed."""
        filters, tests = cast("dict[str, _Function]", self.filters), cast("dict[str, _Function]", self.tests)
        for name in _REMOVED_FILTERS:
            del filters[name]
        filters |= {
            name: _charging(name, function)
            for name, function in filters.items()
            if name not in _UNCHARGED_FILTERS
        }
        for sign, names in TESTS.items():
            tests |= dict.fromkeys(names, _comparing(sign, self.locale))
        tests |= {name: _charging(name, tests[name]) for name in ("in", *(_COUNTING & tests.keys()))}
        self.filters |= {CHARGED: _charged, _SPENT: _spent}
        self.filters |= {COMPARED: _compared, PRINTED: _printed, REPEATED: _repeated}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Parse a template; Jinja would take cubic time to compile deeply nested loops."""
        tree = super()._parse(source, name, filename)
        if _loops_deep(tree) > DEEPEST_LOOPS:
            raise RecursionError
        return tree

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may use an attribute."""
        return attr not in _REFUSED_METHODS and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Calculate, unless the result would be too large."""
        budget = budget_of(context)
        try:
            left, right = operands(operator, left, right, self.locale)
        except CellError as error:
            raise _placed(error, budget, [left, right]) from error
        match operator, left, right:
            case "**", int(), int() if left.bit_length() * max(right, 0) > LARGEST_INTEGER:
                raise _refused(f"a number to the power of {_short(right)} is too large")
            case "*", int(), int() if left.bit_length() + right.bit_length() > LARGEST_INTEGER:
                raise _refused("a product is too large")
            case ("*", (str() | list() | tuple()) as items, int(times)) | ("*", int(times), items):
                if times * _size(items, budget.left) > budget.left:
                    raise _too_much()
            case "%", str(), _:
                _check_format(_PRINTF_WIDTHS, left, [right])
            case _:
                pass
        return budget.charge(super().call_binop(context, operator, left, right))

    def call_unop(self, context: Context, operator: str, arg: object) -> object:
        """Give a number a sign."""
        budget = budget_of(context)
        try:
            return super().call_unop(context, operator, as_number(arg, self.locale))
        except CellError as error:
            raise _placed(error, budget, [arg]) from error

    def call(__self, __context: Context, __obj: object, *args: object, **kwargs: object) -> object:  # noqa: N805, PYI063 - as Jinja has it
        """Call a method, a function or a macro."""
        budget = budget_of(__context)
        given, named = _charged_arguments(budget, args, kwargs)
        method = getattr(__obj, "__wrapped__", __obj)
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        if isinstance(owner, str):
            budget.charge(owner)
            if name in _GROWING_METHODS:
                given = [list(item) if isinstance(item, Iterator) else item for item in given]
                _check_growth(owner, [*given, *named.values()])
            elif name in {"format", "format_map"}:
                _check_format(_BRACE_WIDTHS, owner, [*given, *named.values()])
                _require_values([*given, *named.values()])
        return budget.charge(super().call(__context, __obj, *given, **named))


class BoundingGenerator(CodeGenerator):
    """Compiles a template so that its loops, macros and growing values are charged."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """Compile a whole template."""
        _Charging().visit(node)
        super().visit_Template(node, frame)


BoundedEnvironment.code_generator_class = BoundingGenerator


def charging_output(show: Callable[[object], str]) -> Callable[[Context, object], str]:
    """The same way to print a value, its text charged."""

    @pass_context
    def shown(context: Context, value: object) -> str:
        text = show(value)
        budget_of(context).spend(len(text))
        return text

    return shown


@pass_context
def _charged(context: Context, value: object) -> object:
    return budget_of(context).charge(value)


@pass_context
def _spent(context: Context, value: object, cost: int) -> object:
    budget_of(context).spend(cost)
    return value


@pass_context
def _compared(context: Context, left: object, sign: str, right: object) -> object:
    budget, environment = budget_of(context), context.environment
    if sign in {"in", "notin"}:
        budget.charge(left)
        budget.charge(right)
    try:
        return compare(sign, left, right, getattr(environment, "locale", BoundedEnvironment.locale))
    except CellError as error:
        raise _placed(error, budget, [left, right]) from error


@pass_context
def _printed(_context: Context, value: object) -> object:
    return finalize(value)


@pass_context
def _repeated(context: Context, text: object, times: object) -> object:
    """A text that the template itself repeats, such as `"-" * 20`."""
    budget = budget_of(context)
    count, piece = (text, times) if isinstance(text, int) else (times, text)
    if not isinstance(count, int) or not isinstance(piece, str):
        raise _refused("text can only be repeated a whole number of times")
    if count * len(piece) > budget.left:
        raise _too_much()
    return budget.charge(piece * count)


def _comparing(sign: str, locale: str) -> _Function:
    def comparing(*operands: object) -> object:
        left, right = operands
        return compare(sign, left, right, locale)

    return cast("_Function", comparing)


def _numeric(name: str, value: object, locale: str, *, default: bool) -> object:
    """The arguments of number filters: texts become the numbers that they show.

    `int` and `float` replace other text by their default argument, but never by an implicit 0.
    """
    if name == "sum":
        return numbers_in(value, locale) if isinstance(value, Iterable) else value
    if default and isinstance(value, str) and shown_number(value, locale) is None:
        return value
    return as_number(value, locale)


def _require_values(items: Iterable[object]) -> None:
    """Refuse functions, lists and other non-values where text is created from them."""
    for item in items:
        finalize(item)


def _charging(name: str, function: _Function) -> _Function:
    """A filter or a test that charges its arguments and its result."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    def charging(context: Context, value: object, /, *args: object, **kwargs: object) -> object:
        budget = budget_of(context)
        budget.spend(TURN_COST)
        value = budget.charge(value)
        given, named = _charged_arguments(budget, args, kwargs)
        arguments = [*given, *named.values()]
        if name in _GROWING_FILTERS:
            value = list(value) if isinstance(value, Iterator | range) else value
            _check_growth(value, arguments)
        elif name == "format":
            _check_format(_PRINTF_WIDTHS, str(value), arguments)
        elif name == "sum" and any(isinstance(start, list | tuple) for start in arguments):
            raise _refused("sum only adds numbers")
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        leading = (first[wants],) if wants else ()
        cell = value
        try:
            _require_values(filter(callable, arguments))
            if name in _TEXT_FILTERS:
                _require_values([value])
            elif name in _JOINING_FILTERS and isinstance(value, list | tuple):
                _require_values(value)
            elif name in _COUNTING:
                locale = getattr(context.environment, "locale", BoundedEnvironment.locale)
                value = _numeric(name, value, locale, default=bool(arguments) and name != "sum")
            return budget.charge(function(*leading, value, *given, **named))
        except CellError as error:
            raise _placed(error, budget, [cell, *arguments]) from error

    return cast("_Function", charging)


def _charged_arguments(
    budget: Budget, args: Iterable[object], kwargs: Mapping[str, object]
) -> tuple[list[object], dict[str, object]]:
    return [budget.charge(arg) for arg in args], {name: budget.charge(arg) for name, arg in kwargs.items()}


def _placed(error: CellError, budget: Budget, values: list[object]) -> CellError:
    """The same problem with the cell that it is about, if that is known."""
    place = error.place or _place_of(error, budget, values)
    return type(error)(error.message, place=place, hint=error.hint)


def _place_of(error: CellError, budget: Budget, values: list[object]) -> str:
    """The cell that a filter's problem is about: the one whose text it quotes, or the only one; else ""."""
    cells = {address: value for value in values if (address := budget.address_of(value))}
    quoted = [address for address, value in cells.items() if f"“{str(value)[:20]}" in error.message]
    match quoted or list(cells):
        case [place]:
            return place
        case _:
            return ""


def _check_growth(value: object, arguments: Iterable[object]) -> None:
    """Refuse a call if its value's size times its largest argument is too large; no result exceeds that."""
    factor = 1
    for argument in arguments:
        if isinstance(argument, int):
            if abs(argument) > LARGEST_WIDTH:
                raise _refused(f"{_short(argument)} is too large here")
            factor = max(factor, abs(argument))
        else:
            factor = max(factor, _size(argument, LARGEST_RESULT))
    if _size(value, LARGEST_RESULT) * factor > LARGEST_RESULT:
        raise _too_much()


def _check_format(widths: re.Pattern[str], text: str, arguments: Iterable[object]) -> None:
    """Refuse a format string whose fields are too wide, or take their width from a value."""
    specs = " ".join(widths.findall(text))
    if "*" in specs or "{" in specs:
        raise _refused("a width must be part of the format itself")
    texts = (argument for argument in arguments if not isinstance(argument, int))
    _check_growth(text, [*map(int, re.findall(r"\d+", specs)), *texts])


def _size(value: object, limit: int) -> int:
    """Characters and items that a value holds at every depth; counting ends beyond `limit`."""
    if isinstance(value, str):
        return len(value) + 1
    total = 0
    rest = [value]
    while rest and total <= limit:
        item = rest.pop()
        match item:
            case str() | bytes():
                total += len(item) + 1
            case dict() | list() | tuple() | set() | frozenset():
                total += len(item) + 1
                if total <= limit:
                    rest.extend(item)
                    rest.extend(item.values() if isinstance(item, Mapping) else ())
            case int():
                total += item.bit_length() // 64 + 1
            case _:
                total += 1
    return total


def _short(number: int) -> str:
    return f"{number:,}" if number.bit_length() < 64 else "so large a number"  # noqa: PLR2004 - a machine word


def _refused(message: str) -> CellError:
    return CellError(message, hint="Use a smaller number in the template's expression")


def _too_much() -> CellError:
    return CellError(
        "the text that the template makes from this row is too long",
        hint="Look for a loop that runs too often, or text that is repeated or padded too much",
    )


class _Charging(NodeTransformer):
    """Adds charges for what Jinja compiles to plain Python, which calls no method of the environment."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's name
        self._charge_body(node)
        if node.test is not None:
            node.test = filtered(
                filtered(node.test, CHARGED), _SPENT, nodes.Const(TURN_COST, lineno=node.lineno)
            )
        return node

    def visit_Macro(self, node: nodes.Macro | nodes.CallBlock) -> nodes.Node:  # noqa: N802 - Jinja's name
        self._charge_body(node)
        return node

    visit_CallBlock = visit_Macro  # noqa: N815 - Jinja's name

    def visit_Include(self, node: nodes.Stmt) -> list[nodes.Stmt]:  # noqa: N802 - Jinja's name
        return [_spending(INCLUDE_COST, node.lineno), node]

    visit_Import = visit_FromImport = visit_Include  # noqa: N815 - Jinja's names

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        made: nodes.Expr | None = None
        left = node.expr
        for operand in node.ops:
            sign = nodes.Const(operand.op, lineno=node.lineno)
            one = filtered(left, COMPARED, sign, operand.expr)
            made = one if made is None else nodes.And(made, one, lineno=node.lineno)
            left = operand.expr
        return made or node

    def visit_Mul(self, node: nodes.Mul) -> nodes.Expr:  # noqa: N802 - Jinja's name
        written = any(map(_is_written_text, (node.left, node.right)))
        self.generic_visit(node)
        return filtered(node.left, REPEATED, node.right) if written else node

    def visit_List(self, node: nodes.Expr) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        return filtered(node, CHARGED)

    visit_Dict = visit_List  # noqa: N815 - Jinja's name

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        node.nodes = [filtered(each, PRINTED) for each in node.nodes]
        return filtered(node, CHARGED)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:  # noqa: N802 - Jinja's name
        return node if node.ctx == "store" else self.visit_List(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        return filtered(node, CHARGED) if isinstance(node.arg, nodes.Slice) else node

    def _charge_body(self, node: nodes.For | nodes.Macro | nodes.CallBlock) -> None:
        self.generic_visit(node)
        texts = (text for part in node.body for text in (part, *part.find_all(nodes.TemplateData)))
        size = sum(len(text.data) for text in texts if isinstance(text, nodes.TemplateData))
        node.body.insert(0, _spending(size + TURN_COST, node.lineno))


def _loops_deep(node: nodes.Node) -> int:
    inside = max(map(_loops_deep, node.iter_child_nodes()), default=0)
    return inside + isinstance(node, nodes.For)


def _is_written_text(node: nodes.Expr) -> bool:
    """Whether the text is written in the template itself, so that `*` repeats it."""
    return isinstance(node, nodes.Concat) or (isinstance(node, nodes.Const) and isinstance(node.value, str))


def filtered(expression: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    """An expression with one of castmerge's own filters applied to it."""
    made = nodes.Filter(
        cast("nodes.Expr", expression), name, list(args), [], None, None, lineno=expression.lineno
    )
    made.environment = expression.environment
    return made


def _spending(cost: int, line: int) -> nodes.Stmt:
    nothing, amount = nodes.Const(None, lineno=line), nodes.Const(cost, lineno=line)
    return nodes.ExprStmt(filtered(nothing, _SPENT, amount), lineno=line)
