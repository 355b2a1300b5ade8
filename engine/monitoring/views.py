"""The parts of a snapshot that the monitor makes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.service.messages import (
    AlertView,
    Mark,
    MetricView,
    OptimizationView,
    PhasesView,
    StartPoint,
    TrafficView,
    WindowView,
)


@dataclass(frozen=True, slots=True)
class MonitorViews:
    """Fields of `Snapshot`, by the same names."""

    now_s: float
    metrics: list[MetricView]
    window: WindowView
    traffic: TrafficView
    points: list[StartPoint]
    marks: list[Mark]
    phases: PhasesView
    optimizations: list[OptimizationView]
    alerts: list[AlertView]
