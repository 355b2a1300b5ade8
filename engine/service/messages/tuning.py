"""Forecasts, previews, suggestions and tries: what settings would give."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from engine.service.messages.base import Command, ReplyBody


class EffectView(msgspec.Struct, kw_only=True, frozen=True):
    """What settings give, predicted or measured, for one cache on one stretch of traffic."""

    reads: int = 0
    hits: int = 0
    hit_rate: float | None = None
    """`hits / reads`, 0 to 1; None without reads."""
    stale: int | None = None
    """Reads answered from the cache after their content had changed; 0 in strict; None unknown."""
    text_differs: int | None = None
    """Those of them whose text, which the agent reads, differs; known where it was measured."""
    oldest_s: float | None = None
    """How long the oldest of them had been out of date, at most."""
    needless: int | None = None
    """Values loaded anew because their time was up, though nothing had changed."""
    memory_bytes: int | None = None
    """What the cache holds in memory, L1 and L2."""
    disk_bytes: int | None = None
    """What it holds on disk, L3."""


class GetForecast(Command, kw_only=True, frozen=True):
    """What-if curves of one cache over the recorded traffic. Reply: `ForecastView`."""

    cache: str
    """Its name: answers, rows, rules, plugin_facts, agents, sops."""
    ttls: list[float] = msgspec.field(default_factory=list)
    """Seconds; none: a grid from a second to beyond what was recorded."""
    sizes: list[int] = msgspec.field(default_factory=list)
    """Entries; none: a grid up to the first size that holds every key."""


class TtlForecast(msgspec.Struct, array_like=True, frozen=True):
    """One point of the curve over TTLs, without a bound on the size."""

    ttl_s: float
    hits: int
    hit_rate: float
    stale: int
    """In strict mode: would be stale under this TTL alone."""
    oldest_s: float
    """Longest time for which one of them had been out of date."""
    needless: int
    beyond: bool
    """Longer than the recorded traffic: not observed, to be drawn grey."""


class SizeForecast(msgspec.Struct, array_like=True, frozen=True):
    """One point of the curve over sizes, without a TTL; changes are heard of."""

    entries: int
    hits: int
    hit_rate: float


class ForecastView(ReplyBody, kw_only=True, frozen=True):
    """What-if curves of one cache, and where its settings stand on them."""

    cache: str
    reads: int
    cold: int
    """First reads of a key: no TTL and no size answers them."""
    keys: int
    changes: int
    """Changes of a value that were seen in the recorded traffic."""
    by_ttl: list[TtlForecast]
    """TTL alone, nothing checked; the point of `ttl_now_s` is always among them."""
    by_size: list[SizeForecast]
    ttl_now_s: float
    """How long an entry is kept in truth: at most as long as the most patient level keeps it."""
    ttl_limited_by: str = ""
    """The level that makes it less than `caches.<cache>.ttl_seconds`; empty when none does."""
    size_now: int
    """How many entries are held in truth: at most what the roomiest level takes."""
    freshness: str
    predicted: EffectView
    """The settings in force, on the recorded traffic: sizes, levels and freshness mode included."""
    measured: EffectView
    """What came of the reads since the settings were last changed."""
    warmed: EffectView
    """The same traffic with every start checked (strict) and answers prepared in the background."""
    notes: list[str] = msgspec.field(default_factory=list)
    """What limits these figures, in words, for example that lower caches see only what `answers` missed."""


class PreviewSettings(Command, kw_only=True, frozen=True):
    """What a draft of settings would give, before it is applied. Reply: `Preview`."""

    changes: dict[str, Any]
    cache: str = "answers"
    """Whose effect is asked for."""


class Preview(ReplyBody, kw_only=True, frozen=True):
    """A draft beside the settings in force, both predicted on the recorded traffic."""

    cache: str
    label: str
    """The draft in words."""
    now: EffectView
    draft: EffectView
    notes: list[str] = msgspec.field(default_factory=list)
    """Warnings and hints, the most important first."""


class SuggestTarget(enum.StrEnum):
    """What a suggestion is to reach."""

    HIT_RATE = "hit_rate"
    """At least so much, 0 to 1."""
    OLDEST_AGE = "oldest_age"
    """No answer out of date for longer than so many seconds; 0: none at all."""
    MEMORY = "memory"
    """At most so many bytes in memory."""


class Suggest(Command, kw_only=True, frozen=True):
    """Settings that reach a target at the least cost. Reply: `Suggestion`."""

    target: SuggestTarget
    value: float
    cache: str = "answers"


class Suggestion(ReplyBody, kw_only=True, frozen=True):
    """Settings that reach the target, or that nothing of the kind does and what would."""

    reachable: bool
    """Whether `changes` reach the target."""
    changes: dict[str, Any] = msgspec.field(default_factory=dict)
    """Path -> value, for `ChangeSettings`, `PreviewSettings` or `Try`; empty: nothing to change."""
    label: str = ""
    """The changes in words."""
    why: list[str] = msgspec.field(default_factory=list)
    """Why these, one sentence a line."""
    now: EffectView
    draft: EffectView | None = None
    """What the changes would give; None when there are none."""


class Try(Command, kw_only=True, frozen=True):
    """Play the recorded traffic under a draft in the background; progress in `Snapshot.tried`."""

    changes: dict[str, Any]


class CancelTry(Command, kw_only=True, frozen=True):
    """Give up the try that is on."""


class TryState(enum.StrEnum):
    """State of a try."""

    PREPARING = "preparing"
    PLAYING = "playing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TryView(msgspec.Struct, kw_only=True, frozen=True):
    """The recorded traffic, played under draft settings beside everything else."""

    state: TryState
    changes: dict[str, Any]
    """The draft, path -> value."""
    label: str
    """The draft in words."""
    done: int = 0
    """Events played so far."""
    total: int = 0
    seconds: float = 0.0
    """Seconds on the wall so far."""
    predicted: EffectView | None = None
    measured: EffectView | None = None
    """While it plays: so far."""
    errors: int = 0
    """Starts that failed; 0 of a recording on the same project."""
    error: str = ""
    """Why it failed."""
