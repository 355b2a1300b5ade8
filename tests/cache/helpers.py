"""Short ways to make caches in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from engine.cache import DiskLevel, Entry, TieredCache
from engine.settings import CacheSettings, LevelSettings
from engine.trace import Level, Namespace

V = TypeVar("V")
Limits = tuple[int, float]
ROOMY: Limits = (1_000_000, 1e12)


class MsgpackPacker(Generic[V]):
    """MessagePack of one type."""

    def __init__(self, value_type: Any, *, durable: bool = True) -> None:
        self.durable = durable
        self._decoder: msgspec.msgpack.Decoder[V] = msgspec.msgpack.Decoder(value_type)

    def pack(self, value: V) -> bytes:
        return msgspec.msgpack.encode(value)

    def unpack(self, data: bytes) -> V:
        return self._decoder.decode(data)


def levels_of(l1: Limits, l2: Limits = ROOMY, l3: Limits = ROOMY) -> dict[Level, LevelSettings]:
    return {
        level: LevelSettings(ttl_seconds=ttl, max_entries=size)
        for level, (size, ttl) in zip(Level, (l1, l2, l3), strict=True)
    }


def cache_of(
    now: Callable[[], float],
    l1: Limits,
    l2: Limits | None = None,
    l3: Limits = ROOMY,
    *,
    namespace: Limits = ROOMY,
    disk: DiskLevel[int] | None = None,
    tiered: bool = True,
) -> TieredCache[int, int | None]:
    """A cache of whole numbers: L1 alone without `l2`, then with `l1` as its namespace's limits."""
    if l2 is None and tiered:
        namespace = l1
    return TieredCache(
        Namespace.ANSWERS,
        CacheSettings(ttl_seconds=namespace[1], max_entries=namespace[0]),
        levels_of(l1, l2 if l2 is not None else ROOMY, l3),
        now=now,
        packer=MsgpackPacker(int | None) if l2 is not None else None,
        disk=disk,
        tiered=tiered,
    )


def entry(value: int | None, loaded_at: float, proof: bytes = b"proof") -> Entry[int | None]:
    return Entry(value, loaded_at, proof=proof)
