"""Jinja's immutable sandbox with a budget for each row, so that a template can't hang or exhaust memory.

Everything that expressions take, create and print is charged to the row's `Budget`, and so is each turn of a
loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, cast

from jinja2 import nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from merge.sheet.values import finalize
from merge.template.sandbox.budget import (
    BRACE_WIDTHS,
    GROWING,
    PRINTF_WIDTHS,
    budget_of,
    check_call,
    refused,
    size_of,
    too_much,
)
from merge.template.sandbox.calculations import (
    COUNTING,
    TESTS,
    as_number,
    compare,
    is_boolean,
    operands,
    require_values,
    taken_by,
)

TURN_COST = 20
"""The cost of a loop turn, a macro or a filter: each takes as long as this many characters."""
LARGEST_INTEGER = 10_000
"""Bits of a product or a power; Python writes out at most 4,300 digits."""
DEEPEST_LOOPS = 19
"""The maximum nesting of loops; Python compiles no more."""
INCLUDE_COST = 1_000
"""Charged for each included part, whose own text isn't counted."""

_CHARGED, _SPENT, _COMPARED = " charged", " spent", " compared"
_PRINTED, _REPEATED = " printed", " repeated"
"""Filters; the space keeps them out of every template's reach."""

_REMOVED_FILTERS = ("pprint", "random", "urlize", "xmlattr")
_UNCHARGED_FILTERS = frozenset({"d", "default"})
_REFUSED_METHODS = frozenset({"encode", "maketrans", "to_bytes", "translate"})


class _Function(Protocol):
    """A filter or a test, as Jinja calls it."""

    def __call__(self, *args: object, **named: object) -> object: ...


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The bounded sandbox. Its contexts must have a `Budget` under `BUDGET_NAME`."""

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
        tests |= {name: partial(is_boolean, wanted=name == "true") for name in ("true", "false")}
        tests |= {name: _charging(name, tests[name]) for name in ("in", *(COUNTING & tests.keys()))}
        self.filters |= {_CHARGED: _charged, _SPENT: _spent, _COMPARED: _compared, _PRINTED: _printed}
        self.filters[_REPEATED] = _repeated

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
        with budget.placing(left, right):
            left, right = operands(operator, left, right, self.locale)
        match operator, left, right:
            case "**", int(), int() if left.bit_length() * right > LARGEST_INTEGER:
                raise refused("a power is too large")
            case "*", int(), int() if left.bit_length() + right.bit_length() > LARGEST_INTEGER:
                raise refused("a product is too large")
            case ("*", (list() | tuple()) as items, int(times)) | ("*", int(times), items):
                if times * size_of(items, budget.left) > budget.left:
                    raise too_much()
            case "%", str(), _:
                check_call("format", left, [right], PRINTF_WIDTHS)
                named = list(right.values()) if isinstance(right, dict) and "%(" in left else [right]
                require_values(right if isinstance(right, tuple) else named)
            case _:
                pass
        return budget.charge(super().call_binop(context, operator, left, right))

    def call_unop(self, context: Context, operator: str, arg: object) -> object:
        """Give a number a sign."""
        with budget_of(context).placing(arg):
            return super().call_unop(context, operator, as_number(arg, self.locale))

    def call(__self, __context: Context, __obj: object, *args: object, **kwargs: object) -> object:  # noqa: N805, PYI063 - as Jinja has it
        """Call a method, a function or a macro."""
        method = getattr(__obj, "__wrapped__", __obj)
        owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
        budget = budget_of(__context)
        if isinstance(owner, str):
            args = tuple(list(item) if isinstance(item, Iterator) else item for item in args)
            check_call(name, owner, [*args, *kwargs.values()], BRACE_WIDTHS)
            if name in {"format", "format_map"}:
                require_values([*args, *kwargs.values()])
        budget.spend(TURN_COST)
        return budget.charge(super().call(__context, __obj, *args, **kwargs))


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
def _spent(context: Context, value: object, cost: int) -> object:
    budget_of(context).spend(cost)
    return value


@pass_context
def _compared(context: Context, left: object, sign: str, right: object) -> object:
    with budget_of(context).placing(left, right):
        return compare(sign, left, right, _locale(context))


@pass_context
def _printed(_context: Context, value: object) -> object:
    return finalize(value)


@pass_context
def _charged(context: Context, value: object) -> object:
    return budget_of(context).charge(value)


@pass_context
def _repeated(context: Context, text: object, times: object) -> object:
    """A text that the template itself repeats, such as `"-" * 20`."""
    match text, times:
        case (str(piece), int(count)) | (int(count), str(piece)):
            budget_of(context).spend(max(count, 0) * len(piece))
            return piece * count
        case _:
            raise refused("text can only be repeated a whole number of times")


def _locale(context: Context) -> str:
    return getattr(context.environment, "locale", BoundedEnvironment.locale)


def _comparing(sign: str, locale: str) -> _Function:
    def comparing(*operands: object) -> object:
        left, right = operands
        return compare(sign, left, right, locale)

    return cast("_Function", comparing)


def _charging(name: str, function: _Function) -> _Function:
    """A filter or a test that charges its result; its arguments were charged when they were read."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    def charging(context: Context, value: object, /, *args: object, **kwargs: object) -> object:
        budget, arguments = budget_of(context), [*args, *kwargs.values()]
        budget.spend(TURN_COST)
        if name in GROWING and isinstance(value, Iterator | range):
            value = list(value)
        check_call(name, value, arguments, PRINTF_WIDTHS)
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        leading = (first[wants],) if wants else ()
        with budget.placing(value, *arguments):
            taken = taken_by(name, value, arguments, _locale(context))
            return budget.charge(function(*leading, taken, *args, **kwargs))

    return cast("_Function", charging)


class _Charging(NodeTransformer):
    """Adds charges for what Jinja compiles to plain Python, which calls no method of the environment."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        size = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        node.body.insert(0, _spending(size + TURN_COST, node.lineno))
        if node.test is not None:
            node.test = filtered(node.test, _SPENT, nodes.Const(TURN_COST, lineno=node.lineno))
        return node

    def visit_Include(self, node: nodes.Stmt) -> list[nodes.Stmt]:  # noqa: N802 - Jinja's name
        return [_spending(INCLUDE_COST, node.lineno), node]

    visit_Import = visit_FromImport = visit_Include  # noqa: N815 - Jinja's names

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        made: nodes.Expr | None = None
        left = node.expr
        for operand in node.ops:
            sign = nodes.Const(operand.op, lineno=node.lineno)
            one = filtered(left, _COMPARED, sign, operand.expr)
            made = one if made is None else nodes.And(made, one, lineno=node.lineno)
            left = operand.expr
        return made or node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - Jinja's name
        # A name that is only printed is charged by its text.
        node.nodes = [each if isinstance(each, nodes.Name) else self.visit(each) for each in node.nodes]
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:  # noqa: N802 - Jinja's name
        return node if node.ctx != "load" or node.name == "loop" else filtered(node, _CHARGED)

    def visit_Getitem(self, node: nodes.Getitem | nodes.Getattr) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        return filtered(node, _CHARGED)

    visit_Getattr = visit_Getitem  # noqa: N815 - Jinja's name

    def visit_Mul(self, node: nodes.Mul) -> nodes.Expr:  # noqa: N802 - Jinja's name
        written = any(map(_is_written_text, (node.left, node.right)))
        self.generic_visit(node)
        return filtered(node.left, _REPEATED, node.right) if written else node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        node.nodes = [filtered(each, _PRINTED) for each in node.nodes]
        return node


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
