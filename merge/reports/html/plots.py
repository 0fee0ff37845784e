"""Plots as hand-written SVG: labeled axes, and colors by class so that they follow the page's theme."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TypeAlias

from merge.project.drawing.svg import Attributes, Svg, element, escaped, figure, together
from merge.results import format_duration

Moment: TypeAlias = tuple[datetime, float]
"""A time, and the amount reached by then."""

_WIDTH, _HEIGHT = 340.0, 200.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 26.0, 16.0, 46.0
_ACROSS, _DOWN = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_UNITS = (("Seconds", 1.0), ("Minutes", 60.0), ("Hours", 3600.0))
_FEW = 3.0
"""A unit is too large if the longest time is shorter than this many units."""
_FAR = 8.0
"""A time this many times the median is an outlier: such a video was collected on another day."""
_MOST_BARS = 12
_THOUSAND = 1_000
_MOST_TICKS = 5
_MOST_TIMES = 4
"""The maximum number of labels on a time axis, whose labels are longer."""
_SHORTEST = timedelta(minutes=4)
_MINUTE = 60
_DAY = 1440 * _MINUTE
_STEPS = (
    *(_MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(_DAY * days for days in (1, 2, 7, 14, 30, 91, 183, 365)),
)
"""The seconds between two labels of the time axis."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """A numeric axis."""

    first: float
    last: float
    start: float
    length: float

    def at(self, value: float) -> float:
        return self.start + self.length * (value - self.first) / (self.last - self.first)


def curves(lines: Mapping[str, Sequence[Moment]], unit: str) -> Svg:
    """Amounts that grow over time, as steps.

    Args:
        lines: for each line, by its name, its points in order; lines without points are left out
        unit: what is counted, for the axis

    Raises:
        ValueError: there are no points at all
    """
    drawn = {name: moments for name, moments in lines.items() if moments}
    times = [at for moments in drawn.values() for at, _ in moments]
    first, last = min(times), max(times)
    first, last = (
        (first, last) if last - first >= _SHORTEST else (first - _SHORTEST / 2, last + _SHORTEST / 2)
    )
    most = max(amount for moments in drawn.values() for _, amount in moments)
    across = _Scale(first.timestamp(), last.timestamp(), _LEFT, _ACROSS)
    up = _Scale(0.0, _ceiling(most), _TOP + _DOWN, -_DOWN)
    steps = (_steps(name, moments, across, up) for name, moments in drawn.items())
    names = (_name(name, moments, up) for name, moments in drawn.items() if len(drawn) > 1)
    said = f"{unit} from {_utc(min(times))} to {_utc(max(times))}: {most:,g} in the end"
    frame: Attributes = {"data-from": first.timestamp(), "data-to": last.timestamp()}
    time_axis = element("g", {"class": "utc"}, *_time_marks(first, last, across), _title("Time (UTC)"))
    return _plot(said, frame, _level_marks(up, unit), time_axis, *steps, *names)


def histogram(seconds: Sequence[float]) -> Svg:
    """A histogram of durations; those far longer than the median share one bar on the right.

    Args:
        seconds: at least one duration
    """
    usual = [time for time in seconds if time <= median(seconds) * _FAR]
    longer = len(seconds) - len(usual)
    unit, size = next((each for each in reversed(_UNITS) if max(usual) >= _FEW * each[1]), _UNITS[0])
    width = _nice(max(max(usual) / size, 1.0) / _MOST_BARS)
    heights = Counter(int(time / size / width) for time in usual)
    bars = max(heights) + 1
    if longer:
        heights[bars + 1] = longer
    across = _Scale(0.0, (bars + 2 * bool(longer)) * width, _LEFT, _ACROSS)
    up = _Scale(0.0, _ceiling(max(heights.values())), _TOP + _DOWN, -_DOWN)
    drawn = (_bar(number * width, width, heights[number], across, up) for number in sorted(heights))
    every = _nice(bars * width / _MOST_TICKS)
    marks = [
        _below(across.at(number * every), figure(number * every))
        for number in range(int(bars * width / every + 1e-9) + 1)
    ]
    marks += [_below(across.at((bars + 1.5) * width), "longer")] if longer else []
    said = (
        f"How long {len(seconds):,} videos took: "
        f"the shortest {format_duration(min(seconds))}, the longest {format_duration(max(seconds))}"
    )
    return _plot(said, {}, _level_marks(up, "Videos"), together(*marks, _title(unit)), *drawn)


def _plot(said: str, frame: Attributes, *parts: Svg) -> Svg:
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH:g} {_HEIGHT:g}",
            "class": "plot",
            "role": "img",
            "aria-label": said,
            **{name: f"{value:.0f}" for name, value in frame.items() if isinstance(value, float)},
        },
        *parts,
    )


def _steps(name: str, moments: Sequence[Moment], across: _Scale, up: _Scale) -> Svg:
    path = f"M{figure(across.start)} {figure(up.at(0))}"
    for at, amount in moments:
        path += f"H{figure(across.at(at.timestamp()))}V{figure(up.at(amount))}"
    return element("path", {"class": f"curve {name}", "d": f"{path}H{figure(across.start + across.length)}"})


def _name(name: str, moments: Sequence[Moment], up: _Scale) -> Svg:
    """A line's name above its end."""
    place: Attributes = {"x": _LEFT + _ACROSS, "y": up.at(moments[-1][1]) - 5, "text-anchor": "end"}
    return element("text", {"class": f"line-name {name}", **place}, escaped(name))


