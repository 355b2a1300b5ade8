"""Settings as immutable structs; a change makes a new `Settings`.

Durations are seconds unless the name says otherwise. The defaults are the plan's published ones
where the plan names a figure.
"""

from __future__ import annotations

import enum

import msgspec

from engine.optimizations import ALL_OPTIMIZATIONS, Optimization
from engine.trace import Level, Namespace


class Freshness(enum.StrEnum):
    """How a cached value is known to be current."""

    STRICT = "strict"
    """Checked on every TaskStart: no stale answer."""
    BOUNDED = "bounded"
    """Checked at most once per `bounded_ms`: stale by at most that."""
    TTL = "ttl"
    """Trusted until its time is up: may be stale by up to the TTL."""

    @property
    def label(self) -> str:
        """The words for this mode on screen."""
        return {
            Freshness.STRICT: "check every start",
            Freshness.BOUNDED: "check every few ms",
            Freshness.TTL: "trust the TTL (may be stale)",
        }[self]


class LoadingStrategy(enum.StrEnum):
    """How the rows of one TaskStart are read when optimization 1 is on."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    BATCHED = "batched"


class CacheSettings(msgspec.Struct, frozen=True):
    """Limits of one namespace; an entry is kept for min(this TTL, the TTL of its level)."""

    ttl_seconds: float
    max_entries: int


class LevelSettings(msgspec.Struct, frozen=True):
    """Limits of one level, in force in every namespace."""

    ttl_seconds: float
    max_entries: int


class AlertLimits(msgspec.Struct, frozen=True):
    """The five limits; a metric beyond its limit is an alert."""

    taskstart_ms: float = 100.0
    database_ms: float = 40.0
    hit_rate_percent: float = 90.0
    memory_mb: float = 500.0
    cpu_percent: float = 50.0


CLAUDE_CODE_CHARACTERS = 10_000
"""What Claude Code hands over whole; of more its agent gets a file and a preview."""
SMALLEST_BUDGET = 500
LARGEST_BUDGET = 1_000_000


class HookBudgets(msgspec.Struct, frozen=True):
    """Most characters of a context by who asks, as JavaScript counts them; 0 is no bound."""

    agentpm: int = 0
    """AgentPM's hook where it asks for the full rendering; AgentPM's own is never shortened."""
    subagent_start: int = CLAUDE_CODE_CHARACTERS
    user_prompt_submit: int = CLAUDE_CODE_CHARACTERS
    pre_tool_use: int = CLAUDE_CODE_CHARACTERS
    """Claude Code sets no bound here; an agent's context is the same whichever way it comes."""


def _default_caches() -> dict[Namespace, CacheSettings]:
    return {
        Namespace.ANSWERS: CacheSettings(1800.0, 100_000),
        Namespace.ROWS: CacheSettings(300.0, 10_000),
        Namespace.RULES: CacheSettings(1800.0, 16),
        Namespace.PLUGIN_FACTS: CacheSettings(300.0, 16),
        Namespace.AGENTS: CacheSettings(600.0, 1_000),
        Namespace.SOPS: CacheSettings(86_400.0, 1_000),
    }


def _default_levels() -> dict[Level, LevelSettings]:
    return {
        Level.L1: LevelSettings(60.0, 1_000),
        Level.L2: LevelSettings(300.0, 10_000),
        Level.L3: LevelSettings(1800.0, 100_000),
    }


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be tuned while the engine runs."""

    optimizations: frozenset[Optimization] = ALL_OPTIMIZATIONS
    loading: LoadingStrategy = LoadingStrategy.BATCHED
    freshness: Freshness = Freshness.STRICT
    bounded_ms: float = 10.0
    """Longest time between two checks in bounded mode."""
    profile: str = "native"
    """Name of a cost profile, or the path of a profile file."""
    caches: dict[Namespace, CacheSettings] = msgspec.field(default_factory=_default_caches)
    levels: dict[Level, LevelSettings] = msgspec.field(default_factory=_default_levels)
    warming: bool = True
    warming_cpu_percent: float = 10.0
    """Share of one core that background work (warming, checking) may use."""
    pool_size: int = 4
    busy_timeout_seconds: float = 2.0
    """How long to wait for another process's lock before a start fails."""
    start_timeout_seconds: float = 30.0
    """Bound on one TaskStart."""
    limits: AlertLimits = msgspec.field(default_factory=AlertLimits)
    budgets: HookBudgets = msgspec.field(default_factory=HookBudgets)
    preroll: bool = True
    """Save the time before each alert, and the alert, as a scenario."""
    preroll_seconds: float = 60.0
    """How much time before an alert."""

    def has(self, optimization: Optimization) -> bool:
        """Whether `optimization` is on."""
        return optimization in self.optimizations
