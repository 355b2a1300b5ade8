"""All figures of one moment."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.service.messages.alerts import AlertView
from engine.service.messages.base import Message
from engine.service.messages.caches import CacheView, PoolView, StaleView
from engine.service.messages.figures import (
    Mark,
    MetricView,
    PhasesView,
    StartPoint,
    StatementView,
    TrafficSource,
    TrafficView,
    TrialView,
    WindowView,
)
from engine.service.messages.playback import PlaybackView
from engine.service.messages.process import EngineState, ProjectView, Stays
from engine.service.messages.settings import OptimizationView
from engine.service.messages.tuning import TryView


class Snapshot(Message, kw_only=True, frozen=True):
    """All that the screens show, at one moment; complete, so that a viewer can attach at any time."""

    number: int
    now_s: float
    """Now, on the charts' time axis."""
    clock: str
    """Wall (or virtual) clock as HH:MM:SS."""
    uptime_s: float
    engine: EngineState
    engine_error: str = ""
    warmed: int = 0
    to_warm: int = 0
    project: ProjectView
    source: TrafficSource
    playback: PlaybackView | None = None
    profile: str
    modeled: bool
    freshness: str
    bounded_ms: float
    loading: str
    warming: bool
    recording: str = ""
    """Path of the recording in progress; empty when none is."""
    recorded: int = 0
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    """Current value of every setting, by path."""
    can_undo: str = ""
    """What undo would take back, in words; empty when there is nothing."""
    can_redo: str = ""
    metrics: list[MetricView] = msgspec.field(default_factory=list)
    window: WindowView
    traffic: TrafficView
    points: list[StartPoint] = msgspec.field(default_factory=list)
    marks: list[Mark] = msgspec.field(default_factory=list)
    phases: PhasesView
    caches: list[CacheView] = msgspec.field(default_factory=list)
    pool: PoolView
    statements: list[StatementView] = msgspec.field(default_factory=list)
    optimizations: list[OptimizationView] = msgspec.field(default_factory=list)
    alerts: list[AlertView] = msgspec.field(default_factory=list)
    stale: StaleView | None = None
    """None in strict mode."""
    trial: TrialView | None = None
    tried: TryView | None = None
    """The try that is on, or the last one; None before the first."""
    viewers: int = 1
    stays: Stays = Stays.NO
    """Why the engine would go on if a console that looks left it now."""
    told_to_stay: bool = False
