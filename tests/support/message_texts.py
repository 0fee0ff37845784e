"""Every text that castmerge shows, read from its source: errors with place and hint, notes, prompts, help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from merge import errors

ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.MergeError)
}
ORDER: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(ERRORS, ("message",)),
    "Problem": ("message", "place", "hint"),
    "RowWarning": ("kind", "place", "message", "hint"),
    "Finding": ("about", "health", "message", "hint"),
    "MissingField": ("path", "message", "hint"),
}
"""The positional arguments of each class that has text for users."""
_FIELDS = ("message", "place", "hint")
_NOT_SHOWN = {"compile", "info", "debug", "warning", "exception", "execute", "executemany", "ValueError"}
"""Calls whose texts no user sees: patterns, logs, SQL, internal errors."""
_DATA = (
    "checks/content_words.py",
    "project/text_width.py",
    "sheet/number_format/",
    "template/filters/spoken/",
)
"""Modules whose texts are numbers, word lists, or in other languages."""
_FOREIGN = re.compile(
    r"^\s*(?:SELECT|ALTER|INSERT|CREATE|PRAGMA|DELETE|UPDATE|<)\b|^\s*<|\(\?|\\[dws]|\.\*|\[\^|^M\{|"
    r"\b(?:WHERE|FROM)\b|\bint \| |^translate\("
)
"""SQL, XML, patterns, drawings, types."""
_FILLED_IN = re.compile(r"\{.*?\}|‹.*?›", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORDS, _LEAST = 3, 2


@dataclass(frozen=True)
class SourceText:
    """One text in the source.

    Attributes:
        kind: the class that has it, or "" for any other text
        message: the text, with `{…}` where something is filled in
        place: the expression of the place, or ""
        hint: what to do next, or ""
    """

    kind: str
    message: str
    place: str = ""
    hint: str = ""

    def lines(self) -> Iterator[str]:
        """The text as lines of the table."""
        yield f"{self.kind or 'says'}: {self.message}"
        if self.place:
            yield f"    where: {self.place}"
        if self.hint:
            yield f"    then: {self.hint}"


@cache
def texts_in(source: str) -> list[SourceText]:
    """The texts of a module, in order."""
    tree = ast.parse(source)
    unread = {id(node) for node in _unread(tree)}
    found: list[tuple[int, SourceText]] = []
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Call) and _name(node.func) in ORDER:
            one = _source_text(node)
            unread |= {id(inner) for argument in _arguments(node).values() for inner in ast.walk(argument)}
            found.append((node.lineno, one))
    for node in ast.walk(tree):
        if id(node) not in unread and isinstance(node, ast.Constant | ast.JoinedStr):
            unread |= {id(inner) for inner in ast.walk(node)}
            text = re.sub(r"\x08\n *", "", _text(node)).rstrip("\n ")
            if _is_sentence(text):
                found.append((node.lineno, SourceText("", text)))
    return [one for _, one in sorted(found, key=lambda each: each[0])]


def table_of(folder: Path) -> dict[str, str]:
    """The texts of each module that has any, by its path."""
    texts = {
        path.relative_to(folder).as_posix(): texts_in(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
        if not path.relative_to(folder).as_posix().startswith(_DATA)
    }
    return {
        path: "".join(f"{line}\n" for each in found for line in each.lines())
        for path, found in texts.items()
        if found
    }


def _unread(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, and texts that no user sees."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from ast.walk(node)
        if isinstance(node, ast.Call) and _name(node.func) in _NOT_SHOWN:
            yield from ast.walk(node)
        if isinstance(node, ast.Assert) and node.msg:
            yield from ast.walk(node.msg)


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _arguments(call: ast.Call) -> dict[str, ast.expr]:
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return dict(zip(ORDER[_name(call.func)], call.args, strict=False)) | named


def _source_text(call: ast.Call) -> SourceText:
    arguments = _arguments(call)
    message, place, hint = (_text(arguments[name]) if name in arguments else "" for name in _FIELDS)
    return SourceText(_name(call.func), message, place, hint)


def _text(node: ast.expr) -> str:
    """The text, with `{expression}` where something is filled in; other expressions as `‹source›`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case ast.Constant():
            return ""
        case _:
            return f"‹{ast.unparse(node)}›"


def _is_sentence(text: str) -> bool:
    words = _WORD.findall(_FILLED_IN.sub(" ", text))
    return len(words) >= _LEAST and len(text.split()) >= _WORDS and not _FOREIGN.search(text)
