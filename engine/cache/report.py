"""What a cache tells of its levels."""

from __future__ import annotations

import msgspec

from engine.cache.levels import LevelCounts
from engine.trace import Level


class LevelReport(msgspec.Struct, kw_only=True, frozen=True):
    """One level of one cache; counts since the cache was made."""

    level: Level
    on: bool
    entries: int
    max_entries: int
    ttl_seconds: float
    asked: int
    hits: int
    bytes_per_entry: float | None
    """L1: measured on a sample of live entries; L2 and L3: their packed bytes. None while empty."""
    hit_us: float | None
    """Mean microseconds of the hits that were timed; None before the first."""
    evictions: int
    expirations: int
    promotions: int


def level_report(
    level: Level,
    counts: LevelCounts,
    *,
    on: bool,
    entries: int,
    limits: tuple[int, float],
    bytes_per_entry: float | None,
    evictions: int | None = None,
) -> LevelReport:
    """The report of one level.

    Args:
        limits: entries and seconds in force.
        evictions: where the level's store counts them itself.
    """
    return LevelReport(
        level=level,
        on=on,
        entries=entries,
        max_entries=limits[0],
        ttl_seconds=limits[1],
        asked=counts.asked,
        hits=counts.hits,
        bytes_per_entry=bytes_per_entry,
        hit_us=counts.hit_us,
        evictions=counts.evictions if evictions is None else evictions,
        expirations=counts.expirations,
        promotions=counts.promotions,
    )
