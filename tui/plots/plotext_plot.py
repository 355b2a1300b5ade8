"""The one place that knows plotext: line plots rendered to lines of pieces.

plotext's own figure is one per process and clamped to the terminal's size; a terminal object of
one's own without limits gives an independent figure, through an attribute that is not public.
Importing plotext takes over 100 ms, so it is imported at the first plot, in a thread.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from typing import Any, NamedTuple

from tui.text import Line, Piece, plain

_FIRST_COLOR = 101
"""Colors are used as names of roles only; these are none that plotext uses by itself."""
_CODE = re.compile(r"\x1b\[([0-9;]*)m")


class Series(NamedTuple):
    """A line through points; a gap in the data is a series' end, so give one series per stretch."""

    points: tuple[tuple[float, float], ...]
    role: str


class Rule(NamedTuple):
    """A line across the whole plot."""

    at: float
    role: str
    vertical: bool = False


class Spot(NamedTuple):
    """One character at a point, above all lines."""

    x: float
    y: float
    glyph: str
    role: str


class Plot(NamedTuple):
    """All that is drawn; equal plots need not be rendered again."""

    series: tuple[Series, ...]
    rules: tuple[Rule, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    spots: tuple[Spot, ...] = ()


def is_loaded() -> bool:
    """Whether `render` would not have to import plotext."""
    return "plotext" in sys.modules


async def load() -> None:
    """Import plotext in a thread, so that no frame waits for it."""
    await asyncio.to_thread(importlib.import_module, "plotext")


def render(plot: Plot, width: int, height: int) -> list[Line]:
    """The plot in `width` x `height` cells (some milliseconds)."""
    plotext: Any = importlib.import_module("plotext")
    terminal = type(plotext.terminal)()
    terminal.limit(False, False)
    figure = terminal._master
    figure.plot_size(width, height)
    roles: list[str] = []

    def color(role: str) -> int:
        if role not in roles:
            roles.append(role)
        return _FIRST_COLOR + roles.index(role)

    for rule in plot.rules:
        figure.line(rule.at, "vertical" if rule.vertical else "horizontal", pixel=color(rule.role))
    for series in plot.series:
        marker = plotext.marker("braille", pixel=color(series.role))
        xs, ys = [x for x, _ in series.points], [y for _, y in series.points]
        signal = figure.signal(xs, ys, marker=marker)
        signal.lines()
        figure.draw(signal)
    for spot in plot.spots:
        marker = plotext.marker(spot.glyph, pixel=color(spot.role))
        figure.draw(figure.signal([spot.x], [spot.y], marker=marker))
    for axis, span, ticks in (
        ("x", plot.x_range, plot.x_ticks),
        ("y", plot.y_range, plot.y_ticks),
    ):
        ruler = figure.ruler(axis)
        ruler.lim(*span)
        ruler.ticks([at for at, _ in ticks], [label for _, label in ticks])
    figure.axes(False, axis=[0, 1], side=[1])
    return [_to_line(row, roles) for row in figure.build().string().splitlines()[:height]]


def _to_line(row: str, roles: list[str]) -> Line:
    pieces: list[Piece] = []
    role = ""
    for position, part in enumerate(_CODE.split(row)):
        if position % 2 == 0:
            if part:
                pieces.append(Piece(part, role if part.strip() else ""))
            continue
        codes = part.split(";")
        if codes[:2] == ["38", "5"]:
            number = int(codes[2]) - _FIRST_COLOR
            role = roles[number] if 0 <= number < len(roles) else "muted"
        elif part in ("", "0"):
            role = ""
    return tuple(pieces)


class Area(NamedTuple):
    """Where the drawing is in the lines of a plot."""

    left: int
    """Column of the x range's low end."""
    right: int
    """Column of its high end."""

    def column(self, plot: Plot, x: float) -> int:
        """The column of a value."""
        low, high = plot.x_range
        return self.left + round((x - low) / (high - low) * (self.right - self.left))

    def value(self, plot: Plot, column: int) -> float:
        """The value at a column, within the range."""
        low, high = plot.x_range
        part = (column - self.left) / max(1, self.right - self.left)
        return low + min(1.0, max(0.0, part)) * (high - low)


def area_of(rows: list[Line], width: int) -> Area:
    """The area of a rendered plot of `width` cells: right of the value axis."""
    for row in rows:
        corner = plain(row).find("└")
        if corner >= 0:
            return Area(corner + 1, width - 1)
    return Area(0, width - 1)
