"""What screens see of an engine's caches, connections and statements."""

from __future__ import annotations

from typing import Any

from engine.cache.tiered import TieredCache
from engine.core.caches import NEEDS, Caches
from engine.service.messages import CacheLevelView, CacheView, PoolView, StatementView
from engine.settings import Settings
from engine.storage.connections import ConnectionsStatus
from engine.storage.statements import StatementName
from engine.storage.statistics import StatementSummary
from engine.trace import Level, Namespace

_CALLS_ENOUGH = 50
_WAITED_PERCENT = 1.0
_MOST_CONNECTIONS = 64


def cache_views(caches: Caches, settings: Settings) -> list[CacheView]:
    """Every cache: its limits, and what it holds now, level by level."""
    return [_cache_view(name, cache, settings) for name, cache in caches.all().items()]


def _cache_view(
    namespace: Namespace, cache: TieredCache[Any, Any], settings: Settings
) -> CacheView:
    needed = NEEDS[namespace]
    limits = settings.caches[namespace]
    levels = [
        CacheLevelView(
            level=int(report.level),
            on=report.on,
            entries=report.entries,
            max_entries=report.max_entries,
            ttl_seconds=report.ttl_seconds,
            asked=report.asked,
            hits=report.hits,
            bytes_per_entry=report.bytes_per_entry,
            hit_us=report.hit_us,
            evictions=report.evictions,
            expirations=report.expirations,
            promotions=report.promotions,
        )
        for report in cache.levels_report()
    ]
    held = {level.level: level.entries * (level.bytes_per_entry or 0.0) for level in levels}
    on_disk = held.pop(Level.L3)
    on = settings.has(needed)
    return CacheView(
        name=namespace.value,
        title=namespace.label,
        on=on,
        off_hint="" if on else f"turn on {int(needed)}: {needed.label}",
        ttl_seconds=limits.ttl_seconds,
        max_entries=limits.max_entries,
        entries=len(cache),
        levels=levels,
        bytes_total=int(sum(held.values())),
        disk_bytes=int(on_disk),
    )


def pool_view(status: ConnectionsStatus) -> PoolView:
    """The connections as screens show them."""
    return PoolView(
        on=status.pooled,
        size=status.size,
        busy=status.busy,
        waiting=status.waiting,
        wait_p95_ms=status.wait_p95_ms,
        replaced=status.replaced,
        opened=status.opened,
        closed=status.closed,
        suggestion=suggest_size(status),
    )


def suggest_size(status: ConnectionsStatus) -> str:
    """A better pool size for the traffic so far, in words; empty when it fits or is unknown."""
    if not status.pooled or status.calls < _CALLS_ENOUGH:
        return ""
    waited = 100.0 * status.waited / status.calls
    if status.waited and waited >= _WAITED_PERCENT:
        wanted = status.size + max(1, status.most_waiting)
        return (
            f"{waited:.0f} % of {status.calls:,} calls waited for a connection, up to "
            f"{status.most_waiting} at once: try {min(wanted, _MOST_CONNECTIONS)}"
        )
    # Two are kept in any case: one load must not wait for the background's.
    spare = max(2, status.most_busy)
    if spare < status.size:
        return f"never more than {status.most_busy} busy at once: {spare} would do"
    return ""


def statement_views(
    summaries: list[StatementSummary], plans: dict[StatementName, str]
) -> list[StatementView]:
    """The statements, the one that takes most of the time first."""
    return [
        StatementView(
            name=summary.name.value,
            count=summary.count,
            p95_ms=summary.p95_ms,
            share=summary.share,
            plan=plans.get(summary.name, ""),
        )
        for summary in summaries
    ]
