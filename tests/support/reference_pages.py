"""The generated pages of the reference: commands, JSON and Python.

`python -m tests.support.reference_pages` writes them; `tests/guards/test_docs.py` fails if they are outdated.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from textwrap import dedent

import click

import merge
from merge import errors
from merge.cli import castmerge
from merge.cli.help_layout import GROUPS, without_click_notation
from merge.cli.option_fields import Config
from merge.cli.options import CONFIGURABLE
from merge.cli.setup import schema_text
from merge.model import JSON
from tests.support.paths import ROOT

FOLDER = ROOT / "merge" / "docs"
OTHERS = "Single commands"
SCHEMAS = {
    "summary": "The summary",
    "event": "Events",
    "doctor": "What doctor finds",
    "campaigns": "All workbooks of a shared journal",
}


def commands() -> dict[str, click.Command]:
    """Every command by name."""
    context = click.Context(castmerge, info_name="castmerge")
    found = {name: castmerge.get_command(context, name) for name in castmerge.list_commands(context)}
    return {name: command for name, command in found.items() if command}


def options_of(command: click.Command) -> list[click.Option]:
    """A command's own options."""
    return [each for each in command.params if isinstance(each, click.Option)]


def long_name(option: click.Option) -> str:
    """The long name of an option, such as `--template`."""
    return next(name for name in option.opts if name.startswith("--"))


def commands_page() -> str:
    """Commands, their options, and which of them `castmerge.toml` may set."""
    return "".join(f"{block}\n\n" for block in _commands_blocks()).rstrip("\n") + "\n"


def _commands_blocks() -> Iterator[str]:
    yield "# Commands and options"
    yield (
        "Every command with its options. In a terminal, `castmerge run --help` shows the options "
        "that people use\n"
        "most, and `castmerge run --help-all` explains them all."
    )
    yield "## Commands"
    yield "\n".join(
        [
            "| command | what it does |",
            "| --- | --- |",
            *(f"| `{_usage(name, command)}` | {_first(command)} |" for name, command in commands().items()),
        ]
    )
    yield (
        "`python -m merge` does the same as `castmerge`. Results go to standard output (one line a "
        "row: row number,\n"
        "status, video ID and link, separated by tabs), messages for people to standard error. "
        "Without a terminal\n"
        "castmerge never asks: it stops with exit code 2 and names the option that answers the question."
    )
    for name, command in commands().items():
        yield f"### castmerge {name}"
        yield from _described(command)
        names = ", ".join(f"`{long_name(each)}`" for each in options_of(command))
        if names:
            yield f"Options: {names}."
    yield "## Options"
    yield "A value in brackets is the default. Options also read [variables](configuration.md#variables)."
    for title, rows in _option_groups():
        yield f"### {title}"
        yield "\n".join(["| option | what it does |", "| --- | --- |", *rows])
    yield "## Names in castmerge.toml"
    yield from _configuration()


