"""A sandbox whose expressions cannot outgrow the machine: sizes are foreseen, and what is made is paid for.

Each row has a `CostMeter`. Loops pay for each turn beforehand; operators, filters and calls whose result may
be far larger than what goes in are judged before they work; whatever comes of them is paid for afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

from jinja2 import nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from merge.errors import CellError
from merge.template.sandbox.budget import METER, CostMeter
from merge.template.sandbox.size_estimates import FILTERS, METHODS, check_numbers, foreseen_product, refuse

REFUSED_FILTERS = ("pprint", "random", "urlize", "xmlattr")
"""They throw dice, or make what belongs on web pages."""
_FREE = frozenset({"default", "d", "safe"})
_REFUSED_METHODS = frozenset({"encode", "to_bytes", "translate", "maketrans"})
WEIGHED, _SPENT, _TURNS = "a value weighed", "a body paid for", "the turns of a loop"
"""Names of our own filters; a blank keeps them out of every template's reach."""


class _Made(Protocol):
    """A filter or a test, as Jinja calls it."""

    def __call__(self, *args: object, **named: object) -> object: ...


class Names(Namespace):
    """Jinja's namespace; printing it is a mistake, and must not print what it holds."""

    def __repr__(self) -> str:
        return "<namespace>"


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, bounded. Its templates' contexts must hold a `CostMeter` as `METER`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def bind_filters(self) -> None:
        """Have every filter pay, those that were added among them; called once all are in place."""
        filters, tests = cast("dict[str, _Made]", self.filters), cast("dict[str, _Made]", self.tests)
        for name in REFUSED_FILTERS:
            del filters[name]
        filters |= {name: _paying(name, made) for name, made in filters.items() if name not in _FREE}
        tests["in"] = _paying("in", tests["in"])
        self.filters |= {WEIGHED: _weighed, _SPENT: _spent, _TURNS: _turns}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may use an attribute."""
        return attr not in _REFUSED_METHODS and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Calculate; what would come out too large is never begun."""
        meter = _meter(context)
        foreseen_product(meter, operator, left, right)
        return meter.weighed(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: object, *args: object, **kwargs: object) -> object:  # noqa: N805, PYI063 - as Jinja has it
        """Call a method, a function or a macro."""
        meter = _meter(__context)
        given = [meter.weighed(arg) for arg in args]
        named = {name: meter.weighed(arg) for name, arg in kwargs.items()}
        method = getattr(__obj, "__wrapped__", __obj)
        owner = getattr(method, "__self__", None)
        if isinstance(owner, str):
            meter.spend(len(owner) // 8 + 1)
            foresee = METHODS.get(getattr(method, "__name__", ""))
            if foresee:
                meter.spend(foresee(owner, *given, **named))
        elif isinstance(owner, int | float):
            check_numbers(given)
        return meter.weighed(super().call(__context, __obj, *given, **named))


class BoundingGenerator(CodeGenerator):
    """Compiles a template with its loops, macros and growing values paid for."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """Compile a whole template."""
        _bound(node, repeated=False)
        super().visit_Template(node, frame)


BoundedEnvironment.code_generator_class = BoundingGenerator


def _meter(context: Context) -> CostMeter:
    meter = context.parent.get(METER)
    if not isinstance(meter, CostMeter):
        raise refuse("a template was rendered without a limit")
    return meter


@pass_context
def _weighed(context: Context, value: object) -> object:
    return _meter(context).weighed(value)


@pass_context
def _spent(context: Context, value: object, cost: int) -> object:
    _meter(context).spend(cost)
    return value


@pass_context
def _turns(context: Context, value: object, cost: int) -> object:
    return _meter(context).repeated(value, cost)


def _paying(name: str, function: _Made) -> _Made:
    """A filter or a test that pays for what it is given and for what it makes."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")
    foresee = FILTERS.get(name)

    @pass_context
    def paying(context: Context, value: object, /, *args: object, **kwargs: object) -> object:
        meter = _meter(context)
        value = meter.weighed(value)
        given = [meter.weighed(arg) for arg in args]
        named = {key: meter.weighed(arg) for key, arg in kwargs.items()}
        if foresee:
            value = list(value) if isinstance(value, Iterator) else value
            meter.spend(foresee(value, *given, **named))
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        leading = (first[wants],) if wants else ()
        try:
            return meter.weighed(function(*leading, value, *given, **named))
        except CellError as error:
            place = error.place or _place_of(error, meter, [value, *given, *named.values()])
            if place == error.place:
                raise
            raise CellError(error.message, place=place, hint=error.hint) from error

    return cast("_Made", paying)


