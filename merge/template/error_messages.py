"""Translate Jinja's and Python's error messages about an expression into plain language, with a hint."""

from __future__ import annotations

import re

from merge.errors import CellError
from merge.model import Problem
from merge.sheet.columns import suggest

TOO_DEEP = (
    "an expression is nested too deeply",
    "Split it into smaller ones: {% set part = … %} names one",
)
"""Message and hint for an expression that exceeds the limits of Jinja's or Python's parser."""
_HOW_TO_WRITE = "Write a placeholder as {{ First Name }} or {{ first_name }}"
_HOW_TO_COMPARE = "Write a condition as City == 'Oslo' and Amount > 100"
_GOT = re.compile(r"(?:got|unexpected|unexpected char) '([^']+)'(?: at \d+)?$")
_NOT_QUOTED = frozenset(
    {"end of print statement", "end of statement block", "end of template", "begin of statement block"}
    | {"integer", "float", "string"}
)
"""How Jinja names the ends of an expression, and kinds of values."""
_CONDITION = re.compile(r"\{%-?\s*(?:if|elif)\b")
_OTHER_LANGUAGES = {
    **dict.fromkeys(
        ("AND", "OR", "NOT", "And", "Or", "Not", "&", "|", "&&", "||", "!"),
        "Use the words “and”, “or” and “not”",
    ),
    **dict.fromkeys(("contains", "CONTAINS", "like", "LIKE", "IN"), "Write 'part of the text' in City"),
    **dict.fromkeys((">", "="), "Write == for equal values, and != for different ones"),
}
"""How people compare in Excel, SQL and elsewhere, with castmerge's way."""
_SYNTAX_ERRORS = (
    (r"No test named '(.+)'", "there's no test “{0}”", "Check the spelling after “is”"),
    (
        r"Unexpected end of template.*closed is '(\w+)'",
        "a {{% {0} … %}} has no end",
        "Add {{% end{0} %}} where it ends",
    ),
    (
        r"Encountered unknown tag '(end\w+|else|elif)'",
        "{{% {0} %}} has no beginning",
        "Remove it, or add its beginning",
    ),
    (
        r"Encountered unknown tag '(.+)'",
        "there's no {{% {0} %}}",
        "Use {{% if %}}, {{% for %}} or {{% set %}}",
    ),
    (r"got '='", "a single equals sign can't compare values", "Use two equals signs: =="),
    (r"Expected an expression, got 'end of print", "the braces are empty", "Write a column name in them"),
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
        "text and a number can't be added; use ~ to join them",
    ),
    (
        r"can't multiply sequence|unsupported operand type\(s\).*'str'|not all arguments converted",
        "you can't do math on text",
    ),
    (r"not supported between instances of", "text and a number can't be compared"),
    (r"unsupported operand type|bad operand type", "the template can't calculate with these values"),
    (
        r"\(\) takes .*(?:positional|argument)|missing \d+ required positional|expected .* arguments?, got",
        "a filter has too many or too few arguments",
    ),
    (r"got an unexpected keyword argument '(\w+)'", "a filter doesn't have “{0}=”"),
    (r"RowView.* has no (?:element|attribute) '?(\w+)'?", "there's no column “{0}”"),
    (r"has no attribute '(\w+)'", "this value has no “{0}”, only .text, .value and .link"),
    (r"has no element (\S+)|index out of range", "a list has fewer items than the template asks for"),
    (r"'(\w+)' is undefined", "“{0}” has no value here"),
    (r"object is not callable", "parentheses follow something that isn't a function"),
    (r"is not iter\w+|is not reversible|has no len\b", "a single value is used as a list"),
    (r"cannot be interpreted as an integer|indices must be integers", "a whole number is needed"),
    (r"is empty|empty sequence", "a list has no items"),
    (r"date value out of range|year .* is out of range", "a date is too early or too late for a calendar"),
)
"""Messages of Python and Jinja with their plain translations; the original text is never shown."""
_UNKNOWN = "it doesn't work with the values of this row"


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
        return f"{{{{ {word} }}}} isn't a placeholder", f"Write conditions and loops as {{% {word} … %}}"
    if source.count("{{") > source.count("}}"):
        return "a placeholder is missing its closing }}", _HOW_TO_WRITE
    unknown = _NO_FILTER.search(complaint)
    if unknown:
        likely = suggest(unknown[1], _FILTER_NAMES)
        hint = f"Did you mean | {likely}?" if likely else "Check the spelling after the bar |"
        return f"there's no filter “{unknown[1]}”", hint
    for pattern, message, hint in _SYNTAX_ERRORS:
        found = re.search(pattern, complaint, re.DOTALL)
        if found:
            return message.format(*found.groups()), hint.format(*found.groups())
    if "quotation mark" in complaint:
        return complaint.rstrip(
            "."
        ), "Put each text and both of its quotation marks into the same branch or block"
    got = _GOT.search(complaint)
    what = f"“{got[1]}” here" if got and got[1] not in _NOT_QUOTED else "this expression"
    hint = _HOW_TO_COMPARE if _CONDITION.search(source) else _HOW_TO_WRITE
    return f"castmerge doesn't understand {what}", _OTHER_LANGUAGES.get(got[1] if got else "", hint)


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
