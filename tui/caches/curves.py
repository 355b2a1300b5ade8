"""What-if curves as plots: hit rate against how long, and against how many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.service.messages import ForecastView
from tui import format as fmt
from tui.caches.fields import What
from tui.plots.plotext_plot import Plot, Rule, Series, Spot

_PUBLISHED_S = (60.0, 300.0, 1_800.0, 86_400.0, 7 * 86_400.0)
_STEP_PERCENT = 20
_ROOM = 9
"""Cells that a tick and the figures below it need."""


class Tick(NamedTuple):
    """A labelled place on the axis, with what stands below it."""

    at: float
    label: str
    stale: int | None = None
    oldest_s: float | None = None


class Curve(NamedTuple):
    """What is drawn of one forecast."""

    plot: Plot
    ticks: tuple[Tick, ...]
    now: float
    """Where the setting in force is on the plot's axis."""
    draft: float | None


def scale(value: float) -> float:
    """The place of a time or a number on the logarithmic axis; what is below 0.1 is put there."""
    return math.log10(max(value, 0.1))


def unscale(place: float) -> float:
    """The time or number at a place."""
    return float(10.0**place)


def curve_of(view: ForecastView, what: What, draft: float | None, width: int) -> Curve | None:
    """The curve, with the setting in force and the draft marked; None without recorded reads.

    Args:
        draft: how long or how many the draft would keep in truth.
        width: cells of the plot, which bound the number of ticks.
    """
    points = _points(view, what)
    if not points:
        return None
    now = view.ttl_now_s if what is What.KEEP_FOR else float(view.size_now)
    marked = [now] if draft is None else [now, draft]
    places = [scale(at) for at, _, _ in points] + [scale(at) for at in marked]
    low, high = min(places), max(places)
    if high - low < 0.5:
        high = low + 0.5
    rules = [Rule(scale(now), "accent", vertical=True)]
    if draft is not None and not math.isclose(scale(draft), scale(now)):
        rules.append(Rule(scale(draft), "draft", vertical=True))
    top = _top(view, points)
    ticks = _ticks(view, what, points, low, high, width)
    plot = Plot(
        series=_series(points),
        rules=tuple(rules),
        x_range=(low, high),
        y_range=(0.0, top),
        x_ticks=tuple((tick.at, tick.label) for tick in ticks),
        y_ticks=tuple((y, f"{y:.0f} %".rjust(7)) for y in (0.0, top / 2, top)),
        spots=_spots(view, now),
    )
    return Curve(plot, ticks, scale(now), None if draft is None else scale(draft))


_Point = tuple[float, float, bool]
"""Time or number, hit rate in percent, whether it is beyond what was recorded."""


def _points(view: ForecastView, what: What) -> list[_Point]:
    if what is What.KEEP_FOR:
        return [(p.ttl_s, 100 * p.hit_rate, p.beyond) for p in view.by_ttl if p.ttl_s > 0]
    return [(float(p.entries), 100 * p.hit_rate, False) for p in view.by_size if p.entries > 0]


def _series(points: Sequence[_Point]) -> tuple[Series, ...]:
    seen = [(scale(at), rate) for at, rate, beyond in points if not beyond]
    unseen = [(scale(at), rate) for at, rate, beyond in points if beyond]
    if seen and unseen:
        unseen.insert(0, seen[-1])
    drawn = (Series(tuple(unseen), "past"), Series(tuple(seen), "warm"))
    return tuple(series for series in drawn if series.points)


def _top(view: ForecastView, points: Sequence[_Point]) -> float:
    rates = [rate for _, rate, _ in points]
    rates += [100 * (effect.hit_rate or 0.0) for effect in (view.predicted, view.measured)]
    steps = math.ceil(max(rates) / _STEP_PERCENT - 1e-9)
    return float(min(100, _STEP_PERCENT * max(1, steps)))


def _spots(view: ForecastView, now: float) -> tuple[Spot, ...]:
    found = []
    if view.predicted.hit_rate is not None:
        found.append(Spot(scale(now), 100 * view.predicted.hit_rate, "●", "accent"))
    if view.measured.hit_rate is not None:
        found.append(Spot(scale(now), 100 * view.measured.hit_rate, "○", "strong"))
    return tuple(found)


def _ticks(
    view: ForecastView,
    what: What,
    points: Sequence[_Point],
    low: float,
    high: float,
    width: int,
) -> tuple[Tick, ...]:
    """The ends first, then the published times, then what still has room."""
    cells = max(1, width - _ROOM)
    wanted = [at for at, _, _ in points]
    preferred = [wanted[0], wanted[-1], *(at for at in wanted if at in _PUBLISHED_S), *wanted]
    chosen: list[float] = []
    for at in preferred:
        apart = [abs(scale(at) - scale(other)) / (high - low) * cells for other in chosen]
        if at not in chosen and all(gap >= _ROOM for gap in apart):
            chosen.append(at)
    chosen.sort()
    if what is What.SIZE:
        return tuple(Tick(scale(at), fmt.count(int(at))) for at in chosen)
    figures = {point.ttl_s: point for point in view.by_ttl}
    return tuple(
        Tick(scale(at), fmt.duration(at), figures[at].stale, figures[at].oldest_s) for at in chosen
    )
