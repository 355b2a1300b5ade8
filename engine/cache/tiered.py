"""One namespace's cache: up to three levels, each with its own deadline and size.

A miss fills every level; an entry found in a lower level is copied upward with its `loaded_at`
kept, to the levels that may still serve it. Expiry is lazy. An upper level's copy that is too old
for it gives its memory back when a lower level answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

import msgspec

from engine.cache.disk_level import DiskLevel
from engine.cache.entry import Entry, FileSignatures, Found, confirmed
from engine.cache.levels import LevelCounts, LiveLevel, PackedEntry, PackedLevel, pack_entry
from engine.cache.overtaking import ReadsUnderWay
from engine.cache.packing import Packer
from engine.cache.reasons import Departures
from engine.cache.report import LevelReport, level_report
from engine.cache.sizing import LiveSampler
from engine.settings import CacheSettings, LevelSettings
from engine.trace import Level, Namespace, Outcome

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TIME_EVERY = 64
"""One look-up in this many is timed; timing all would double the cost of a hit."""

# Looking a member up in its enum costs 130 ns in Python 3.11, a tenth of a whole hit.
_L1 = Level.L1
_HIT = Outcome.HIT


class TieredCache(Generic[K, V]):
    """The cache of one namespace. All methods belong to one event loop; none of them blocks it.

    With a packer there are L1 and L2, with `disk` L3 too: an entry may be served from a level for
    min(namespace TTL, level TTL), and a level holds min(namespace size, level size) entries.
    Without a packer, or with `tiered` off, there are no tiers to divide the time between: L1 alone
    holds what the limits of the namespace allow.
    """

    def __init__(
        self,
        namespace: Namespace,
        limits: CacheSettings,
        levels: Mapping[Level, LevelSettings],
        *,
        now: Callable[[], float],
        packer: Packer[V] | None = None,
        disk: DiskLevel[K] | None = None,
        tiered: bool = True,
    ) -> None:
        """`now` gives monotonic seconds; `packer` makes the bytes of L2 and of `disk`.

        Raises:
            ValueError: `disk` without a packer whose bytes may be kept in a file.
        """
        if disk is not None and (packer is None or not packer.durable):
            raise ValueError(f"{namespace} needs a durable packer to be kept on disk")
        self.namespace = namespace
        self._now = now
        self._packer = packer
        self._live: LiveLevel[K, V] = LiveLevel(1, 0.0)
        self._packed: PackedLevel[K, V] | None = None
        self._packed_counts = LevelCounts()
        self._disk = disk
        self._disk_reads: ReadsUnderWay[K] = ReadsUnderWay()
        self._departed: Departures[K] = Departures(1)
        self._sampler = LiveSampler()
        self._tiered = tiered
        self.configure(limits, levels, tiered=tiered)

    # ---- settings ---------------------------------------------------------------------------

    def configure(
        self, limits: CacheSettings, levels: Mapping[Level, LevelSettings], *, tiered: bool
    ) -> None:
        """Put new limits in force at once, for the entries at hand too."""
        was_tiered = self._tiered
        self._limits = limits
        self._levels = dict(levels)
        self._tiered = tiered
        self._live.items.bound, self._live.ttl = self._bounds(Level.L1)
        left = self._live.trim()
        if tiered and self._packer is not None:
            size, ttl = self._bounds(Level.L2)
            if self._packed is None:
                self._packed = PackedLevel(size, ttl, self._packer, self._packed_counts)
            self._packed.items.bound, self._packed.ttl = size, ttl
            left += self._packed.trim()
        elif self._packed is not None:
            left += list(self._packed.items)
            self._packed = None
        if self._disk is not None:
            self._disk.configure(*self._bounds(Level.L3))
            if was_tiered and not tiered:
                # It will hear of no change while it is off.
                self._disk.store.distrust()
        self._departed.resize(limits.max_entries)
        self._note_evicted(left)

    def _bounds(self, level: Level) -> tuple[int, float]:
        """Entries and seconds in force at `level`."""
        if not self._tiered or self._packer is None:
            return self._limits.max_entries, self._limits.ttl_seconds
        own = self._levels[level]
        return (
            min(self._limits.max_entries, own.max_entries),
            min(self._limits.ttl_seconds, own.ttl_seconds),
        )

    @property
    def live_ttl(self) -> float:
        """Seconds for which L1 serves an entry."""
        return self._live.ttl

    @property
    def has_disk(self) -> bool:
        """Whether `deepen` may know more than `get`."""
        return self._tiered and self._disk is not None and self._disk.store.is_open

    # ---- look-ups ---------------------------------------------------------------------------

    def get(self, key: K) -> Found[V]:
        """Look `key` up in the levels in memory.

        On `EXPIRED` the candidate stays where it is: the caller confirms it, replaces it by
        `put`, or lets it go by `drop`.
        """
        counts = self._live.counts
        counts.asked += 1
        if not counts.asked % TIME_EVERY:
            return self._timed(key)
        return self._get(key)

    def peek_live(self, key: K) -> Entry[V] | None:
        """The entry that `get` would serve from L1; nothing is counted or moved.

        Whoever serves it says so by `served_live`, as soon as it is on its way.
        """
        live = self._live
        try:
            entry = live.items.peek(key)
        except KeyError:
            return None
        return entry if self._now() - entry.loaded_at < live.ttl else None

    def served_live(self, key: K) -> None:
        """What `peek_live` found has been served: count it, and move it to most recent."""
        live, counts = self._live, self._live.counts
        counts.asked += 1
        counts.hits += 1
        if counts.asked % TIME_EVERY:
            live.read(key)
        else:
            began = time.perf_counter_ns()
            live.read(key)
            counts.time(time.perf_counter_ns() - began)

    async def deepen(self, key: K, found: Found[V]) -> Found[V]:
        """Ask the disk too, after `get` had no answer; `found` where it knows no more.

        An entry that a former run of the engine wrote comes as `EXPIRED`, whatever its age: only
        a proof may revive it. Where any candidate will do, one that `get` found is as good.
        """
        disk = self._disk
        if found.level is not None or disk is None or not self.has_disk:
            return found
        disk.counts.asked += 1
        began = time.perf_counter_ns()
        with self._disk_reads.begin(key) as reading:
            packed = await disk.read(key)
        if reading.overtaken:
            # What was read is what has just been replaced or invalidated.
            return self._get(key)
        if packed is None:
            return found
        return self._found_on_disk(key, packed, disk, began)

    async def find(self, key: K) -> Found[V]:
        """`get`, and `deepen` where that has no answer."""
        found = self.get(key)
        return found if found.level is not None else await self.deepen(key, found)

    def _timed(self, key: K) -> Found[V]:
        began = time.perf_counter_ns()
        found = self._get(key)
        took = time.perf_counter_ns() - began
        if found.level is not None:
            counts = self._live.counts if found.level is _L1 else self._packed_counts
            counts.time(took)
        return found

    def _get(self, key: K) -> Found[V]:
        live = self._live
        try:
            entry = live.items[key]
        except KeyError:
            return self._get_packed(key, None)
        if self._now() - entry.loaded_at < live.ttl:
            live.counts.hits += 1
            return Found(entry, _L1, _HIT)
        live.counts.expirations += 1
        return self._get_packed(key, entry)

    def _get_packed(self, key: K, candidate: Entry[V] | None) -> Found[V]:
        level = self._packed
        if level is not None:
            level.counts.asked += 1
            packed = level.read(key)
            if packed is not None:
                entry = candidate if candidate is not None else level.unpack(packed)
                if self._now() - packed.loaded_at < level.ttl:
                    level.counts.hits += 1
                    self._promote(key, entry, None, level.counts)
                    return Found(entry, Level.L2, _HIT)
                level.counts.expirations += 1
                candidate = entry
        if candidate is not None:
            return Found(candidate, None, Outcome.EXPIRED)
        return Found(None, None, self._departed.reason(key))

    def _found_on_disk(
        self, key: K, packed: PackedEntry, disk: DiskLevel[K], began: int
    ) -> Found[V]:
        assert self._packer is not None
        try:
            value = self._packer.unpack(packed.data)
        except ValueError:
            # Another version of the value's type wrote it.
            disk.delete(key)
            return Found(None, None, self._departed.reason(key))
        entry = packed.with_value(value)
        if not self._now() - entry.loaded_at < disk.ttl:
            disk.counts.expirations += 1
            return Found(entry, None, Outcome.EXPIRED)
        disk.counts.hits += 1
        self._promote(key, entry, packed, disk.counts)
        disk.counts.time(time.perf_counter_ns() - began)
        return Found(entry, Level.L3, _HIT)

    def _promote(
        self, key: K, entry: Entry[V], packed: PackedEntry | None, source: LevelCounts
    ) -> None:
        """Copy to the levels above that may still serve it; `packed` when it comes from disk."""
        age = self._now() - entry.loaded_at
        evicted: list[K] = []
        if age < self._live.ttl:
            source.promotions += 1
            evicted += self._live.store(key, entry)
        else:
            self._live.remove(key)
        if packed is not None and self._packed is not None:
            if age < self._packed.ttl:
                source.promotions += 1
                evicted += self._packed.store(key, packed)
            else:
                self._packed.remove(key)
        if evicted:
            self._note_evicted(evicted)

    # ---- changes ----------------------------------------------------------------------------

    def put(self, key: K, entry: Entry[V]) -> None:
        """Keep `entry` in every level."""
        self._store(key, entry, None)

    def confirm(
        self,
        key: K,
        entry: Entry[V],
        *,
        loaded_at: float,
        epoch: int,
        files: FileSignatures | None = None,
    ) -> Entry[V]:
        """Keep `entry` in every level as of a later read that proved its content unchanged.

        Args:
            loaded_at: monotonic seconds before that read began.
            epoch: the database's epoch before that read began.
            files: the signatures seen by that read; None keeps those of `entry`.
        """
        fresh = confirmed(entry, loaded_at=loaded_at, epoch=epoch, files=files)
        held = self._packed.read(key) if self._packed is not None else None
        # The bytes at hand are still right when they were packed from this very load.
        same = held is not None and held.loaded_at == entry.loaded_at and held.proof == entry.proof
        self._store(key, fresh, held.data if held is not None and same else None)
        return fresh

    def retag(self, key: K, *, loaded_at: float, epoch: int) -> None:
        """`confirm` for whatever memory holds of `key`: as it is, live or packed, no bytes touched.

        The disk keeps its own copy as it is: whatever it says of itself, only a proof revives it.
        """
        self._disk_reads.overtake(key)
        evicted: list[K] = []
        if key in self._live:
            entry = confirmed(self._live.items.peek(key), loaded_at=loaded_at, epoch=epoch)
            evicted += self._live.store(key, entry)
        if self._packed is not None and key in self._packed:
            packed = self._packed.items.peek(key)
            packed = msgspec.structs.replace(packed, loaded_at=loaded_at, epoch=epoch)
            evicted += self._packed.store(key, packed)
        if evicted:
            self._note_evicted(evicted)

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
        self._disk_reads.overtake_all()
        if self._disk is not None:
            self._disk.clear()

    def _store(self, key: K, entry: Entry[V], data: bytes | None) -> None:
        self._disk_reads.overtake(key)
        evicted = self._live.store(key, entry)
        if self._packed is not None and self._packer is not None:
            packed = pack_entry(entry, self._packer.pack(entry.value) if data is None else data)
            evicted += self._packed.store(key, packed)
            if self._disk is not None:
                self._disk.put(key, packed)
        self._departed.forget(key)
        if evicted:
            self._note_evicted(evicted)

    def _remove(self, key: K, reason: Outcome) -> None:
        self._disk_reads.overtake(key)
        was_live = self._live.remove(key)
        was_packed = self._packed is not None and self._packed.remove(key)
        if was_live or was_packed or self.has_disk:
            self._departed.note(key, reason)
        if self._disk is not None:
            self._disk.delete(key)

    def _note_evicted(self, keys: list[K]) -> None:
        for key in keys:
            if key not in self:
                self._departed.note(key, Outcome.NO_ROOM)

    # ---- reports ----------------------------------------------------------------------------

    def __contains__(self, key: K) -> bool:
        """Whether any level in memory holds `key`, of whatever age; moves nothing."""
        return key in self._live or (self._packed is not None and key in self._packed)

    def tag_of(self, key: K) -> Entry[V] | PackedEntry | None:
        """What memory holds of `key`, still packed where it is; counts and moves nothing."""
        if key in self._live:
            return self._live.items.peek(key)
        if self._packed is not None and key in self._packed:
            return self._packed.items.peek(key)
        return None

    def peek(self, key: K) -> Entry[V] | None:
        """What memory holds of `key`, of whatever age; counts and moves nothing."""
        held = self.tag_of(key)
        if isinstance(held, PackedEntry):
            return self._packed.unpack(held) if self._packed is not None else None
        return held

    def __len__(self) -> int:
        """Different keys held in memory."""
        if self._packed is None:
            return len(self._live.items)
        only_live = sum(key not in self._packed for key in self._live.items)
        return len(self._packed.items) + only_live

    def levels_report(self) -> list[LevelReport]:
        """The three levels, L1 first."""
        packed = self._packed
        on_disk = self._disk.totals if self._disk is not None and self.has_disk else None
        return [
            level_report(
                Level.L1,
                self._live.counts,
                on=True,
                entries=len(self._live.items),
                limits=self._bounds(Level.L1),
                bytes_per_entry=self._sampler.bytes_per_entry(self._live.items),
            ),
            level_report(
                Level.L2,
                self._packed_counts,
                on=packed is not None,
                entries=len(packed.items) if packed is not None else 0,
                limits=self._bounds(Level.L2),
                bytes_per_entry=packed.bytes_per_entry if packed is not None else None,
            ),
            level_report(
                Level.L3,
                self._disk.counts if self._disk is not None else LevelCounts(),
                on=on_disk is not None,
                entries=on_disk.entries if on_disk is not None else 0,
                limits=self._bounds(Level.L3),
                bytes_per_entry=on_disk.bytes_per_entry if on_disk is not None else None,
                evictions=on_disk.evictions if on_disk is not None else 0,
            ),
        ]
