"""Jinja's own complaints in plain words, each with what to do."""

from __future__ import annotations

import re

HOW_TO_WRITE = "Write a placeholder as {{ First Name }} or {{ first_name }}"
_COMPLAINTS = (
    (r"No filter named '(.+)'", "there is no filter '{0}'", "Check the spelling behind the bar |"),
    (r"No test named '(.+)'", "there is no test '{0}'", "Check the spelling behind 'is'"),
    (
        r"Unexpected end of template.*closed is '(\w+)'",
        "a {{% {0} … %}} is never ended",
        "Write {{% end{0} %}} where it ends",
    ),
    (
        r"Encountered unknown tag '(end\w+|else|elif)'",
        "{{% {0} %}} stands alone",
        "Take it away, or write the beginning that it belongs to",
    ),
    (
        r"Encountered unknown tag '(.+)'",
        "nothing is known by the name of {{% {0} %}}",
        "Begin with {{% if %}}, {{% for %}} or {{% set %}}",
    ),
    (r"got '='", "one equals sign compares nothing", "Compare with two of them: =="),
    (r"Expected an expression, got 'end of print", "the braces are empty", "Write a column between them"),
    (r"unexpected char ['\"]['\"]", "a quotation mark is never closed", "Close each quotation mark"),
)  # fmt: skip
_INNER = re.compile(r"'(?:[\w.]+\.)?(\w+?)(?:Value)? object'")


def misread(complaint: str, source: str) -> tuple[str, str]:
    """What is wrong with an expression, and what to do.

    Args:
        complaint: Jinja's words
        source: the text at fault
    """
    if "{{{" in source:
        return "there are three braces", HOW_TO_WRITE
    if source.count("{{") > source.count("}}"):
        return "a placeholder is begun with {{ and never ended with }}", HOW_TO_WRITE
    for pattern, message, cure in _COMPLAINTS:
        found = re.search(pattern, complaint, re.DOTALL)
        if found:
            return message.format(*found.groups()), cure.format(*found.groups())
    return f"this expression cannot be understood: {complaint.rstrip('.')}", HOW_TO_WRITE


def failed(error: Exception) -> str:
    """Why an expression failed in a row, without the names of our own types."""
    if "MAX_RANGE" in str(error):
        return "a loop of the template runs too often"
    why = _INNER.sub(lambda found: f"a {found[1].lower()}", str(error)) or type(error).__name__
    return f"the template's expression fails here: {why}"
