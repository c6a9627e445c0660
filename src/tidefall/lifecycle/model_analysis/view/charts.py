"""Charts: lines over an axis, bars by name with intervals, heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tidefall.lifecycle.model_analysis.view.figures import PALETTE, Figure, Label, Line, Rect

MAX_BARS = 60
"""Bars of a chart; with more names the others are in tables alone."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 44, 14, 40
"""Margins of line charts."""
_BARS_TOP, _BARS_WIDTH = 28, 380
_CHARACTER = 6.2
"""About as wide as a character of size 11 is."""


@dataclass(frozen=True)
class Series:
    """A line of a chart: its name, and float64 [points] each; NaN leaves a gap."""

    name: str
    x: np.ndarray
    y: np.ndarray


def number(value: float) -> str:
    """A number in few characters.

    >>> number(0.123456), number(1234567.0), number(float("nan"))
    ('0.1235', '1.235e+06', 'NaN')
    """
    return "NaN" if np.isnan(value) else f"{value:.4g}"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two bounds.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = high - low
    if not span > 0 or not np.isfinite(span):
        return [low]
    rough = span / count
    base = 10 ** np.floor(np.log10(rough))
    step = base * next(m for m in (1, 2, 5, 10) if m * base >= rough * 0.999)
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return [round(float(n * step), 12) + 0.0 for n in np.arange(first, last + 1)]


