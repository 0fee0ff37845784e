"""Declare a command's options as fields of a frozen dataclass, and turn them into click parameters and back.

A field's annotation is the option's type: `bool` is a flag, `tuple[str, ...]` an option that may be repeated,
`Literal["a", "b"]` a choice, and anything `| None` has no default. A field `header_row` is `--header-row` on
the command line, `CASTMERGE_HEADER_ROW` in the environment, and `header_row` in `castmerge.toml`.
"""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum, auto
from inspect import get_annotations
from pathlib import Path
from subprocess import list2cmdline
from types import UnionType
from typing import TYPE_CHECKING, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import click

from merge.settings import without_password

T = TypeVar("T")
_DECLARATION = "castmerge"
Range = click.IntRange | click.FloatRange | None


class Amount(click.FloatRange):
    """A number above zero; `inf` and `nan`, which Python reads as numbers too, are none."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} isn't a number that can be used here.", param, ctx)
        return number


@dataclass(frozen=True, init=False)
class Options:
    """Base of every group of options, and so of every command's options."""

    if TYPE_CHECKING:

        def __init__(self, **values: object) -> None:
            """Initialize by keyword, like every dataclass of options."""


OptionsT = TypeVar("OptionsT", bound=Options)


class Config(Enum):
    """Which configuration files may set an option."""

    FOUND = auto()
    """Any file, even a `castmerge.toml` that was merely found next to the workbook."""
    FOUND_INSIDE = auto()
    """Any file, but one that was merely found may only name a path inside its own folder."""
    NAMED = auto()
    """Only a file that is given with `--config` or `CASTMERGE_CONFIG`."""
    NEVER = auto()
    """None: the option isn't a key of `castmerge.toml`."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an option's annotation and default can't express.

    Attributes:
        names: further names or (if one begins with `--`) names that replace the field's own; none for an
            argument
        help: one sentence for `--help`
        metavar: how `--help` shows the value
        bounds: the range of a number
        config: which configuration files may set it
        endings: what its value must end in if a file that was merely found sets it; none for any value
        table: its key in `castmerge.toml`, if that isn't the option's name
        repeatable: whether it may be given several times
        argument: whether it is a positional argument
        envvar: the variable of an argument, which by default has none
    """

    names: tuple[str, ...] = ()
    help: str = ""
    metavar: str | None = None
    bounds: Range = None
    config: Config = Config.NEVER
    endings: tuple[str, ...] = ()
    table: str = ""
    repeatable: bool = False
    argument: bool = False
    envvar: str | None = None

    def long(self, name: str) -> str:
        """The long option of a field, such as `--header-row`."""
        own = f"--{name.replace('_', '-')}"
        return next((each for each in self.names if each.startswith("--")), own)

    def key(self, name: str) -> str:
        """The key of a field in `castmerge.toml`, such as `header_row`."""
        return self.table or self.variable(name).removeprefix("CASTMERGE_").lower()

    def variable(self, name: str) -> str:
        """The environment variable of a field, such as `CASTMERGE_HEADER_ROW`."""
        return f"CASTMERGE_{self.long(name).removeprefix('--').replace('-', '_').upper()}"


def option(  # noqa: PLR0913 - a declaration has its parts by name
    default: T,
    description: str,
    config: Config,
    *names: str,
    metavar: str | None = None,
    bounds: Range = None,
    endings: tuple[str, ...] = (),
    table: str = "",
) -> T:
    """Declare an option with its default, and its sentence for `--help`."""
    repeatable = isinstance(default, tuple)
    declaration = Declaration(names, description, metavar, bounds, config, endings, table, repeatable)
    return field(default=default, metadata={_DECLARATION: declaration})


def required(kind: type[T], description: str, config: Config, *names: str, metavar: str) -> T:  # noqa: ARG001 - `kind` is for mypy
    """Declare an option of this type that must be given."""
    made: T = field(metadata={_DECLARATION: Declaration(names, description, metavar, config=config)})
    return made


def argument(kind: type[T]) -> T:  # noqa: ARG001 - `kind` is for mypy
    """Declare a positional argument of this type that must be given."""
    made: T = field(metadata={_DECLARATION: Declaration(argument=True)})
    return made


