"""Filters for a sentence's grammar: plurals, lists with “and”, first words."""

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
    "child": "children", "foot": "feet", "man": "men", "mouse": "mice", "person": "people",
    "tooth": "teeth", "wife": "wives", "woman": "women",
}  # fmt: skip
_SIBILANT: Final = re.compile(r"(?:s|x|z|ch|sh)$", re.IGNORECASE)
_CONSONANT_Y: Final = re.compile(r"(?<![aeiou])y$", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"\s*[;\n]\s*")
_COMMAS: Final = re.compile(r"\s*[,،、，]\s*")
_EDGES: Final = " \t\r\n\u00a0,;:"


def first_word(value: object) -> str:
    """The first word of a text, without a comma after it."""
    words = str(value).split()
    return words[0].strip(_EDGES) if words else ""


def plural(count: object, one: object, other: object, locale: Locale, forms: Mapping[str, object]) -> str:
    """Choose the form of a word for a count.

    Args:
        count: a number
        one: the singular
        other: the plural; None derives it in English, and is the singular in languages without a plural
        locale: the language whose plural rules apply
        forms: forms for further plural categories of the CLDR: zero, two, few, many

    Raises:
        CellError: `count` isn't a number, or the form for it is missing
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
        f"castmerge doesn't know the plural of “{one}” in {language_name(locale)}",
        hint=f'Write both forms: plural("{one}", "…")',
    )


def join_and(items: Iterable[object], word: object, locale: Locale) -> str:
    """Join items as in a sentence: `a, b and c`. Blank items are left out.

    Args:
        items: texts or cells; a single text is split at its semicolons and line breaks, or at its commas
        word: the word before the last item; None uses the language's own
        locale: the language
    """
    texts = [text for item in items if (text := _text(item))]
    if len(texts) == 1:
        texts = _split(texts[0])
    if not texts:
        return ""
    between = f" {word} " if word is not None else _and(locale)
    comma = "、" if between == "、" else ", "
    return between.join([*filter(None, [comma.join(texts[:-1])]), texts[-1]])


def _text(item: object) -> str:
    return "" if item is None or item == "" else str(item).strip()


def _split(text: str) -> list[str]:
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
