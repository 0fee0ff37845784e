"""Filters and functions of templates: a language's way of writing, and a voice's way of saying.

They take cells, plain numbers and text. What cannot be read for certain is a `CellError`, the problem of
its row. Babel and num2words come in when a template first needs them.
"""

from merge.template.filters.pronunciation import SHEET, Pronunciation, pronunciation
from merge.template.filters.registry import FUNCTIONS, FilterSet

__all__ = ["FUNCTIONS", "SHEET", "FilterSet", "Pronunciation", "pronunciation"]
