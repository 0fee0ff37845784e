"""Bind a project that is written as Jinja text, and the parts that it includes, to a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, meta, nodes

from merge.project.media_urls import ADDRESS_FIELDS, out_of_reach
from merge.sheet.columns import Header, find_column
from merge.template.bind_json import Binding
from merge.template.document import TextTemplate
from merge.template.editor_repair import repair_placeholders
from merge.template.error_messages import TOO_DEEP, explain_syntax_error
from merge.template.filters import FilterSet
from merge.template.foreign_placeholders import lookalikes
from merge.template.name_resolution import NameResolver
from merge.template.placeholders import place_headers, unknown_header
from merge.template.render_text import TextRenderer
from merge.template.sandbox.bounded_environment import BoundedEnvironment
from merge.template.sandbox.environments import json_environment
from merge.template.sandbox.json_quoting import scan

_ADDRESS = re.compile(rf"""\"(?:{"|".join(ADDRESS_FIELDS)})\"\s*:\s*\"([^"{{}}\\]+)\"""")
FROM_THE_FOLDER = "Parts are read from the template's own folder, by their names alone"


def bind_text(
    template: TextTemplate,
    header: Header,
    constants: Mapping[str, str],
    speech: FilterSet | None = None,
    *,
    marks: bool = False,
) -> Binding:
    """Compile a project as Jinja text for the columns of a worksheet.

    Args:
        template: the text and its parts
        header: the worksheet's columns
        constants: further names with their text
        speech: the language of filters, and how words are said
        marks: render with marks around merged words, for showing only

    Raises:
        TemplateError: as `merge.binding.bind`, with lines instead of JSON paths; a part that is not there
    """
    speech = speech or FilterSet()
    naming = NameResolver(template.name, header, constants)
    files = {**template.parts, template.name: template.source}
    prepared = {
        name: place_headers(repair_placeholders(source), header.columns) for name, source in files.items()
    }
    environment = json_environment(prepared, speech, marks=marks)
    reader = _Reader(naming, template.name, prepared, environment)
    trees = reader.read(template.name)
    given = {name for tree in trees.values() for name in _set_within(tree)} if len(trees) > 1 else set()
    for name in trees:
        for address in dict.fromkeys(_addresses(files[name])):
            far = out_of_reach(address)
            if far:
                naming.fault(f"'{address[:40]}'", *far, reader.within(name) or template.name)
    for name, tree in trees.items():
        naming.declare(tree, reader.within(name), given=given, by_line=True)
    names = naming.row_names()
    compiled = environment.get_template(template.name)
    own = frozenset(address for name in trees for address in _addresses(files[name]))
    return Binding(TextRenderer(template.name, compiled, template.project_options, speech.said, own), names)


def _addresses(source: str) -> Iterator[str]:
    """The addresses that stand in a template as they are, and so are the same in every row."""
    return (found[1] for found in _ADDRESS.finditer(source))


class _Reader:
    """Reads a template and all that it includes, and has their faults noted."""

    def __init__(
        self, naming: NameResolver, main: str, files: Mapping[str, str], environment: BoundedEnvironment
    ) -> None:
        self._environment = environment
        self._naming = naming
        self._main = main
        self._files = files

    def read(self, main: str) -> dict[str, nodes.Template]:
        trees: dict[str, nodes.Template] = {}
        waiting = [main]
        while waiting:
            name = waiting.pop()
            tree = self._parsed(name)
            if tree is not None:
                trees[name] = tree
                waiting += [part for part in self._parts(tree, name) if part not in trees]
        return trees

    def within(self, name: str) -> str:
        """How a place begins: a part's name, or nothing for the template itself."""
        return "" if name == self._main else f"{name}, "

    def _parsed(self, name: str) -> nodes.Template | None:
        source = self._files[name]
        try:
            tree = self._environment.parse(source)
            found = scan(tree)
            self._environment.from_string(source)
        except TemplateSyntaxError as error:
            self._misunderstood(name, source, error)
            return None
        except (RecursionError, SyntaxError, MemoryError):
            self._naming.fault("an expression", *TOO_DEEP, self.within(name) or self._main)
            return None
        for quoted in found.strings:
            for other in lookalikes(quoted.text, self._naming.header, spoken=False):
                self._naming.other_form(other, f"{self.within(name)}line {quoted.line}")
        return tree

    def _parts(self, tree: nodes.Template, name: str) -> Iterator[str]:
        for part in meta.find_referenced_templates(tree):
            if part in self._files:
                yield str(part)
            else:
                subject = f"'{part}'" if part else "an include"
                message = f"there is no part {subject}" if part else "an include must name its file in quotes"
                self._naming.fault(subject, message, FROM_THE_FOLDER, f"{self.within(name)}include")

    def _misunderstood(self, name: str, source: str, error: TemplateSyntaxError) -> None:
        path = f"{self.within(name)}line {error.lineno}"
        line = "".join(source.splitlines()[error.lineno - 1 : error.lineno])
        unknown = unknown_header(line)
        if unknown and find_column(self._naming.header, unknown) is None:
            self._naming.unknown(unknown, path)
        else:
            message, hint = explain_syntax_error(error.message or "", line)
            self._naming.fault("an expression", message, hint, path)


def _set_within(tree: nodes.Template) -> Iterator[str]:
    """The names that a template sets itself, which the parts that it includes may use."""
    for node in tree.find_all((nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)):
        match node:
            case nodes.Name(ctx="store" | "param", name=str(name)) | nodes.Macro(name=str(name)):
                yield name
            case nodes.Import(target=str(target)):
                yield target
            case nodes.FromImport(names=list(names)):
                yield from (name if isinstance(name, str) else name[1] for name in names)
            case _:
                continue
