"""Filters and functions of templates, which format values for a locale or for speech.

They take cells, plain numbers and text, and raise `CellError` for an ambiguous value. Add one in
`registry.py`. Babel and num2words are imported when a template first needs them.
"""

from merge.template.filters.pronunciation import SHEET, Pronunciation, pronunciation
from merge.template.filters.registry import FUNCTIONS, FilterSet, TemplateFunction, without_context

__all__ = [
    "FUNCTIONS",
    "SHEET",
    "FilterSet",
    "Pronunciation",
    "TemplateFunction",
    "pronunciation",
    "without_context",
]
