"""Escape values in a project written as Jinja text, depending on whether they are inside a JSON string.

The quotes of the text are counted; every branch and loop must leave them unchanged. Text captured by a macro,
a `set` block or a call block is escaped for markup and JSON when it is created.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from merge.errors import CellError
from merge.project.json_text import quote
from merge.project.scripts import escape_text, is_markup
from merge.sheet.values import as_json, exact_number, finalize
from merge.template.sandbox.bounded_environment import BoundingGenerator, filtered

IN_TEXT, IN_MARKUP, AS_VALUE, AS_WRITTEN = " in text", " in markup", " as value", " as written"
JOINED = " joined"
"""Names of castmerge's own filters; the space keeps them out of every template's reach."""
_ESCAPE_OR_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(slots=True)
class JsonString:
    """One JSON string of the template, or a captured text.

    Attributes:
        line: the line where it begins
        text: its own text, without the values of expressions
        captured: whether it is a captured text
    """

    line: int
    text: str = ""
    captured: bool = False


@dataclass(slots=True)
class QuoteScan:
    """The strings of a template, and its expressions with the string that each is in.

    Attributes:
        strings: in their order
        expressions: an output node, the expression's index in it, and its string or None
    """

    strings: list[JsonString] = field(default_factory=list)
    expressions: list[tuple[nodes.Output, int, JsonString | None]] = field(default_factory=list)
    _inside: JsonString | None = None

    def walk(self, body: Iterable[nodes.Node]) -> None:
        """Scan a part of the template.

        Raises:
            TemplateSyntaxError: unbalanced quotes, or a statement that isn't allowed between them
        """
        for node in body:
            match node:
                case nodes.Output():
                    self._output(node)
                case nodes.If():
                    branches = [node.body, *(other.body for other in node.elif_), node.else_]
                    self._branches(branches, node.lineno)
                case nodes.For():
                    self._branches([node.body, node.else_], node.lineno)
                case nodes.CallBlock() if self._inside:
                    raise TemplateSyntaxError("a call block can't be inside quotation marks", node.lineno)
                case nodes.Macro() | nodes.AssignBlock() | nodes.CallBlock():
                    self._capture(node)
                case nodes.FilterBlock() | nodes.Include() if self._inside or isinstance(
                    node, nodes.FilterBlock
                ):
                    raise TemplateSyntaxError("this can't be inside quotation marks", node.lineno)
                case nodes.Block() | nodes.With() | nodes.Scope():
                    self.walk(node.body)
                case _:
                    continue

    def _output(self, node: nodes.Output) -> None:
        for index, child in enumerate(node.nodes):
            if isinstance(child, nodes.TemplateData):
                self._text(child.data, child.lineno)
            else:
                self.expressions.append((node, index, self._inside))

    def _text(self, text: str, line: int) -> None:
        start = 0
        for found in _ESCAPE_OR_QUOTE.finditer(text):
            if found[0] != '"':
                continue
            if self._inside:
                self._inside.text += text[start : found.start()]
                self._inside = None
            else:
                self._inside = JsonString(line + text.count("\n", 0, found.start()))
                self.strings.append(self._inside)
            start = found.end()
        if self._inside:
            self._inside.text += text[start:]

    def _branches(self, branches: Sequence[Sequence[nodes.Node]], line: int) -> None:
        before = self._inside
        for branch in branches:
            self._inside = before
            self.walk(branch)
            if bool(self._inside) is not bool(before):
                raise TemplateSyntaxError("a quotation mark is opened or closed in one branch only", line)
        self._inside = before or self._inside

    def _capture(self, node: nodes.Macro | nodes.AssignBlock | nodes.CallBlock) -> None:
        """A captured body is JSON if it has quotes of its own, and otherwise a text."""
        before = self._inside
        is_json = any('"' in data.data for data in node.find_all(nodes.TemplateData))
        text = None if is_json else JsonString(node.lineno, captured=True)
        self._inside = text
        self.walk(node.body)
        if self._inside is not text:
            raise TemplateSyntaxError("a quotation mark is never closed", node.lineno)
        if text:
            self.strings.append(text)
        self._inside = before


def scan(tree: nodes.Template) -> QuoteScan:
    """Scan a template for its strings and expressions.

    Raises:
        TemplateSyntaxError: with the line
    """
    found = QuoteScan()
    found.walk(tree.body)
    return found


class QuotingGenerator(BoundingGenerator):
    """Compiles a template whose expressions are escaped for the place that they are in."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """Compile a whole template."""
        for output, index, string in scan(node).expressions:
            output.nodes[index] = filtered(output.nodes[index], _filter_for(output.nodes[index], string))
        _Joining().visit(node)
        super().visit_Template(node, frame)


class _Joining(NodeTransformer):
    """Gives imported parts the row, and lets `~` keep captured text escaped."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        first, *others = node.nodes
        return filtered(first, JOINED, *others)

    def visit_Import(self, node: nodes.Import | nodes.FromImport) -> nodes.Node:  # noqa: N802 - Jinja's name
        node.with_context = True
        return node

    visit_FromImport = visit_Import  # noqa: N815 - Jinja's name


def _filter_for(expression: nodes.Expr, string: JsonString | None) -> str:
    if string:
        return IN_MARKUP if string.captured or is_markup(string.text) else IN_TEXT
    return AS_WRITTEN if _is_written(expression) else AS_VALUE


def _is_written(expression: nodes.Expr | None) -> bool:
    """Whether the template itself contains the text, as in `"," if not loop.last`."""
    match expression:
        case None | nodes.Const(value=str()):
            return True
        case nodes.CondExpr():
            return _is_written(expression.expr1) and _is_written(expression.expr2)
        case _:
            return False


def in_text(value: object) -> Markup:
    """Escape a value for a JSON string without markup; the markup of captured text is undone."""
    if isinstance(value, Markup):
        return _on_one_line(html.unescape(str(value)))
    return as_written(quote(str(finalize(value)))[1:-1])


def in_markup(value: object) -> Markup:
    """Escape a value for a JSON string with tags."""
    if isinstance(value, Markup):
        return _on_one_line(str(value))
    return as_written(quote(escape_text(str(finalize(value))))[1:-1])


def _on_one_line(captured: str) -> Markup:
    """Escape the template's own line breaks in a captured text; the rest is escaped already."""
    return as_written(_CONTROL.sub(lambda control: quote(control[0])[1:-1], captured))


def joined(*parts: object) -> str:
    """The result of `~`, which is captured text if any of its parts is."""
    if any(isinstance(part, Markup) for part in parts):
        return as_written("".join(in_markup(part) for part in parts))
    return "".join(str(finalize(part)) for part in parts)


def as_written(value: object) -> Markup:
    """A piece of JSON that needs no escaping."""
    return Markup(str(value))  # noqa: S704 - the template's own, or escaped by the caller


def as_value(value: object) -> Markup:
    """A value outside JSON strings: a number, a boolean, a list, or JSON from a macro or `tojson`.

    Raises:
        CellError: text, which needs quotation marks around it
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, str) and value.strip() in {"", ","}:
        return as_written(value)
    exact = exact_number(value)
    if exact is not None:
        return as_written(exact)
    if not isinstance(value, str):
        try:
            return as_written(json.dumps(value, default=as_json, ensure_ascii=False, allow_nan=False))
        except (TypeError, ValueError):
            pass
    raise CellError(
        f"the template has no quotation marks around the text “{str(value)[:40]}”",
        hint='Put quotation marks around the placeholder: "{{ … }}"',
    )
