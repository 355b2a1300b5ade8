"""What the monitor gives: the parts of a snapshot, and the figures of its whole life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.monitoring.caches import CacheCounts, counted_view
from engine.monitoring.resources import ResourceReading
from engine.monitoring.totals import Totals
from engine.service.messages import (
    AlertView,
    CacheView,
    Mark,
    MetricView,
    OptimizationView,
    PhasesView,
    StartPoint,
    TrafficView,
    WindowView,
)
from engine.trace import Namespace


@dataclass(frozen=True, slots=True)
class MonitorViews:
    """Fields of `Snapshot` by the same names, but for `lookups`, which go into its caches."""

    now_s: float
    metrics: list[MetricView]
    window: WindowView
    traffic: TrafficView
    points: list[StartPoint]
    marks: list[Mark]
    phases: PhasesView
    lookups: dict[Namespace, CacheCounts]
    optimizations: list[OptimizationView]
    alerts: list[AlertView]

    def counted(self, view: CacheView) -> CacheView:
        """A cache's view with the window's look-ups in it; `view.name` is its namespace."""
        return counted_view(self.lookups.get(Namespace(view.name), CacheCounts()), view)


@dataclass(frozen=True, slots=True)
class LifetimeFigures:
    """What monitoring systems ask for."""

    totals: Totals
    resources: ResourceReading | None
    in_flight: int
    active_alerts: frozenset[str]
    """Metrics that are beyond their limits now."""
    alerts: Mapping[str, int]
    """How many alerts each metric has had."""
