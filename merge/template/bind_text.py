"""Bind a project written as Jinja text, with the parts that it includes, to a worksheet's columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, meta, nodes

from merge.project.media_urls import ADDRESS_FIELDS, out_of_reach
from merge.sheet.columns import Header
from merge.template.bind_json import Binding
from merge.template.document import TextTemplate
from merge.template.error_messages import TOO_DEEP
from merge.template.filters import FilterSet
from merge.template.foreign_placeholders import foreign_placeholders
from merge.template.name_resolution import NameResolver
from merge.template.placeholders import (
    place_headers,
    repair_placeholders,
    unknown_headers,
    without_unknown_headers,
)
from merge.template.render_text import TextRenderer
from merge.template.sandbox.bounded_environment import BoundedEnvironment
from merge.template.sandbox.environments import json_environment
from merge.template.sandbox.json_quoting import scan

_STATIC_URL = re.compile(rf"""\"(?:{"|".join(ADDRESS_FIELDS)})\"\s*:\s*\"([^"{{}}\\]+)\"""")
_INCLUDE_HINT = "Put the file into the template's folder, and include it by its name only"


def bind_text(
    template: TextTemplate,
    header: Header,
    constants: Mapping[str, str],
    filters: FilterSet | None = None,
    *,
    marks: bool = False,
) -> Binding:
    """Compile a project written as Jinja text for the columns of a worksheet.

    Args:
        template: the text and its parts
        header: the worksheet's columns
        constants: further names with their text
        filters: the filters, with their language and pronunciation list
        marks: put markers around merged words, for display only

    Raises:
        TemplateError: as `bind_json.bind`, with lines instead of JSON paths; a missing part
    """
    filters = filters or FilterSet()
    resolver = NameResolver(template.name, header, constants)
    files = {**template.parts, template.name: template.source}
    prepared = {name: place_headers(repair_placeholders(source), header) for name, source in files.items()}
    environment = json_environment(prepared, filters, marks=marks)
    reader = _Reader(resolver, template.name, prepared, environment)
    trees = reader.read()
    given = {name for tree in trees.values() for name in _names_set_in(tree)} if len(trees) > 1 else set()
    urls = {name: tuple(dict.fromkeys(_STATIC_URL.findall(files[name]))) for name in trees}
    for name, found in urls.items():
        for url in found:
            unreachable = out_of_reach(url)
            if unreachable:
                resolver.add_fault(f"'{url[:40]}'", *unreachable, reader.prefix(name) or template.name)
    for name, tree in trees.items():
        resolver.declare(tree, reader.prefix(name), given=given, by_line=True)
    names = resolver.resolved()
    renderer = TextRenderer(
        template.name,
        environment.get_template(template.name),
        template.project_options,
        filters.pronounce_script,
        static_urls=frozenset(url for found in urls.values() for url in found),
    )
    return Binding(renderer, names)


class _Reader:
    """Parses a template and everything that it includes, and reports their faults to a resolver."""

    def __init__(
        self, resolver: NameResolver, main: str, files: Mapping[str, str], environment: BoundedEnvironment
    ) -> None:
        self._environment = environment
        self._resolver = resolver
        self._main = main
        self._files = files

    def read(self) -> dict[str, nodes.Template]:
        """The parsed template and its parts, by their names."""
        trees: dict[str, nodes.Template] = {}
        waiting = [self._main]
        while waiting:
            name = waiting.pop()
            tree = self._parse(name)
            if tree is not None:
                trees[name] = tree
                waiting += [part for part in self._parts(tree, name) if part not in trees]
        return trees

    def prefix(self, name: str) -> str:
        """The beginning of a place: the name of a part, or nothing for the template itself."""
        return "" if name == self._main else f"{name}, "

    def _parse(self, name: str) -> nodes.Template | None:
        source = self._without_unknown_headers(name)
        try:
            tree = self._environment.parse(source)
            found = scan(tree)
            self._environment.from_string(source)
        except TemplateSyntaxError as error:
            line = "".join(source.splitlines()[error.lineno - 1 : error.lineno])
            self._resolver.add_syntax_error(line, error, f"{self.prefix(name)}line {error.lineno}")
            return None
        except (RecursionError, SyntaxError, MemoryError):
            self._resolver.add_fault("an expression", *TOO_DEEP, self.prefix(name) or self._main)
            return None
        for string in found.strings:
            for foreign in foreign_placeholders(string.text, self._resolver.header, spoken=False):
                self._resolver.add_foreign(foreign, f"{self.prefix(name)}line {string.line}")
        return tree

    def _without_unknown_headers(self, name: str) -> str:
        """A file with its unknown headers reported and removed, so that the rest can be parsed."""
        source = self._files[name]
        rest = without_unknown_headers(source)
        if rest != source:
            for number, line in enumerate(source.splitlines(), start=1):
                for header in unknown_headers(line):
                    self._resolver.add_unknown(header, f"{self.prefix(name)}line {number}")
        return rest

    def _parts(self, tree: nodes.Template, name: str) -> Iterator[str]:
        for part in meta.find_referenced_templates(tree):
            if part in self._files:
                yield str(part)
            else:
                subject = f"'{part}'" if part else "an include"
                message = (
                    f"there's no file {subject} to include"
                    if part
                    else "an include needs a file name in quotes"
                )
                self._resolver.add_fault(subject, message, _INCLUDE_HINT, f"{self.prefix(name)}include")


def _names_set_in(tree: nodes.Template) -> Iterator[str]:
    """The names that a template sets itself, which included parts may use."""
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
