"""Find a locale by the names that people give it: `de_DE`, `de-DE`, `German`, `Deutsch`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from merge.errors import CellError

if TYPE_CHECKING:
    from babel import Locale

ENGLISH: Final = "en"
_OWN_NAMES: Final = (
    *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it"),
    *("ja", "ko", "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"),
)


def locale_of(name: object) -> Locale:
    """The locale with a code, or with a language's name in English or in the language itself.

    Args:
        name: a text or a cell; surrounding spaces and case don't matter

    Raises:
        CellError: the language is unknown, or the cell is blank
    """
    return _located(" ".join(str(name).split()))


def language_name(locale: Locale) -> str:
    """The language's English name."""
    return locale.english_name or str(locale)


@lru_cache(maxsize=256)
def _located(name: str) -> Locale:
    found = _by_code(name.replace("-", "_").replace(" ", "_")) or _by_code(_codes().get(name.casefold(), ""))
    if found is None:
        raise CellError(
            f"castmerge doesn't recognize the language “{name}”",
            hint="Write it as de, de_DE or German",
        )
    return found


def _by_code(code: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - most templates need no Babel

    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415 - most templates need no Babel

    english = {name.casefold(): code for code, name in Locale(ENGLISH).languages.items()}
    own = {str(Locale(code).language_name).casefold(): code for code in _OWN_NAMES}
    return english | own
