"""`castmerge schema`: the shape of what castmerge prints, for programs that read it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import click

from merge.cli.option_values import Chosen


def perform(values: Mapping[str, object]) -> int:
    """Print one schema."""
    click.echo(schema_text(Chosen(values).text("name") or "summary"), nl=False)
    return 0


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of `summary`, `event` or `doctor`, as it is shipped."""
    return (files("merge") / "cli" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
