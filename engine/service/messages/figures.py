"""Live figures: the key metrics, the latency chart, phases, statements and traffic."""

from __future__ import annotations

import enum

import msgspec

from engine.service.messages.base import Command


class TrafficSource(enum.StrEnum):
    """Where the displayed starts come from."""

    LIVE = "live"
    REPLAY = "replay"


class MetricState(enum.StrEnum):
    """State of a metric or an alert."""

    OK = "ok"
    WARN = "warn"
    ALERT = "alert"
    TOO_FEW = "too few"


class MetricName(enum.StrEnum):
    """The five key metrics."""

    TASKSTART = "TaskStart p95"
    DATABASE = "database p95"
    HIT_RATE = "cache hit rate"
    MEMORY = "memory, engine"
    CPU = "CPU, engine"


class MetricView(msgspec.Struct, kw_only=True, frozen=True):
    """One key metric against its limit."""

    name: MetricName
    value: float | None
    unit: str
    limit: float
    limit_is_minimum: bool = False
    state: MetricState = MetricState.TOO_FEW
    state_for_s: float = 0.0
    history: list[float | None] = msgspec.field(default_factory=list)
    """One value per second, oldest first, at most 60."""
    counted: str = ""
    """What the value was computed from, for example `n 35  p50 76.2  p99 –`."""
    modeled: bool = False


class WindowView(msgspec.Struct, kw_only=True, frozen=True):
    """Over what the figures of the snapshot were computed."""

    label: str
    seconds: float
    """How far it reaches back now."""
    starts: int
    chosen_s: float = 0.0
    """What `SetWindow` chose."""


class StartPoint(msgspec.Struct, array_like=True, frozen=True):
    """One dot of the latency chart."""

    at_s: float
    """Seconds on the chart's time axis (`Snapshot.now_s` is now)."""
    total_ms: float
    warm: bool
    failed: bool
    before_change: bool = False


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """A change on the time axis."""

    at_s: float
    label: str


class PhaseView(msgspec.Struct, kw_only=True, frozen=True):
    """Mean milliseconds per start of one phase; the means add up to the total's mean."""

    name: str
    now_ms: float | None = None
    all_off_ms: float | None = None
    slowest_ms: float | None = None
    """Mean over the slowest 5 % of the window."""


class PhasesView(msgspec.Struct, kw_only=True, frozen=True):
    """Where the time goes, now against all off."""

    phases: list[PhaseView]
    starts: int
    modeled: bool = False
    all_off_starts: int = 0
    all_off_when: str = ""
    """When and how "all off" was measured, in words; empty when it was not."""
    all_off_modeled: bool = False


class StatementView(msgspec.Struct, kw_only=True, frozen=True):
    """One SQL statement over the life of the displayed engine."""

    name: str
    count: int
    p95_ms: float | None
    share: float
    """Share of all statements' time, 0 to 1."""
    plan: str = ""


class TrafficView(msgspec.Struct, kw_only=True, frozen=True):
    """Starts and failures over the window."""

    starts_per_s: float = 0.0
    errors: int = 0
    errors_per_min: float = 0.0
    warm: int = 0
    starts: int = 0
    behind_ms: float | None = None
    agent_wait_ms: float | None = None
    """Median of what the hooks' own processes reported, from their start; None without reports."""
    in_flight: int = 0
    sources: dict[str, int] = msgspec.field(default_factory=dict)
    """Starts by who asked: api, replay, console, cli, hook (AgentPM's), claude (Claude Code's)."""
    without_task: int = 0
    """Agents that were given the project's context, since no task was meant; no TaskStarts."""
    refused: int = 0
    """Requests of hooks that were refused: a wrong token, an unknown event, no JSON."""
    refusal: str = ""
    """What the last of them was told."""


class TrialView(msgspec.Struct, kw_only=True, frozen=True):
    """The small trial on the user's own tasks that an engine without traffic makes."""

    tasks: int
    all_off_ms: float
    cold_ms: float
    warm_ms: float


class SetWindow(Command, kw_only=True, frozen=True):
    """Choose the figures' window: 0 is "since the last change, at most 60 s"."""

    seconds: float


class MeasureAllOff(Command, kw_only=True, frozen=True):
    """Measure the "all off" reference now on a sample of the project's tasks."""
