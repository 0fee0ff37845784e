"""Validate everything that a command prints as JSON against castmerge's schemas."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker

from merge.cli.setup import schema_text
from merge.model import JSON


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of `summary`, `event` or `doctor`, in which an undocumented name is an error.

    Readers must accept unknown names from newer versions; here, every name has to be documented.
    """
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    closed: dict[str, JSON] = json.loads(json.dumps(_closed(schema)))
    return Draft202012Validator(closed, format_checker=FormatChecker())


def _closed(schema: JSON) -> JSON:
    match schema:
        case dict():
            inner = {name: _closed(part) for name, part in schema.items()}
            return {"additionalProperties": False, **inner} if "properties" in schema else inner
        case list():
            return [_closed(part) for part in schema]
        case _:
            return schema


def faults(line: str) -> list[str]:
    """The schema violations of a line of JSON; a line of another kind has none."""
    value: JSON = json.loads(line)
    if not isinstance(value, dict) or "$schema" in value or "schema" not in value:
        return []
    name = next((name for name in ("event", "findings", "campaigns") if name in value), "summary")
    name = {"findings": "doctor"}.get(name, name)
    return [error.message for error in validator(name).iter_errors(value)]


def hold_to_contract(out: str) -> None:
    """Fail if a printed object violates its schema."""
    for line in out.splitlines():
        if line.startswith('{"'):
            assert faults(line) == [], line
