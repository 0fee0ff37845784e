"""Which expressions of a project as Jinja text stand inside its JSON strings, and what they become there.

Quotes are counted through the text as it stands: branches and loops must leave them as they found them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from merge.errors import CellError
from merge.project.json_text import quote
from merge.project.scripts import escape_text, is_markup
from merge.sheet.values import as_json, exact_number, finalize
from merge.template.sandbox.bounded_environment import CHARGED, BoundingGenerator, filtered

IN_TEXT, IN_MARKUP, AS_VALUE, AS_WRITTEN = "in a text", "in markup", "as a value", "as written"
JOINED = "what is joined"
"""Names of our own filters; a blank keeps them out of every template's reach."""
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_CAPTURES = (nodes.Macro, nodes.AssignBlock, nodes.CallBlock)


@dataclass(slots=True)
class JsonString:
    """One JSON string of the template, or a text that is `kept` to be put into one.

    What is kept is escaped for markup and for JSON when it is put together, whatever string it goes into.
    """

    line: int
    texts: list[str] = field(default_factory=list)
    kept: bool = False

    @property
    def text(self) -> str:
        """Its own text, without what expressions put in."""
        return "".join(self.texts)


@dataclass(slots=True)
class QuoteScan:
    """What the walk through a template found: its strings, and its expressions with where they stand."""

    strings: list[JsonString] = field(default_factory=list)
    expressions: list[tuple[nodes.Output, int, JsonString | None]] = field(default_factory=list)
    _inside: JsonString | None = None

    def walk(self, body: Iterable[nodes.Node]) -> None:
        """Go through a part of the template in its order.

        Raises:
            TemplateSyntaxError: quotes that do not match, or what may not stand inside of them
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
                case nodes.Macro() | nodes.AssignBlock() | nodes.CallBlock():
                    self._capture(node)
                case nodes.FilterBlock() | nodes.Include() if self._inside or isinstance(
                    node, nodes.FilterBlock
                ):
                    raise TemplateSyntaxError("this cannot stand inside quotation marks", node.lineno)
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
        end = 0
        for found in _QUOTE.finditer(text):
            if found[0] != '"':
                continue
            if self._inside:
                self._inside.texts.append(text[end : found.start()])
                self._inside = None
            else:
                self._inside = JsonString(line + text.count("\n", 0, found.start()))
                self.strings.append(self._inside)
            end = found.end()
        if self._inside:
            self._inside.texts.append(text[end:])

    def _branches(self, branches: Sequence[Sequence[nodes.Node]], line: int) -> None:
        before = self._inside
        for branch in branches:
            self._inside = before
            self.walk(branch)
            if bool(self._inside) is not bool(before):
                raise TemplateSyntaxError("a quotation mark is opened or closed in one branch only", line)
        self._inside = before or self._inside

    def _capture(self, node: nodes.Macro | nodes.AssignBlock | nodes.CallBlock) -> None:
        """What is kept for later is a text, or JSON where it has quotes of its own."""
        before = self._inside
        if before and isinstance(node, nodes.CallBlock):
            raise TemplateSyntaxError("a call block cannot stand inside quotation marks", node.lineno)
        own = "".join(data.data for data in node.find_all(nodes.TemplateData))
        text = JsonString(node.lineno, kept=True) if '"' not in own else None
        self._inside = text
        self.walk(node.body)
        if self._inside is not text:
            raise TemplateSyntaxError("a quotation mark is opened and not closed", node.lineno)
        if text:
            self.strings.append(text)
        self._inside = before


def scan(tree: nodes.Template) -> QuoteScan:
    """The strings of a template, and what stands in them.

    Raises:
        TemplateSyntaxError: with the line
    """
    found = QuoteScan()
    found.walk(tree.body)
    return found


class QuotingGenerator(BoundingGenerator):
    """Compiles a template whose expressions know whether they stand inside a JSON string."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """Compile a whole template."""
        _quote_all(node)
        super().visit_Template(node, frame)


def _quote_all(tree: nodes.Template) -> None:
    found = scan(tree)
    imports: Iterable[nodes.Import | nodes.FromImport] = tree.find_all((nodes.Import, nodes.FromImport))
    for imported in imports:
        # What is imported sees the row as well, as everything else does.
        imported.with_context = True
    for output, index, quoted in found.expressions:
        child = output.nodes[index]
        output.nodes[index] = filtered(child, _kind(child, quoted))
    _Joining().visit(tree)


class _Joining(NodeTransformer):
    """Has `~` join texts for JSON."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        first, *others = node.nodes
        return filtered(filtered(first, JOINED, *others), CHARGED)


def _kind(child: nodes.Expr, quoted: JsonString | None) -> str:
    if quoted:
        return IN_MARKUP if quoted.kept or is_markup(quoted.text) else IN_TEXT
    return AS_WRITTEN if _is_written(child) else AS_VALUE


def _is_written(child: nodes.Expr | None) -> bool:
    """Whether the template itself says what comes, such as `"," if not loop.last`."""
    match child:
        case None | nodes.Const(value=str()):
            return True
        case nodes.CondExpr():
            return _is_written(child.expr1) and _is_written(child.expr2)
        case _:
            return False


def in_text(value: object) -> Markup:
    """A value for the inside of a JSON string; a kept text is no markup there."""
    if isinstance(value, Markup):
        return _one_line(html.unescape(str(value)))
    return as_written(quote(str(finalize(value)))[1:-1])


def in_markup(value: object) -> Markup:
    """A value for the inside of a JSON string that has tags."""
    if isinstance(value, Markup):
        return _one_line(str(value))
    return as_written(quote(escape_text(str(finalize(value))))[1:-1])


def _one_line(kept: str) -> Markup:
    """A kept text, in which only the template's own line breaks are not yet escaped."""
    return as_written(_CONTROL.sub(lambda control: quote(control[0])[1:-1], kept))


def joined(value: object, *others: object) -> str:
    """What `~` joins: a kept text makes the whole of it one."""
    parts = [value, *others]
    if any(isinstance(part, Markup) for part in parts):
        return as_written("".join(in_markup(part) for part in parts))
    return "".join(map(str, parts))


def as_written(value: object) -> Markup:
    """A piece of JSON that stands in the template itself."""
    return Markup(str(value))  # noqa: S704 - the template's own


def as_value(value: object) -> Markup:
    """A value where JSON has one: a number, a boolean, a list, or JSON from a macro or `tojson`.

    Raises:
        CellError: text, which needs quotes around it
    """
    match value:
        case Markup():
            return value
        case None | bool() | list() | tuple() | dict():
            return as_written(json.dumps(value, default=as_json, ensure_ascii=False))
        case str() if value.strip() in {"", ","}:
            return as_written(value)
        case _:
            return as_written(_scalar(value))


def _scalar(value: object) -> str:
    exact = exact_number(value)
    if exact is not None:
        return exact
    if isinstance(value, Undefined):
        return str(value)
    try:
        return json.dumps(as_json(value)) if not isinstance(value, str) else _unquoted(value)
    except TypeError:
        return _unquoted(value)


def _unquoted(value: object) -> str:
    raise CellError(
        f"the text '{str(value)[:40]}' stands where the template has no quotation marks",
        hint='Put quotation marks around the placeholder: "{{ … }}"',
    )
