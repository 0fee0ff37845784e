"""`castmerge pull`: saves a project of AI Studios as a template."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import click

from merge.cli.option_values import Chosen, address_of
from merge.connect import credentials_of, open_service
from merge.errors import InputError, TemplateError
from merge.model import JSON
from merge.settings import ServiceOptions
from merge.template.document import parse_template, template_of_project


def perform(values: Mapping[str, object]) -> int:
    """Read the project, and save what a template needs of it."""
    chosen = Chosen(values)
    name, out = str(chosen.text("project_id")), Path(str(chosen.text("output")))
    if out.exists() and not chosen.flag("force"):
        raise InputError(
            "there is such a file already", place=str(out), hint="Choose another name, or say --force"
        )
    project = asyncio.run(_fetch(name, address_of(chosen)))
    text = json.dumps(template_of_project(project), ensure_ascii=False, indent=2)
    parse_template(text, f"project {name}")
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise TemplateError(
            f"the template cannot be saved there ({error.strerror})",
            place=str(out),
            hint="Choose a folder that you may write to",
        ) from error
    click.echo(f"Saved as {out}. Put placeholders such as {{{{ First Name }}}} into its texts.", err=True)
    return 0


async def _fetch(name: str, options: ServiceOptions) -> JSON:
    async with open_service(options, credentials_of(options.region).secret) as service:
        return await service.fetch(name)