def _bar(start: float, width: float, height: int, across: _Scale, up: _Scale) -> Svg:
    left, right = across.at(start) + 1, across.at(start + width) - 1
    box: Attributes = {
        "x": left,
        "y": up.at(height),
        "width": right - left,
        "height": up.start - up.at(height),
    }
    return element("rect", {"class": "bar", **box})


def _level_marks(up: _Scale, unit: str) -> Svg:
    step = max(_nice(up.last / _MOST_TICKS), 1.0 if up.last >= 1 else 0.0)
    levels = [number * step for number in range(int(up.last / step + 1e-9) + 1)]
    lines = (
        element("path", {"class": "level", "d": f"M{figure(_LEFT)} {figure(up.at(level))}h{figure(_ACROSS)}"})
        for level in levels
    )
    numbers = (
        element("text", {"x": _LEFT - 8, "y": up.at(level) + 4, "text-anchor": "end"}, escaped(_level(level)))
        for level in levels
    )
    name: Attributes = {
        "class": "name",
        "text-anchor": "middle",
        "transform": f"translate(11 {_TOP + _DOWN / 2:g}) rotate(-90)",
    }
    return together(*lines, *numbers, element("text", name, escaped(unit)))


def _level(amount: float) -> str:
    """An amount as an axis label of at most four characters."""
    return f"{amount / _THOUSAND:g}k" if amount >= _THOUSAND else f"{amount:g}"


def _below(x: float, text: str) -> Svg:
    place: Attributes = {"x": x, "y": _TOP + _DOWN + 18, "text-anchor": "middle"}
    return element("text", place, escaped(text))


def _title(text: str) -> Svg:
    place: Attributes = {"class": "name", "x": _LEFT + _ACROSS / 2, "y": _HEIGHT - 6, "text-anchor": "middle"}
    return element("text", place, escaped(text))


def _time_marks(first: datetime, last: datetime, across: _Scale) -> Iterator[Svg]:
    length = (last - first).total_seconds()
    step = next((step for step in _STEPS if length / step <= _MOST_TIMES), _STEPS[-1])
    by_day = step >= _DAY
    for number in range(math.ceil(first.timestamp() / step), int(last.timestamp() // step) + 1):
        at = datetime.fromtimestamp(number * step, UTC)
        yield _below(across.at(number * step), f"{at.day} {at:%b}" if by_day else f"{at:%H:%M}")


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _nice(least: float) -> float:
    """The smallest sufficient number among 1, 2, 5, 10, 20, 50 and so on (or their fractions)."""
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= least * (1 - 1e-9))


def _ceiling(most: float) -> float:
    step = _nice(max(most, 1.0) / _MOST_TICKS)
    step = max(step, 1.0)
    return math.ceil(max(most, 1.0) / step - 1e-9) * step
