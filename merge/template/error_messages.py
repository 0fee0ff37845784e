"""Jinja's own complaints in plain words, each with what to do."""

from __future__ import annotations

import re

from merge.sheet.columns import suggest

TOO_DEEP = (
    "an expression is nested too deeply",
    "Make smaller pieces of it: {% set part = … %} gives one a name",
)
"""What is said of what Jinja, or Python behind it, cannot take in, and what to do."""
HOW_TO_WRITE = "Write a placeholder as {{ First Name }} or {{ first_name }}"
_COMPLAINTS = (
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
_FILTERS = (
    *("capitalize", "currency", "date", "default", "first", "first_word", "float", "int", "join", "join_and"),
    *("last", "length", "lower", "number", "percent", "plural", "pronounce", "replace", "round", "spoken"),
    *("time", "title", "tojson", "trim", "truncate", "upper"),
)
"""What stands behind a bar, as far as it is likely meant where something else is written."""
_NO_FILTER = re.compile(r"No filter named '(.+?)'")
_STATEMENT = re.compile(r"\{\{-?\s*(if|elif|else|endif|for|endfor|set)\b")
_WHY = (
    (
        r"(?:float |decimal )?division by zero|\[<class 'decimal\.DivisionByZero'>\]",
        "something is divided by 0",
    ),
    (
        r"can only concatenate str|must be str, not|unsupported operand type\(s\) for \+: .*'str'",
        "text and a number cannot be added; ~ puts them beside each other",
    ),
    (
        r"can't multiply sequence|unsupported operand type\(s\).*'str'|not all arguments converted",
        "text cannot be calculated with",
    ),
    (r"not supported between instances of", "text and a number cannot be compared"),
    (
        r"(\w+)\(\) takes .*positional|missing \d+ required positional",
        "a filter is given too much or too little",
    ),
    (r"got an unexpected keyword argument '(\w+)'", "a filter does not know “{0}=”"),
    (r"RowView.* has no (?:element|attribute) '?(\w+)'?", "there is no column “{0}”"),
    (r"object is not callable", "something is called with ( ) that is no function"),
)
_INNER = re.compile(r"'(?:[\w.]+\.)?(\w+?)(?:Value)? object'")


def explain_syntax_error(complaint: str, source: str) -> tuple[str, str]:
    """What is wrong with an expression, and what to do.

    Args:
        complaint: Jinja's words
        source: the text at fault
    """
    if "{{{" in source:
        return "there are three braces", HOW_TO_WRITE
    statement = _STATEMENT.search(source)
    if statement:
        word = statement[1]
        return f"{{{{ {word} }}}} is no placeholder", f"Write conditions and loops as {{% {word} … %}}"
    if source.count("{{") > source.count("}}"):
        return "a placeholder is begun with {{ and never ended with }}", HOW_TO_WRITE
    unknown = _NO_FILTER.search(complaint)
    if unknown:
        likely = suggest(unknown[1], _FILTERS)
        hint = f"Did you mean | {likely}?" if likely else "Check the spelling behind the bar |"
        return f"there is no filter '{unknown[1]}'", hint
    for pattern, message, hint in _COMPLAINTS:
        found = re.search(pattern, complaint, re.DOTALL)
        if found:
            return message.format(*found.groups()), hint.format(*found.groups())
    return f"this expression cannot be understood: {complaint.rstrip('.')}", HOW_TO_WRITE


def failed(error: Exception) -> str:
    """Why an expression failed in a row, without the names of our own types."""
    if "MAX_RANGE" in str(error):
        return "a loop of the template runs too often"
    for pattern, plain in _WHY:
        found = re.search(pattern, str(error))
        if found:
            return f"the template's expression fails here: {plain.format(*found.groups())}"
    why = _INNER.sub(lambda found: f"a {found[1].lower()}", str(error)) or type(error).__name__
    return f"the template's expression fails here: {why}"