def optional_argument(default: T, *, envvar: str | None = None) -> T:
    """Declare a positional argument that may be left out."""
    return field(default=default, metadata={_DECLARATION: Declaration(argument=True, envvar=envvar)})


def declarations(kind: type[Options]) -> dict[str, Declaration]:
    """The options of a group by field name: those of its bases first, in their order."""
    found: dict[str, Declaration] = {}
    for base in kind.__bases__:
        found |= declarations(base) if issubclass(base, Options) else {}
    return found | _own(kind)


def parameters(kind: type[Options]) -> list[click.Parameter]:
    """The click parameters of a command, in the order of `--help`: its own, then those of its groups."""
    hints = get_type_hints(kind)
    return [
        _parameter(name, hints[name], declared, _field(kind, name).default)
        for name, declared in (_own(kind) | declarations(kind)).items()
    ]


def from_values(kind: type[OptionsT], values: Mapping[str, object]) -> OptionsT:
    """The options, from the values that click has read.

    An empty text for a path, or for a text with a default, counts as not given.
    """
    hints = get_type_hints(kind)
    given = {
        name: _value(hints[name], values[name], _field(kind, name).default) for name in declarations(kind)
    }
    return kind(**given)


def command_line(options: Options, *kinds: type[Options]) -> Iterator[str]:
    """The words of a command line that set the options of these dataclasses.

    Defaults and passwords are left out.
    """
    for kind in kinds:
        for name, declared in declarations(kind).items():
            value: object = getattr(options, name)
            if value is None or value == _field(kind, name).default:
                continue
            if value is True:
                yield declared.long(name)
                continue
            for each in value if isinstance(value, tuple) else (value,):
                yield from (declared.long(name), without_password(str(each)))


def shown_command(name: str, workbook: Path, options: Options, *kinds: type[Options]) -> str:
    """A command line to copy, with the options of these dataclasses, quoted for this system's shell."""
    words = ["castmerge", name, str(workbook), *command_line(options, *kinds)]
    return list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _field(kind: type[Options], name: str) -> Field[object]:
    return next(each for each in fields(kind) if each.name == name)


def _own(kind: type[Options]) -> dict[str, Declaration]:
    found: dict[str, Declaration] = {}
    for name in get_annotations(kind):
        declared: object = _field(kind, name).metadata[_DECLARATION]
        assert isinstance(declared, Declaration)
        found[name] = declared
    return found


def _parameter(name: str, hint: object, declared: Declaration, default: object) -> click.Parameter:
    optional = default is not MISSING
    if declared.argument:
        paths = {Path} & {hint, *get_args(hint)}
        made: click.Parameter = click.Argument(
            [name],
            type=click.Path(path_type=Path) if paths else _type(hint, declared),
            required=not optional,
            envvar=declared.envvar,
        )
    else:
        long = declared.long(name)
        made = click.Option(
            [long, *(each for each in declared.names if each != long), name],
            help=declared.help,
            type=_type(hint, declared),
            show_default=_is_shown(default),
            metavar=declared.metavar or ("N" if declared.bounds else None),
            required=not optional,
            is_flag=True
            if hint is bool
            else None,  # False would make click accept the option without a value
            multiple=get_origin(hint) is tuple,
            envvar=declared.variable(name),
        )
    if _is_shown(default):
        # click treats an explicit default=None as a value and would then not enforce `required`.
        made.default = str(default) if isinstance(default, Path) else default
    return made


def _is_shown(default: object) -> bool:
    return default is not MISSING and default is not None and default is not False and default not in ("", ())


def _type(hint: object, declared: Declaration) -> click.Choice[str] | Range:
    if get_origin(hint) in (Union, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is Literal:
        return click.Choice(get_args(hint))
    return declared.bounds


def _value(hint: object, value: object, default: object) -> object:
    if value is None or (value == "" and _is_shown(default)):
        return default
    if isinstance(value, list | tuple):
        return tuple(value)
    if hint is Path:
        return Path(str(value))
    if Path in get_args(hint):
        return Path(str(value)) if value != "" else default
    return value
