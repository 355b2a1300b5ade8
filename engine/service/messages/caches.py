"""Caches, the pool, and answers that were out of date."""

from __future__ import annotations

import msgspec

from engine.service.messages.base import Command, ReplyBody


class CacheLevelView(msgspec.Struct, kw_only=True, frozen=True):
    """One level within one cache."""

    level: int
    on: bool
    entries: int = 0
    max_entries: int = 0
    ttl_seconds: float = 0.0
    asked: int = 0
    hits: int = 0
    bytes_per_entry: float | None = None
    hit_us: float | None = None
    evictions: int = 0
    expirations: int = 0
    promotions: int = 0


class CacheView(msgspec.Struct, kw_only=True, frozen=True):
    """One cache (namespace) over the snapshot's window."""

    name: str
    title: str
    on: bool
    off_hint: str = ""
    """What to turn on, when it is off."""
    ttl_seconds: float = 0.0
    max_entries: int = 0
    entries: int = 0
    asked: int = 0
    hits: int = 0
    """Look-ups answered by any level, the confirmed ones among them: `asked` less `hits` missed."""
    confirmed: int = 0
    first_time: int = 0
    expired: int = 0
    no_room: int = 0
    changed: int = 0
    joined: int = 0
    needless: int = 0
    stale: int = 0
    """Answers known to have been out of date when served."""
    levels: list[CacheLevelView] = msgspec.field(default_factory=list)
    bytes_total: int = 0
    """What it holds in memory (L1 and L2)."""
    disk_bytes: int = 0
    """What it holds on disk (L3)."""


class PoolView(msgspec.Struct, kw_only=True, frozen=True):
    """The database connections."""

    on: bool
    size: int = 0
    busy: int = 0
    waiting: int = 0
    wait_p95_ms: float | None = None
    replaced: int = 0
    opened: int = 0
    closed: int = 0
    suggestion: str = ""


class StaleView(msgspec.Struct, kw_only=True, frozen=True):
    """What the checks made after the answers went out have found (bounded and ttl)."""

    checked: int = 0
    stale: int = 0
    text_differs: int = 0
    oldest_s: float = 0.0


class ClearCaches(Command, kw_only=True, frozen=True):
    """Forget all cached values (not a setting; cannot be undone)."""


class GetStaleExamples(Command, kw_only=True, frozen=True):
    """The last answers that were out of date. Reply: `StaleExamples`."""


class StaleExampleView(msgspec.Struct, kw_only=True, frozen=True):
    """An answer that was out of date, beside the right one."""

    task_id: int
    agent_role: str | None
    age_s: float
    """Seconds since the served content had been read; it changed at some time in between."""
    served: str
    current: str
    """Empty when there is no right answer any more: the task is gone or its agent inactive."""


class StaleExamples(ReplyBody, kw_only=True, frozen=True):
    """Newest first; at most 50."""

    examples: list[StaleExampleView]
