"""Words that follow a sentence's grammar: one or several, a list with “and”, a first name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.template.filters.argument_parsing import number_of
from merge.template.filters.locales import ENGLISH, language_name

if TYPE_CHECKING:
    from babel import Locale

_IRREGULAR: Final = {
    "child": "children",
    "foot": "feet",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "tooth": "teeth",
    "wife": "wives",
    "woman": "women",
}
_SIBILANT: Final = re.compile(r"(?:s|x|z|ch|sh)$", re.IGNORECASE)
_CONSONANT_Y: Final = re.compile(r"(?<![aeiou])y$", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"\s*[;\n]\s*")
_COMMAS: Final = re.compile(r"\s*[,،、，]\s*")
_EDGES: Final = " \t\r\n\u00a0,;:"


def first_word(value: object) -> str:
    """The first word of a text, without the comma behind it."""
    words = str(value).split()
    return words[0].strip(_EDGES) if words else ""


def plural(count: object, one: object, other: object, locale: Locale, forms: Mapping[str, object]) -> str:
    """The form of a word that goes with a count.

    Args:
        count: a number
        one: the word for one of them
        other: the word for several; None makes it by English spelling, or keeps it as it is in languages
            without a plural
        locale: whose rules tell which form a count takes
        forms: forms for further classes of the CLDR: zero, two, few, many

    Raises:
        CellError: `count` is no number, or there is no word for several
    """
    kind = locale.plural_form(abs(number_of(count, locale)))
    if kind == "one":
        return str(one)
    if forms.get(kind) is not None:
        return str(forms[kind])
    if other is not None:
        return str(other)
    if locale.language == ENGLISH:
        return _english_plural(str(one))
    if kind == "other" and not locale.plural_form.tags:
        return str(one)
    raise CellError(
        f"the plural of “{one}” is not known in {language_name(locale)}",
        hint=f'Write both forms: plural("{one}", "…")',
    )


def join_and(items: Iterable[object], word: object, locale: Locale) -> str:
    """A list as a sentence has it: `a, b and c`; blank ones are left out.

    Args:
        items: texts or cells; one text alone is taken apart at its semicolons and lines, else its commas
        word: what stands before the last one; None is the language's own word
        locale: whose word it is
    """
    said = [text for item in items if (text := _said(item))]
    if len(said) == 1:
        said = _parts(said[0])
    if not said:
        return ""
    between = f" {word} " if word is not None else _and(locale)
    comma = "、" if between == "、" else ", "
    return between.join([*filter(None, [comma.join(said[:-1])]), said[-1]])


def _said(item: object) -> str:
    return "" if item is None or item == "" else str(item).strip()


def _parts(text: str) -> list[str]:
    separators = _SEPARATORS if _SEPARATORS.search(text) else _COMMAS
    return [part for part in separators.split(text) if part]


def _and(locale: Locale) -> str:
    pattern: object = locale.list_patterns["standard"]["2"]
    return str(pattern).removeprefix("{0}").removesuffix("{1}")


def _english_plural(word: str) -> str:
    irregular = _IRREGULAR.get(word.lower())
    if irregular:
        return word[0] + irregular[1:]
    if _SIBILANT.search(word):
        return f"{word}es"
    return _CONSONANT_Y.sub("ies", word) if _CONSONANT_Y.search(word) else f"{word}s"
