"""A number that has been written out for a reader, and is still that number in a number's place."""

from __future__ import annotations

from typing import Self


class WrittenNumber(str):
    """Text such as `1.200,5`; `value` is the number that it stands for."""

    __slots__ = ("value",)
    value: float

    @classmethod
    def of(cls, text: str, value: float) -> Self:
        """The text of a number."""
        made = cls(text)
        made.value = value
        return made