def _place_of(error: CellError, meter: CostMeter, values: list[object]) -> str:
    """The cell that a filter's problem is about: the one whose text it quotes, or the only one; else ""."""
    cells = {address: value for value in values if (address := meter.address_of(value))}
    quoted = [address for address, value in cells.items() if f"“{str(value)[:20]}" in error.message]
    match quoted or list(cells):
        case [place]:
            return place
        case _:
            return ""


def _bound(node: nodes.Node, *, repeated: bool) -> None:
    """Put a price on what is repeated and on what grows, within a node.

    Args:
        node: a part of a template, changed in place
        repeated: whether it may run more than once, or its output is kept for more than one use
    """
    inside = repeated or isinstance(node, _CAPTURING | nodes.For)
    for child in list(node.iter_child_nodes()):
        _bound(child, repeated=inside)
    for field in node.fields:
        value = getattr(node, field)
        if isinstance(value, list):
            setattr(node, field, [_priced(node, item, repeated=inside) for item in value])
        elif isinstance(value, nodes.Node):
            setattr(node, field, _priced(node, value, repeated=inside))
    match node:
        case nodes.For():
            cost = _static_size(node.body) + 1
            node.iter = filtered(cast("nodes.Expr", node.iter), _TURNS, cost)
            if node.recursive:
                node.body.insert(0, _charge(cost, node.lineno))
        case nodes.Macro() | nodes.CallBlock():
            node.body.insert(0, _charge(_static_size(node.body) + 1, node.lineno))
        case _:
            pass


_CAPTURING = nodes.Macro | nodes.CallBlock | nodes.FilterBlock | nodes.AssignBlock


def _priced(parent: nodes.Node, child: object, *, repeated: bool) -> object:
    match parent, child:
        case _, nodes.Tuple(ctx="store"):
            return child
        case nodes.Output(), nodes.Expr() if repeated and not isinstance(child, nodes.TemplateData):
            return filtered(child, WEIGHED)
        case nodes.Operand(op="in" | "notin"), nodes.Expr():
            return filtered(child, WEIGHED)
        case _, nodes.Concat() | nodes.List() | nodes.Tuple() | nodes.Dict():
            return filtered(child, WEIGHED)
        case _, nodes.Getitem(arg=nodes.Slice()):
            return filtered(child, WEIGHED)
        case _:
            return child


def filtered(expression: nodes.Expr, name: str, *costs: int) -> nodes.Filter:
    """An expression with one of our own filters behind it."""
    line = expression.lineno
    args: list[nodes.Expr] = [nodes.Const(cost, lineno=line) for cost in costs]
    made = nodes.Filter(expression, name, args, [], None, None, lineno=line)
    made.environment = expression.environment
    return made


def _charge(cost: int, line: int) -> nodes.ExprStmt:
    return nodes.ExprStmt(filtered(nodes.Const(None, lineno=line), _SPENT, cost), lineno=line)


def _static_size(body: list[nodes.Node]) -> int:
    data = (text for node in body for text in (node, *node.find_all(nodes.TemplateData)))
    return sum(len(text.data) for text in data if isinstance(text, nodes.TemplateData))
