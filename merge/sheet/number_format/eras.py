"""Years as they are counted in East Asia: by the emperor's reign, from the Republic, from Tangun."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from merge.sheet.number_format.serial_dates import Day

_REPUBLIC: Final = 1911
_TANGUN: Final = 2333


class Reckoning(Enum):
    """How years are counted."""

    PLAIN = auto()
    JAPANESE = auto()
    TAIWANESE = auto()
    KOREAN = auto()


@dataclass(frozen=True, slots=True)
class Era:
    """A day's era: its name in three lengths (`g`, `gg`, `ggg`), and the year within it (`e`)."""

    names: tuple[str, str, str]
    year: int


_REIGNS: Final = (
    ((2019, 5, 1), ("R", "令", "令和")),
    ((1989, 1, 8), ("H", "平", "平成")),
    ((1926, 12, 25), ("S", "昭", "昭和")),
    ((1912, 7, 30), ("T", "大", "大正")),
    ((1868, 1, 25), ("M", "明", "明治")),
)
_NAMELESS: Final = ("", "", "")


def era_of(day: Day, reckoning: Reckoning) -> Era:
    """The era of a day of the Gregorian calendar."""
    match reckoning:
        case Reckoning.JAPANESE:
            start, names = next(reign for reign in _REIGNS if reign[0] <= (day.year, day.month, day.day))
            return Era(names, day.year - start[0] + 1)
        case Reckoning.TAIWANESE if day.year > _REPUBLIC:
            return Era(("民國", "民國", "中華民國"), day.year - _REPUBLIC)
        case Reckoning.KOREAN:
            return Era(("단기", "단기", "단기"), day.year + _TANGUN)
        case _:
            return Era(_NAMELESS, day.year)
