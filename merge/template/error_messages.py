"""Translate Jinja's and Python's error messages about an expression into plain language, with a hint."""

from __future__ import annotations

import re

from merge.errors import CellError
from merge.model import Problem
from merge.sheet.columns import suggest

TOO_DEEP = (
    "an expression is nested too deeply",
    "Make smaller pieces of it: {% set part = … %} gives one a name",
)
"""Message and hint for an expression that exceeds the limits of Jinja's or Python's parser."""
_HOW_TO_WRITE = "Write a placeholder as {{ First Name }} or {{ first_name }}"
_SYNTAX_ERRORS = (
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
_FILTER_NAMES = (
    *("capitalize", "currency", "date", "default", "first", "first_word", "float", "int", "join", "join_and"),
    *("last", "length", "lower", "number", "percent", "plural", "pronounce", "replace", "round", "spoken"),
    *("time", "title", "tojson", "trim", "truncate", "upper"),
)
"""Filters to suggest for an unknown name."""
_NO_FILTER = re.compile(r"No filter named '(.+?)'")
_STATEMENT = re.compile(r"\{\{-?\s*(if|elif|else|endif|for|endfor|set)\b")
_RUNTIME_ERRORS = (
    (r"access to attribute '(\w+)'", "“{0}” is unsafe, and can't be used in a template"),
    (r"is not safely callable", "it changes a value, which is unsafe in a template"),
    (
        r"division(?: or modulo)? by zero|modulo by zero|DivisionByZero|DivisionUndefined",
        "something is divided by 0",
    ),
    (
        r"can only concatenate|must be str, not|unsupported operand type\(s\) for \+: .*'str'",
        "text and a number cannot be added; ~ puts them beside each other",
    ),
    (
        r"can't multiply sequence|unsupported operand type\(s\).*'str'|not all arguments converted",
        "text cannot be calculated with",
    ),
    (r"not supported between instances of", "text and a number cannot be compared"),
    (r"unsupported operand type|bad operand type", "these values can't be calculated with each other"),
    (
        r"\(\) takes .*(?:positional|argument)|missing \d+ required positional|expected .* arguments?, got",
        "a filter is given too much or too little",
    ),
    (r"got an unexpected keyword argument '(\w+)'", "a filter does not know “{0}=”"),
    (r"RowView.* has no (?:element|attribute) '?(\w+)'?", "there is no column “{0}”"),
    (r"has no attribute '(\w+)'", "there is no “{0}” in this value"),
    (r"has no element (\S+)|index out of range", "a list has fewer items than the template asks for"),
    (r"'(\w+)' is undefined", "“{0}” has no value here"),
    (r"object is not callable", "something is called with ( ) that is no function"),
    (r"is not iter\w+|is not reversible|has no len\b", "a single value is used as a list"),
    (r"cannot be interpreted as an integer|indices must be integers", "a whole number is needed"),
    (r"is empty|empty sequence", "a list has no items"),
    (r"date value out of range|year .* is out of range", "a date is too early or too late for a calendar"),
)
"""Messages of Python and Jinja with their plain translations; the original text is never shown."""
_UNKNOWN = "it can't be worked out with the values of this row"


def explain_syntax_error(complaint: str, source: str) -> tuple[str, str]:
    """Message and hint for an expression that Jinja can't parse.

    Args:
        complaint: Jinja's message
        source: the faulty text
    """
    if "{{{" in source:
        return "there are three braces", _HOW_TO_WRITE
    statement = _STATEMENT.search(source)
    if statement:
        word = statement[1]
        return f"{{{{ {word} }}}} is no placeholder", f"Write conditions and loops as {{% {word} … %}}"
    if source.count("{{") > source.count("}}"):
        return "a placeholder is begun with {{ and never ended with }}", _HOW_TO_WRITE
    unknown = _NO_FILTER.search(complaint)
    if unknown:
        likely = suggest(unknown[1], _FILTER_NAMES)
        hint = f"Did you mean | {likely}?" if likely else "Check the spelling behind the bar |"
        return f"there is no filter '{unknown[1]}'", hint
    for pattern, message, hint in _SYNTAX_ERRORS:
        found = re.search(pattern, complaint, re.DOTALL)
        if found:
            return message.format(*found.groups()), hint.format(*found.groups())
    return f"this expression cannot be understood: {complaint.rstrip('.')}", _HOW_TO_WRITE


def problem_of(error: Exception, path: str) -> Problem:
    """The problem of a row whose expression raised an exception; it mentions no Python types.

    Args:
        error: the exception
        path: the expression's place in the template
    """
    if isinstance(error, CellError):
        return Problem(error.message, error.place, error.hint, path)
    hint = "Compare the expression with the cells of this row"
    return Problem(_explain_runtime_error(str(error) or type(error).__name__), hint=hint, path=path)


def _explain_runtime_error(complaint: str) -> str:
    if "MAX_RANGE" in complaint:
        return "a loop of the template runs too often"
    for pattern, plain in _RUNTIME_ERRORS:
        found = re.search(pattern, complaint)
        if found:
            return f"the template's expression fails here: {plain.format(*found.groups())}"
    return f"the template's expression fails here: {_UNKNOWN}"
