"""The two levels in memory: L1 holds live entries, L2 holds packed ones."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from engine.cache.entry import Entry, FileSignatures
from engine.cache.lru import ResizableLru
from engine.cache.packing import Packer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class LevelCounts:
    """What happened at one level since the cache was made."""

    asked: int = 0
    hits: int = 0
    evictions: int = 0
    expirations: int = 0
    """Look-ups that found an entry whose time at this level was up."""
    promotions: int = 0
    """Entries copied from this level to one above."""
    timed_hits: int = 0
    """How many hits were timed; one in `TIME_EVERY` is."""
    timed_ns: int = 0

    def time(self, nanoseconds: int) -> None:
        """One hit took so long."""
        self.timed_hits += 1
        self.timed_ns += nanoseconds

    @property
    def hit_us(self) -> float | None:
        """Mean microseconds of the timed hits; None before the first."""
        return self.timed_ns / self.timed_hits / 1000 if self.timed_hits else None


class PackedEntry(msgspec.Struct, frozen=True):
    """An `Entry` whose value is bytes."""

    data: bytes
    loaded_at: float
    epoch: int
    valid_until: float | None
    proof: bytes
    files: FileSignatures

    def with_value(self, value: V) -> Entry[V]:
        """The live entry; `value` is the unpacked data."""
        return Entry(value, self.loaded_at, self.epoch, self.valid_until, self.proof, self.files)


def pack_entry(entry: Entry[V], data: bytes) -> PackedEntry:
    """`entry` with `data` in the place of its value."""
    return PackedEntry(
        data, entry.loaded_at, entry.epoch, entry.valid_until, entry.proof, entry.files
    )


class LiveLevel(Generic[K, V]):
    """L1: the entries themselves."""

    def __init__(self, max_entries: int, ttl_seconds: float) -> None:
        self.items: ResizableLru[K, Entry[V]] = ResizableLru(max_entries)
        self.ttl = ttl_seconds
        self.counts = LevelCounts()

    def __contains__(self, key: K) -> bool:
        return key in self.items

    def read(self, key: K) -> Entry[V] | None:
        """The entry of `key`, now the most recently used one, whatever its age."""
        try:
            return self.items[key]
        except KeyError:
            return None

    def store(self, key: K, entry: Entry[V]) -> list[K]:
        """Keep `entry` as the most recently used; the keys that had to go."""
        self.items[key] = entry
        return self.trim()

    def remove(self, key: K) -> bool:
        """Forget `key`; whether it was there."""
        return self.items.pop(key, None) is not None

    def clear(self) -> None:
        self.items.clear()

    def trim(self) -> list[K]:
        """Evict down to the bound; the keys that had to go."""
        if len(self.items) <= self.items.bound:
            return []
        evicted = [key for key, _ in self.items.trim()]
        self.counts.evictions += len(evicted)
        return evicted


class PackedLevel(Generic[K, V]):
    """L2: packed bytes, unpacked at each hit."""

    def __init__(
        self, max_entries: int, ttl_seconds: float, packer: Packer[V], counts: LevelCounts
    ) -> None:
        self.items: ResizableLru[K, PackedEntry] = ResizableLru(max_entries)
        self.ttl = ttl_seconds
        self.counts = counts
        self.bytes_held = 0
        """Bytes of all packed values."""
        self._packer = packer

    @property
    def bytes_per_entry(self) -> float | None:
        """Mean bytes of the packed values; None while empty."""
        return self.bytes_held / len(self.items) if self.items else None

    def __contains__(self, key: K) -> bool:
        return key in self.items

    def read(self, key: K) -> PackedEntry | None:
        """The packed entry of `key`, now the most recently used one, whatever its age."""
        try:
            return self.items[key]
        except KeyError:
            return None

    def unpack(self, packed: PackedEntry) -> Entry[V]:
        """The live entry of `packed`."""
        return packed.with_value(self._packer.unpack(packed.data))

    def store(self, key: K, packed: PackedEntry) -> list[K]:
        """Keep `packed` as the most recently used; the keys that had to go."""
        self.remove(key)
        self.items[key] = packed
        self.bytes_held += len(packed.data)
        return self.trim()

    def remove(self, key: K) -> bool:
        """Forget `key`; whether it was there."""
        packed = self.items.pop(key, None)
        if packed is None:
            return False
        self.bytes_held -= len(packed.data)
        return True

    def clear(self) -> None:
        self.items.clear()
        self.bytes_held = 0

    def trim(self) -> list[K]:
        """Evict down to the bound; the keys that had to go."""
        evicted = []
        for key, packed in self.items.trim():
            self.bytes_held -= len(packed.data)
            evicted.append(key)
        self.counts.evictions += len(evicted)
        return evicted