def _usage(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    arguments = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    needed = [
        f"{'-t' if '-t' in each.opts else '-o' if '-o' in each.opts else long_name(each)} {each.metavar}"
        for each in options_of(command)
        if each.required
    ]
    return " ".join(["castmerge", name, *arguments, *needed]).replace("|", "\\|")


def _first(command: click.Command) -> str:
    return (command.help or "").partition("\n\n")[0].replace("\n", " ")


def _described(command: click.Command) -> Iterator[str]:
    first, example, *rest = (command.help or "").split("\n\n")
    yield first
    lines = dedent("\n".join(example.splitlines()[2:]))
    yield f"```sh\n{lines}\n```"
    yield from rest


def _option_groups() -> Iterator[tuple[str, list[str]]]:
    """Each group with the lines of its table; options with the same name and text share a line."""
    lines: dict[str, dict[str, list[str]]] = {}
    for name, command in commands().items():
        for option in options_of(command):
            lines.setdefault(long_name(option), {}).setdefault(_option_line(option), []).append(name)
    left = dict(lines)
    for title, names in GROUPS.items():
        rows = [row for name in names for row in _rows(left.pop(name, {}))]
        if rows:
            yield title, rows
    yield OTHERS, [f"{row}" for texts in left.values() for row in _rows(texts, named=True)]


def _rows(texts: Mapping[str, list[str]], *, named: bool = False) -> Iterator[str]:
    for line, used in texts.items():
        which = f" ({', '.join(f'`{name}`' for name in used)})" if named or len(texts) > 1 else ""
        yield line.replace("%COMMANDS%", which)


def _option_line(option: click.Option) -> str:
    names = ", ".join(f"`{each}`" for each in sorted(option.opts, key=len, reverse=True))
    value = option.make_metavar(click.Context(castmerge)) if not option.is_flag else ""
    names = names.replace("`", f" {value}`", 2).replace(f" {value}`", "`", 1) if value else names
    _, text = option.get_help_record(click.Context(castmerge)) or ("", "")
    text = " ".join(without_click_notation(text).replace("[required]", "Required.").split())
    text = re.sub(r"\[default: ([^]]+?)\]", r"[\1]", text)
    return f"| {names}".replace("|", "\\|").replace("\\|", "|", 1) + f" | {text}%COMMANDS% |"


def _configuration() -> Iterator[str]:
    kinds = {
        Config.FOUND: "Any file may set:",
        Config.FOUND_INSIDE: "A file that was only found may name files in its own folder with:",
        Config.NAMED: "Only a file that you name with `--config` or `CASTMERGE_CONFIG` may set:",
    }
    for kind, sentence in kinds.items():
        keys = sorted(key for key, (_, declared) in CONFIGURABLE.items() if declared.config is kind)
        yield f"{sentence} {', '.join(f'`{key}`' for key in keys)}."


def json_page() -> str:
    """Every name in the JSON that castmerge prints, from its schemas."""
    return "".join(f"{block}\n\n" for block in _json_blocks()).rstrip("\n") + "\n"


def _json_blocks() -> Iterator[str]:
    yield "# JSON"
    yield (
        "What `--json` prints and `--events` writes. Times are UTC in ISO 8601, such as "
        "`2026-03-01T12:00:00Z`.\n"
        "`castmerge schema summary`, `schema event`, `schema doctor` and `schema campaigns` print the "
        "JSON Schemas.\n"
        "[What doesn't change](exit-codes.md#what-doesnt-change) says what programs can rely on."
    )
    for name, title in SCHEMAS.items():
        schema: JSON = json.loads(schema_text(name))
        assert isinstance(schema, dict)
        yield f"## {title}"
        yield str(schema["description"])
        kinds = schema.get("oneOf")
        for part in kinds if isinstance(kinds, list) else [schema]:
            assert isinstance(part, dict)
            if kinds:
                yield f"### {_event_name(part)}"
                yield str(part["description"])
            yield "\n".join(["| name | type | meaning |", "| --- | --- | --- |", *_names(part, "")])


def _event_name(part: Mapping[str, JSON]) -> str:
    match part:
        case {"properties": {"event": {"const": str(name)}}}:
            return name
        case _:
            raise AssertionError(part)


def _names(schema: Mapping[str, JSON], path: str) -> Iterator[str]:
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        assert isinstance(part, dict)
        yield f"| `{path}{name}` | {_type(part)} | {part.get('description', '')}{_values(name, part)} |"
        items = part.get("items")
        if isinstance(items, dict):
            yield from _names(items, f"{path}{name}[].")
        yield from _names(part, f"{path}{name}.")


def _values(name: str, part: Mapping[str, JSON]) -> str:
    """The kinds of warnings; other values have a page of their own."""
    values = part.get("enum")
    if name != "kind" or not isinstance(values, list):
        return ""
    return ": " + ", ".join(f"`{value}`" for value in values)


def _type(part: Mapping[str, JSON]) -> str:
    if "const" in part:
        return f"`{json.dumps(part['const'])}`"
    values = part.get("enum")
    if isinstance(values, list):
        kinds = {type(value).__name__ for value in values}
        return "text" if kinds == {"str"} else "number"
    kind = part.get("type")
    words = {
        "string": "text",
        "integer": "number",
        "boolean": "true or false",
        "array": "list",
        "object": "object",
    }
    return " or ".join(
        words.get(str(each), str(each)) for each in (kind if isinstance(kind, list) else [kind])
    )


def python_page() -> str:
    """The public Python names, with their docstrings."""
    return "".join(f"{block}\n\n" for block in _python_blocks()).rstrip("\n") + "\n"


EXAMPLES = {
    "Make videos": """
from pathlib import Path
from shutil import copy

from merge import Settings, merge_workbook

Path("try").mkdir(exist_ok=True)
copy("example_sheets/international.xlsx", "try/library.xlsx")
result = merge_workbook("try/library.xlsx", "templates/welcome.json", settings=Settings(simulate=True))
print(result.counts["complete"], "complete, exit code", int(result.exit_code))
""",
    "Preview rows": """
from merge import Template, read_rows

rows = read_rows("example_sheets/customers.xlsx")
template = Template.load("templates/welcome.json", rows)
for row in rows:
    preview = template.fill_in(row)
    print(row.number, row["Amount Due"].text, row["Amount Due"].value, *preview.scripts, *preview.problems)
""",
}


def _python_blocks() -> Iterator[str]:
    yield "# Python API"
    yield (
        "Do in Python what the commands do. The functions print and ask nothing. A problem of one row is in\n"
        "the result of that row. Anything that stops a whole run raises a [`MergeError`](#errors) before\n"
        "anything is sent."
    )
    for title, code in EXAMPLES.items():
        yield f"## {title}"
        yield f"```python\n{code.strip()}\n```"
    yield (
        "To write values next to rows without any videos, see\n"
        "[Write columns into any workbook](write-columns.md). For data frames, see [Notebooks](notebooks.md)."
    )
    yield "## Stop a run, and watch it"
    yield (
        "`observe=` is called with each change of each row. A run ends early, writes back what is "
        "known and loses\n"
        "nothing if you cancel it (`task.cancel()`, `asyncio.timeout`), press Ctrl-C, or set "
        "`stop.requested` of its\n"
        "`stop=StopSignal()` from any thread. Runs in several threads or tasks share nothing."
    )
    yield "## Logs"
    yield (
        '`logging.getLogger("merge")` is silent until you configure it. Each record has attributes:\n'
        "`request`, `method`, `path`, `outcome` and `ms`, or `row`, `state`, `tag` and `video_id`. "
        "Only `merge.values`\n"
        "at DEBUG holds what cells say."
    )
    yield from _names_blocks()


def _names_blocks() -> Iterator[str]:
    yield "## Functions"
    for name in merge.__all__:
        value: object = getattr(merge, name)
        if inspect.isfunction(value):
            yield f"### {name}"
            yield f"```text\n{_signature(name, inspect.signature(value))}\n```"
            yield from _docstring(value)
    yield "## Classes"
    for name in merge.__all__:
        value = getattr(merge, name)
        if isinstance(value, type) and not issubclass(value, Exception):
            yield f"### {name}"
            yield from _class(value)
    yield "## Errors"
    yield "\n".join(
        [
            "| error | exit code | when |",
            "| --- | --- | --- |",
            *(
                f"| `{name}` | {_error(name).exit_code} | {_summary(_error(name))} |"
                for name in errors.__all__
            ),
        ]
    )
    yield "Each has a `message`, a `place` and a `hint`, and `MergeError` is the base of all of them."


def _error(name: str) -> type[errors.MergeError]:
    found: object = getattr(errors, name)
    assert isinstance(found, type)
    assert issubclass(found, errors.MergeError)
    return found


def _signature(name: str, signature: inspect.Signature) -> str:
    words: list[str] = []
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(each.name if _is_required(each) else f"{each.name}={_default(each.default)}")
    return f"{name}({', '.join(words)})"


def _is_required(parameter: inspect.Parameter) -> bool:
    return bool(parameter.default is parameter.empty)


def _default(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    return "…"


def _summary(value: object) -> str:
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())


_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$", re.MULTILINE)
_TITLES = {"Args": "Arguments", "Raises": "Errors"}


def _docstring(value: object) -> Iterator[str]:
    """A Google-style docstring as Markdown, with its sections as lists."""
    parts = _SECTION.split(inspect.getdoc(value) or "")
    yield from (block for block in parts[0].strip().split("\n\n") if block and ">>>" not in block)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        yield f"{_TITLES.get(title, title)}:"
        if title in {"Returns", "Yields"}:
            yield dedent(text).strip()
        else:
            yield "\n".join(_items(text))


def _items(text: str) -> Iterator[str]:
    for item in re.split(r"\n(?=\S)", dedent(text).strip("\n")):
        name, _, meaning = item.partition(": ")
        yield f"- `{name.strip()}`: {' '.join(meaning.split())}"


def _class(kind: type) -> Iterator[str]:
    yield from _docstring(kind)
    if is_dataclass(kind):
        plain = [each for each in fields(kind) if not each.name.startswith("_")]
        defaults = [
            f"`{each.name}={_default(each.default)}`" for each in plain if each.default is not MISSING
        ]
        if defaults:
            yield f"Defaults: {', '.join(defaults)}."
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"- `{name}`: {_summary(member.fget)}"
        elif inspect.isfunction(member) or isinstance(member, classmethod):
            function = member.__func__ if isinstance(member, classmethod) else member
            signature = (
                _signature(name, inspect.signature(function))
                .replace("self, ", "")
                .replace("(self)", "()")
                .replace("cls, ", "")
            )
            yield f"- `{signature}`: {_summary(function)}"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands_page,
    "json": json_page,
    "python": python_page,
}


def main() -> None:
    """Write every page."""
    for topic, page in PAGES.items():
        (FOLDER / f"{topic}.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
