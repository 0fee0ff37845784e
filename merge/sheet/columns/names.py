"""Names of columns: how they are compared, how templates write them, which one was probably meant."""

from __future__ import annotations

import difflib
import keyword
import unicodedata
from collections.abc import Iterable
from typing import Final

_JINJA_WORDS = frozenset(
    {"true", "false", "none", "self", "super", "caller", "varargs", "kwargs", "loop", "row"}
)
_SIMILAR = 0.6

PRONUNCIATION: Final = "Pronunciation"
"""The worksheet that tells how words are said; it is never taken for the data where none is named."""


def normalise(header: str) -> str:
    """Bring a header into the form by which headers are compared; doing it twice changes nothing.

    Case, compatibility forms (full-width letters, non-breaking blanks) and the kind and number of
    blanks and line breaks fall away, and so do characters that cannot be seen.
    """
    visible = "".join(letter for letter in header if unicodedata.category(letter) != "Cf")
    # Folding case can undo a composed form and the other way round, hence both of them twice.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", visible).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def identifier(header: str) -> str:
    """Say how a template may write a header: `Price (USD)` is `price_usd`, `2026 Price` is `_2026_price`.

    Always a Python identifier; a word that Python, Jinja or castmerge keeps for itself gets a `_` behind it.
    """
    letters = (letter if f"_{letter}".isidentifier() else " " for letter in normalise(header))
    name = "_".join("".join(letters).replace("_", " ").split())
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _JINJA_WORDS else name


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Say which of the known names was probably meant, or None.

    Finds other spellings (`FirstName`, `first-name`), another order of the words, and typing errors.
    """
    names = list(dict.fromkeys(known))
    for form in (_joined, _in_order):
        wanted = form(name)
        for candidate in names:
            if form(candidate) == wanted:
                return candidate
    by_form = {_joined(candidate): candidate for candidate in reversed(names)}
    close = difflib.get_close_matches(_joined(name), by_form, n=1, cutoff=_SIMILAR)
    return by_form[close[0]] if close else None


def _joined(name: str) -> str:
    return identifier(name).replace("_", "")


def _in_order(name: str) -> str:
    return "".join(sorted(identifier(name).split("_")))
