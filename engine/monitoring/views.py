"""The parts of a snapshot that the monitor makes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.monitoring.caches import CacheCounts, counted_view
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
