"""One cache's view of the disk store: keys as bytes, limits, counts."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import msgspec

from engine.cache.disk import DiskStore
from engine.cache.disk_file import Totals
from engine.cache.levels import LevelCounts, PackedEntry

K = TypeVar("K", bound=Hashable)


class DiskLevel(Generic[K]):
    """One cache's part of a `DiskStore`."""

    def __init__(
        self,
        store: DiskStore,
        namespace: str,
        *,
        encode_key: Callable[[K], bytes] = msgspec.msgpack.encode,
    ) -> None:
        """`encode_key` gives different bytes for different keys."""
        self.store = store
        self.ttl = 0.0
        self.counts = LevelCounts()
        self._namespace = namespace
        self._encode_key = encode_key

    def configure(self, max_entries: int, ttl_seconds: float) -> None:
        """Put new limits in force."""
        self.ttl = ttl_seconds
        self.store.bound(self._namespace, max_entries)

    @property
    def totals(self) -> Totals:
        """What is held on disk; may lag behind the writes that wait."""
        return self.store.totals(self._namespace)

    async def read(self, key: K) -> PackedEntry | None:
        """See `DiskStore.read`."""
        return await self.store.read(self._namespace, self._encode_key(key))

    def put(self, key: K, packed: PackedEntry) -> None:
        """See `DiskStore.put`."""
        self.store.put(self._namespace, self._encode_key(key), packed)

    def delete(self, key: K) -> None:
        """See `DiskStore.delete`."""
        self.store.delete(self._namespace, self._encode_key(key))

    def clear(self) -> None:
        """See `DiskStore.clear`."""
        self.store.clear(self._namespace)
