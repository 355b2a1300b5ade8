"""One namespace's cache: up to three levels, each with its own deadline and size.

A miss fills every level; an entry found in a lower level is copied upward with its `loaded_at`
kept, to the levels that may still serve it. Expiry is lazy. An upper level's copy that is too old
for it gives its memory back when a lower level answers.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

import msgspec

from engine.cache.entry import Entry, FileSignatures, Found, confirmed
from engine.cache.levels import LevelCounts, LiveLevel, PackedEntry, PackedLevel, pack_entry
from engine.cache.packing import Packer
from engine.cache.reasons import Departures
from engine.cache.sizing import sampled_bytes
from engine.settings import CacheSettings, LevelSettings
from engine.trace import Level, Namespace, Outcome

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TIME_EVERY = 64
"""One look-up in this many is timed; timing all would double the cost of a hit."""

_SAMPLE = 4
_SAMPLE_EVERY_SECONDS = 10.0


class LevelReport(msgspec.Struct, kw_only=True, frozen=True):
    """One level of one cache, counted since the cache was made."""

    level: Level
    on: bool
    entries: int
    max_entries: int
    ttl_seconds: float
    asked: int
    hits: int
    bytes_per_entry: float | None
    hit_us: float | None
    evictions: int
    expirations: int
    promotions: int


class TieredCache(Generic[K, V]):
    """The cache of one namespace. All methods belong to one event loop; none of them blocks it.

    With `tiered` off, or without a packer, there is L1 alone. With `tiered` off the limits of the
    namespace alone are in force; otherwise an entry may be served from a level for
    min(namespace TTL, level TTL), and a level holds min(namespace size, level size) entries.
    """

    def __init__(
        self,
        namespace: Namespace,
        limits: CacheSettings,
        levels: Mapping[Level, LevelSettings],
        *,
        now: Callable[[], float],
        packer: Packer[V] | None = None,
        tiered: bool = True,
    ) -> None:
        """`now` gives monotonic seconds; `packer` makes the bytes of L2."""
        self.namespace = namespace
        self._now = now
        self._packer = packer
        self._live: LiveLevel[K, V] = LiveLevel(1, 0.0)
        self._packed: PackedLevel[K, V] | None = None
        self._packed_counts = LevelCounts()
        self._departed: Departures[K] = Departures(1)
        self._bytes_sample: float | None = None
        self._sampled_at = -_SAMPLE_EVERY_SECONDS
        self.configure(limits, levels, tiered=tiered)

    # ---- settings ---------------------------------------------------------------------------

    def configure(
        self, limits: CacheSettings, levels: Mapping[Level, LevelSettings], *, tiered: bool
    ) -> None:
        """Put new limits in force at once, for the entries at hand too."""
        self._limits = limits
        self._levels = dict(levels)
        self._tiered = tiered
        self._live.items.bound, self._live.ttl = self._bounds(Level.L1)
        left = self._live.trim()
        if self._packer is None or not tiered:
            if self._packed is not None:
                left += list(self._packed.items)
            self._packed = None
        else:
            size, ttl = self._bounds(Level.L2)
            if self._packed is None:
                self._packed = PackedLevel(size, ttl, self._packer)
                self._packed.counts = self._packed_counts
            self._packed.items.bound, self._packed.ttl = size, ttl
            left += self._packed.trim()
        self._departed.resize(limits.max_entries)
        self._note_evicted(left)

    def _bounds(self, level: Level) -> tuple[int, float]:
        """Entries and seconds in force at `level`."""
        if not self._tiered:
            return self._limits.max_entries, self._limits.ttl_seconds
        own = self._levels[level]
        return (
            min(self._limits.max_entries, own.max_entries),
            min(self._limits.ttl_seconds, own.ttl_seconds),
        )

    # ---- look-ups ---------------------------------------------------------------------------

    def get(self, key: K) -> Found[V]:
        """Look `key` up in the levels in memory.

        On `EXPIRED` the candidate stays where it is: the caller confirms it, replaces it by
        `put`, or lets it go by `drop`.
        """
        live = self._live
        counts = live.counts
        counts.asked += 1
        if not counts.asked % TIME_EVERY:
            return self._timed(key)
        return self._get(key)

    def _timed(self, key: K) -> Found[V]:
        began = time.perf_counter_ns()
        found = self._get(key)
        took = time.perf_counter_ns() - began
        if found.level is not None:
            counts = self._live.counts if found.level is Level.L1 else self._packed_counts
            counts.timed_hits += 1
            counts.timed_ns += took
        return found

    def _get(self, key: K) -> Found[V]:
        live = self._live
        try:
            entry = live.items[key]
        except KeyError:
            return self._get_below(key, None)
        if self._now() - entry.loaded_at < live.ttl:
            live.counts.hits += 1
            return Found(entry, Level.L1, Outcome.HIT)
        live.counts.expirations += 1
        return self._get_below(key, entry)

    def _get_below(self, key: K, candidate: Entry[V] | None) -> Found[V]:
        level = self._packed
        packed = None
        if level is not None:
            level.counts.asked += 1
            packed = level.read(key)
            if packed is not None:
                if self._now() - packed.loaded_at < level.ttl:
                    return self._found_packed(key, level, packed)
                level.counts.expirations += 1
                if candidate is None:
                    candidate = level.unpack(packed)
        if candidate is not None:
            return Found(candidate, None, Outcome.EXPIRED)
        return Found(None, None, self._departed.reason(key))

    def _found_packed(self, key: K, level: PackedLevel[K, V], packed: PackedEntry) -> Found[V]:
        level.counts.hits += 1
        entry = level.unpack(packed)
        self._promote(key, entry, level.counts)
        return Found(entry, Level.L2, Outcome.HIT)

    def _promote(self, key: K, entry: Entry[V], source: LevelCounts) -> None:
        if self._now() - entry.loaded_at < self._live.ttl:
            source.promotions += 1
            self._note_evicted(self._live.store(key, entry))
        else:
            self._live.remove(key)

    # ---- changes ----------------------------------------------------------------------------

    def put(self, key: K, entry: Entry[V]) -> None:
        """Keep `entry` in every level."""
        evicted = self._live.store(key, entry)
        if self._packed is not None and self._packer is not None:
            packed = pack_entry(entry, self._packer.pack(entry.value))
            evicted += self._packed.store(key, packed)
        self._departed.forget(key)
        self._note_evicted(evicted)

    def confirm(
        self,
        key: K,
        entry: Entry[V],
        *,
        loaded_at: float,
        epoch: int,
        files: FileSignatures | None = None,
    ) -> Entry[V]:
        """Keep `entry` as of a later read that proved its content unchanged.

        Args:
            loaded_at: monotonic seconds before that read began.
            epoch: the database's epoch before that read began.
            files: the signatures seen by that read; None keeps those of `entry`.
        """
        fresh = confirmed(entry, loaded_at=loaded_at, epoch=epoch, files=files)
        evicted = self._live.store(key, fresh)
        if self._packed is not None and self._packer is not None:
            held = self._packed.items.get(key)
            # The bytes are still right when they were packed from this very load.
            data = (
                held.data
                if held is not None and held.loaded_at == entry.loaded_at
                else self._packer.pack(entry.value)
            )
            evicted += self._packed.store(key, pack_entry(fresh, data))
        self._departed.forget(key)
        self._note_evicted(evicted)
        return fresh

    def invalidate(self, key: K) -> None:
        """Forget `key` in every level because its source changed."""
        self._remove(key, Outcome.CHANGED)

    def drop(self, key: K) -> None:
        """Forget an expired `key` in every level."""
        self._remove(key, Outcome.EXPIRED)

    def clear(self) -> None:
        """Forget everything, the reasons of departures included."""
        self._live.clear()
        if self._packed is not None:
            self._packed.clear()
        self._departed.clear()

    def _remove(self, key: K, reason: Outcome) -> None:
        was_live = self._live.remove(key)
        was_packed = self._packed is not None and self._packed.remove(key)
        if was_live or was_packed:
            self._departed.note(key, reason)

    def _note_evicted(self, keys: list[K]) -> None:
        for key in keys:
            if key not in self:
                self._departed.note(key, Outcome.NO_ROOM)

    # ---- reports ----------------------------------------------------------------------------

    def __contains__(self, key: K) -> bool:
        """Whether any level in memory holds `key`, of whatever age; moves nothing."""
        return key in self._live or (self._packed is not None and key in self._packed)

    def __len__(self) -> int:
        """Different keys held in memory."""
        if self._packed is None:
            return len(self._live.items)
        return len(self._live.items.keys() | self._packed.items.keys())

    def levels_report(self) -> list[LevelReport]:
        """The levels, L1 first; figures since the cache was made."""
        return [self._report_live(), self._report_packed()]

    def _report_live(self) -> LevelReport:
        size, ttl = self._bounds(Level.L1)
        return _report(
            Level.L1, True, len(self._live.items), size, ttl, self._live.counts, self._live_bytes()
        )

    def _report_packed(self) -> LevelReport:
        on = self._packed is not None
        size, ttl = self._bounds(Level.L2)
        held = len(self._packed.items) if self._packed is not None else 0
        per_entry = self._packed.bytes_held / held if self._packed is not None and held else None
        return _report(Level.L2, on, held, size, ttl, self._packed_counts, per_entry)

    def _live_bytes(self) -> float | None:
        real = time.monotonic()
        if real - self._sampled_at >= _SAMPLE_EVERY_SECONDS or self._bytes_sample is None:
            self._sampled_at = real
            keys = list(itertools.islice(self._live.items, _SAMPLE))
            self._bytes_sample = sampled_bytes(self._live.items.peek(key) for key in keys)
        return self._bytes_sample


def _report(
    level: Level,
    on: bool,
    entries: int,
    max_entries: int,
    ttl_seconds: float,
    counts: LevelCounts,
    bytes_per_entry: float | None,
) -> LevelReport:
    return LevelReport(
        level=level,
        on=on,
        entries=entries,
        max_entries=max_entries,
        ttl_seconds=ttl_seconds,
        asked=counts.asked,
        hits=counts.hits,
        bytes_per_entry=bytes_per_entry,
        hit_us=counts.hit_us,
        evictions=counts.evictions,
        expirations=counts.expirations,
        promotions=counts.promotions,
    )
