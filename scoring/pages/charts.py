"""Geometry of charts: positions of columns, lines and labels. The templates draw it as SVG.

All lengths are units of the drawing, whose width is ``WIDTH``: small enough for its texts to be read on a phone.
"""

from collections.abc import Callable, Sequence
from datetime import date
from math import ceil, floor, log10
from typing import Final

import msgspec

WIDTH: Final = 440.0
HEIGHT: Final = 210.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 22.0, 18.0, 26.0
_LABELS_AT_MOST = 6


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the grid, or a place on an axis, with its label."""

    at: float
    label: str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column; it hangs from the zero line where its value is negative."""

    x: float
    y: float
    width: float
    height: float
    text: str
    """Its value as text."""
    is_negative: bool


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart with horizontal grid lines and labels below."""

    rows: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    zero: float
    columns: tuple[Column, ...] = ()
    path: str = ""
    """Of a line: the ``d`` of a path."""
    band: str = ""
    """Of an area around the line, the same."""
    beside: str = ""
    """Of a second line, the same."""
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Maps numbers to positions on a line."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Position of a number, clamped to the ends."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def columns(
    values: Sequence[float | None], labels: Sequence[str], show: Callable[[float], str], *, level: float | None = None
) -> Chart:
    """A column for each value; null leaves a gap.

    Args:
        values: At least one.
        labels: One per value; shown are as many as fit.
        show: A value in words.
        level: Where a line crosses them all, such as a bound.
    """
    vertical, rows = _vertical([0.0, *(value for value in (*values, level) if value is not None)], show)
    step = (WIDTH - _LEFT - _RIGHT) / len(values)
    width = round(min(step * 0.72, 56.0), 2)
    zero = vertical.at(0.0)
    centers = [round(_LEFT + step * (index + 0.5), 2) for index in range(len(values))]
    every = ceil(len(values) / _LABELS_AT_MOST)
    return Chart(
        rows=rows,
        labels=tuple(
            Tick(at=center, label=label)
            for index, (center, label) in enumerate(zip(centers, labels, strict=True))
            if (len(values) - 1 - index) % every == 0
        ),
        zero=zero,
        columns=tuple(
            Column(
                x=round(center - width / 2, 2),
                y=min(vertical.at(value), zero),
                width=width,
                height=round(abs(vertical.at(value) - zero), 2),
                text=show(value),
                is_negative=value < 0,
            )
            for center, value in zip(centers, values, strict=True)
            if value is not None
        ),
        beside="" if level is None else f"M{_LEFT} {vertical.at(level)}H{WIDTH - _RIGHT}",
    )


def steps(
    stretches: Sequence[tuple[date, date, float]], show: Callable[[float], str], label: Callable[[date], str]
) -> Chart:
    """A line that stays level over days and jumps between them.

    Args:
        stretches: First day, last day and level; at least one, without gaps.
        show: A level in words.
        label: A month in words.
    """
    first, last = stretches[0][0], stretches[-1][1]
    vertical, rows = _vertical([0.0, *(level for _, _, level in stretches)], show)
    horizontal = Scale(low=first.toordinal(), high=last.toordinal() + 1.0, start=_LEFT, end=WIDTH - _RIGHT)
    parts: list[str] = []
    for start, end, level in stretches:
        y = vertical.at(level)
        parts.append(f"{'V' if parts else f'M{horizontal.at(start.toordinal())} '}{y}")
        parts.append(f"H{horizontal.at(end.toordinal() + 1)}")
    return Chart(
        rows=rows,
        labels=_months_between(first, last, horizontal, label),
        zero=vertical.at(0.0),
        path="".join(parts),
    )


def band(
    days: Sequence[tuple[date, float, float, float, float]], show: Callable[[float], str], label: Callable[[date], str]
) -> Chart:
    """A line within a band, and a second line.

    Args:
        days: Day, lower end, line, upper end, second line; two at least, by day.
        show: A level in words.
        label: A month in words.
    """
    first, last = days[0][0], days[-1][0]
    vertical, rows = _vertical([0.0, *(value for _, *values in days for value in values)], show)
    horizontal = Scale(low=first.toordinal(), high=last.toordinal(), start=_LEFT, end=WIDTH - _RIGHT)
    places = [horizontal.at(day.toordinal()) for day, *_ in days]
    low, line, high, beside = (
        [f"{place} {vertical.at(value)}" for place, value in zip(places, values, strict=True)]
        for values in zip(*(values for _, *values in days), strict=True)
    )
    return Chart(
        rows=rows,
        labels=_months_between(first, last, horizontal, label),
        zero=vertical.at(0.0),
        path=f"M{'L'.join(line)}",
        band=f"M{'L'.join(high)}L{'L'.join(reversed(low))}Z",
        beside=f"M{'L'.join(beside)}",
    )


def _months_between(first: date, last: date, horizontal: Scale, label: Callable[[date], str]) -> tuple[Tick, ...]:
    months = [date(number // 12, number % 12 + 1, 1) for number in range(_month(first) + 1, _month(last) + 1)]
    every = max(1, ceil(len(months) / _LABELS_AT_MOST))
    return tuple(
        Tick(at=horizontal.at(month.toordinal()), label=label(month))
        for index, month in enumerate(months)
        if index % every == 0 and horizontal.at(month.toordinal()) > _LEFT + 12
    )


def round_bounds(low: float, high: float, lines: int = 4) -> tuple[float, ...]:
    """Round numbers, evenly apart, that enclose two numbers; about so many."""
    span = high - low or 1.0
    rough = span / lines
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if rough <= factor * power * (1 + 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(round(number * step, 6) for number in range(first, max(last, first + 1) + 1))


def _vertical(values: Sequence[float], show: Callable[[float], str]) -> tuple[Scale, tuple[Tick, ...]]:
    bounds = round_bounds(min(values), max(values))
    scale = Scale(low=bounds[0], high=bounds[-1], start=HEIGHT - _BOTTOM, end=_TOP)
    return scale, tuple(Tick(at=scale.at(bound), label=show(bound)) for bound in bounds)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1
