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

from tui.text import Line, Piece

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


class Plot(NamedTuple):
    """All that is drawn; equal plots need not be rendered again."""

    series: tuple[Series, ...]
    rules: tuple[Rule, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


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