def line_chart(
    title: str,
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    x_names: Sequence[str] | None = None,
    has_diagonal: bool = False,
) -> Figure:
    """A chart of lines.

    Args:
        title: of the chart.
        series: its lines.
        x_label: what x is.
        y_label: what y is.
        x_range: of the axis; by default that of the points.
        y_range: likewise.
        x_names: names of the places 0, 1, ... on the x axis, instead of numbers.
        has_diagonal: whether the line x = y is drawn.
    """
    left, top, width, height = _LEFT, _TOP, 354, 232
    legend = 16 if len(series) > 1 else 0
    figure = Figure(title, left + width + _RIGHT, top + height + _BOTTOM + legend)
    x_low, x_high = x_range or _range([s.x for s in series])
    y_low, y_high = y_range or _range([s.y for s in series])

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            left + width * (x - x_low) / ((x_high - x_low) or 1.0),
            top + height * (1 - (y - y_low) / ((y_high - y_low) or 1.0)),
        )

    marks = figure.marks
    marks.append(Label(left, 16, title, size=13))
    for value in ticks(y_low, y_high):
        _, y = at(x_low, value)
        marks.append(Line([(left, y), (left + width, y)], opacity=0.15))
        marks.append(Label(left - 5, y + 4, number(value), "end", 10))
    bottom = top + height
    if x_names is None:
        for value in ticks(x_low, x_high):
            x, _ = at(value, y_low)
            marks.append(Line([(x, bottom), (x, bottom + 4)], opacity=0.5))
            marks.append(Label(x, bottom + 15, number(value), "middle", 10))
    else:
        step = max(1, -(-len(x_names) // 6))
        for place in range(0, len(x_names), step):
            x, _ = at(place, y_low)
            marks.append(Label(x, bottom + 15, short(x_names[place], 12), "middle", 10))
    marks.append(Label(left + width / 2, bottom + 33, x_label, "middle", 10))
    marks.append(Label(left, 31, y_label, size=10))
    if has_diagonal:
        marks.append(Line([at(x_low, x_low), at(x_high, x_high)], opacity=0.4, is_dashed=True))
    for place, one in enumerate(series):
        color = PALETTE[place % len(PALETTE)]
        for piece in _pieces(one):
            points = [at(x, y) for x, y in piece]
            if len(points) > 1:
                marks.append(Line(points, color, 1.8))
            if x_names is not None or len(points) == 1:
                marks += [
                    Rect(x - 2.5, y - 2.5, 5, 5, color, tip=f"{one.name}: {number(value)}")
                    for (x, y), (_, value) in zip(points, piece, strict=True)
                ]
        if len(series) > 1:
            room = (left + width) / len(series)
            x, y = 12 + room * place, bottom + _BOTTOM + 8
            marks.append(Rect(x, y - 8, 8, 8, color))
            marks.append(Label(x + 12, y, short(one.name, int(room / 6) - 3), size=10))
    return figure


def bar_chart(
    title: str,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    intervals: Sequence[tuple[float, float] | None] | None = None,
    reference: float | None = None,
) -> Figure:
    """Horizontal bars by name, the first 60.

    Args:
        title: of the chart.
        names: of the bars.
        series: a name and a number for each of the bars; several stand one below the other.
        intervals: of the first series' numbers.
        reference: a number to be marked by a line.
    """
    names = list(names)[:MAX_BARS]
    widest = max((len(short(name, 34)) for name in names), default=4)
    left = 12 + _CHARACTER * widest
    thick = 14 if len(series) == 1 else 12
    row = thick * len(series) + 8
    figure = Figure(title, left + _BARS_WIDTH, _BARS_TOP + row * len(names) + 30)
    numbers = np.array([list(values)[:MAX_BARS] for _, values in series], float)
    numbers = numbers.reshape(len(series), len(names))
    given = [b for b in (intervals or [])[:MAX_BARS] if b is not None]
    finite = [float(v) for v in numbers.ravel() if np.isfinite(v)]
    finite += [float(b) for pair in given for b in pair if np.isfinite(b)]
    finite += [0.0] if reference is None or not np.isfinite(reference) else [0.0, reference]
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    # Room for a number at the end of the longest bar.
    width = _BARS_WIDTH - 70

    def at(value: float) -> float:
        return left + width * (value - low) / span

    marks = figure.marks
    marks.append(Label(8, 16, title, size=13))
    end = _BARS_TOP + row * len(names)
    for value in ticks(low, high, 4):
        x = at(value)
        marks.append(Line([(x, _BARS_TOP - 4), (x, end)], opacity=0.15))
        marks.append(Label(x, end + 14, number(value), "middle", 10))
    for place, name in enumerate(names):
        top = _BARS_TOP + row * place
        marks.append(Label(left - 6, top + row / 2 + 1, short(name, 34), "end"))
        for line, (what, _) in enumerate(series):
            value, y = float(numbers[line, place]), top + thick * line
            if not np.isfinite(value):
                marks.append(Label(at(0.0) + 4, y + thick - 2, number(value), size=10))
                continue
            start, stop = sorted([at(0.0), at(value)])
            tip = (
                f"{name}: {number(value)}"
                if len(series) == 1
                else f"{name}, {what}: {number(value)}"
            )
            color = PALETTE[line % len(PALETTE)]
            marks.append(Rect(start, y, stop - start, thick - 1, color, 0.85, tip))
            bounds = intervals[place] if intervals is not None and line == 0 else None
            ends = stop
            if bounds is not None and np.isfinite(bounds).all():
                middle = y + thick / 2
                a, b = at(bounds[0]), at(bounds[1])
                marks.append(Line([(a, middle), (b, middle)], width=1.5))
                marks += [Line([(x, middle - 3), (x, middle + 3)], width=1.5) for x in (a, b)]
                ends = max(ends, b)
            marks.append(Label(ends + 5, y + thick - 3, number(value), size=10))
    if reference is not None and np.isfinite(reference):
        marks.append(Line([(at(reference), _BARS_TOP - 4), (at(reference), end)], is_dashed=True))
    if len(series) > 1:
        for line, (what, _) in enumerate(series):
            x = left + 110 * line
            marks.append(Rect(x, end + 19, 8, 8, PALETTE[line % len(PALETTE)]))
            marks.append(Label(x + 12, end + 27, short(what, 16), size=10))
    return figure


def heat_map(
    title: str, names: Sequence[str], columns: Sequence[str], values: np.ndarray
) -> Figure:
    """A table of numbers as colors, each row by its share.

    Args:
        title: of the chart.
        names: of rows.
        columns: names of columns.
        values: float64 [rows, columns], 0 or more.
    """
    left = 30 + _CHARACTER * max((len(short(name, 16)) for name in names), default=1)
    cell = max(14.0, min(46.0, 460 / max(len(columns), 1)))
    figure = Figure(title, left + cell * len(columns) + 12, 64 + cell * len(names))
    marks = figure.marks
    marks.append(Label(8, 16, title, size=13))
    marks.append(Label(left, 32, "predicted", size=10))
    marks.append(Label(8, 48, "actual", size=10))
    for place, name in enumerate(columns):
        x = left + cell * (place + 0.5)
        marks.append(Label(x, 48, short(name, max(2, int(cell / 6))), "middle", 10))
    totals = values.sum(axis=1)
    for row, name in enumerate(names):
        y = 54 + cell * row
        marks.append(Label(left - 6, y + cell / 2 + 4, short(name, 16), "end", 10))
        for column, other in enumerate(columns):
            value = float(values[row, column])
            share = value / totals[row] if totals[row] > 0 else 0.0
            tip = f"{name} as {other}: {number(value)}, {share:.1%} of {name}"
            x = left + cell * column
            marks.append(Rect(x, y, cell - 1, cell - 1, PALETTE[0], 0.06 + 0.94 * share, tip))
            if cell >= 30:
                color = "#ffffff" if share > 0.5 else ""
                marks.append(
                    Label(x + cell / 2, y + cell / 2 + 4, number(value), "middle", 10, color)
                )
    return figure


def short(text: str, length: int) -> str:
    """A text of at most so many characters.

    >>> short("abcdefgh", 5)
    'abcd…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def _range(arrays: Sequence[np.ndarray]) -> tuple[float, float]:
    values = np.concatenate([np.asarray(a, float).ravel() for a in arrays] or [np.zeros(1)])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low == high:
        return low - 0.5, high + 0.5
    room = 0.05 * (high - low)
    return low - room, high + room


def _pieces(series: Series) -> list[list[tuple[float, float]]]:
    """The parts of a line between gaps."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True):
        if np.isfinite(x) and np.isfinite(y):
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]
