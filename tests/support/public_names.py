"""Public names that other programs may rely on, collected from the code.

`python -m tests.support.public_names > tests/data/promises.json` adds the names of a release. Names may be
added at any time; `tests/guards/test_promises.py` fails if one was removed.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import click

import merge
from merge import errors
from merge.cli import castmerge
from merge.cli.options import CONFIGURABLE
from merge.cli.setup import schema_text
from merge.model import JSON
from merge.results import ExitCode
from merge.sheet.result_columns import ResultHeaders, Status

Promises = dict[str, list[str]]


def promises() -> Promises:
    """All promised names, as sorted texts by kind."""
    return {
        "commands": sorted(castmerge.list_commands(click.Context(castmerge))),
        "options": sorted(_options()),
        "configuration": sorted(CONFIGURABLE),
        "exit codes": sorted(f"{int(code)} {code.name}" for code in ExitCode),
        "statuses": sorted(str(status) for status in Status),
        "result columns": sorted(ResultHeaders.with_prefix().all),
        "json": sorted(
            f"{schema}: {name}"
            for schema in ("summary", "event", "doctor")
            for name in _typed(json.loads(schema_text(schema)), "$")
        ),
        "python": sorted(_python()),
        "errors": sorted(f"{name} {getattr(errors, name).exit_code}" for name in errors.__all__),
    }


def _options() -> Iterator[str]:
    context = click.Context(castmerge)
    for name in castmerge.list_commands(context):
        command = castmerge.get_command(context, name)
        for parameter in command.params if command else []:
            if isinstance(parameter, click.Option):
                yield from (f"{name} {option} {parameter.envvar}" for option in parameter.opts)
            else:
                yield f"{name} {parameter.make_metavar(click.Context(castmerge))}"


def _typed(schema: JSON, path: str) -> Iterator[str]:
    """Each name of a schema with its type, and whether it is required."""
    if not isinstance(schema, dict):
        return
    kind = schema.get("type", "")
    type_name = "|".join(sorted(map(str, kind))) if isinstance(kind, list) else str(kind)
    yield f"{path} {type_name}".rstrip()
    always = schema.get("required")
    inner = schema.get("properties")
    for name, part in inner.items() if isinstance(inner, dict) else ():
        there = "" if isinstance(always, list) and name in always else "?"
        yield from _typed(part, f"{path}.{name}{there}")
    yield from _typed(schema.get("items"), f"{path}[]")
    kinds = schema.get("oneOf")
    for part in kinds if isinstance(kinds, list) else []:
        match part:
            case {"properties": {"event": {"const": str(event)}}}:
                yield from _typed(part, f"{path}<{event}>")
            case _:
                yield from _typed(part, path)


def _python() -> Iterator[str]:
    for name in merge.__all__:
        value: object = getattr(merge, name)
        if inspect.isfunction(value):
            parameters = inspect.signature(value).parameters
            yield from (f"{name}({_parameter(each)})" for each in parameters.values())
        elif isinstance(value, type):
            yield name
            if is_dataclass(value):
                yield from (f"{name}.{each.name}" for each in fields(value) if not each.name.startswith("_"))
            own = (member for member in vars(value) if not member.startswith("_"))
            yield from (f"{name}.{member}" for member in own)


def _parameter(parameter: inspect.Parameter) -> str:
    named = "*, " if parameter.kind is parameter.KEYWORD_ONLY else ""
    optional = "" if parameter.default is parameter.empty else "=…"
    return f"{named}{parameter.name}{optional}"


if __name__ == "__main__":
    print(json.dumps(promises(), ensure_ascii=False, indent=1))
