"""A cache over a disk store, opened and closed as an engine would."""

from __future__ import annotations

from pathlib import Path

from engine.cache import DiskIdentity, DiskLevel, DiskStore, TieredCache
from engine.clock import VirtualClock
from tests.cache.helpers import ROOMY, Limits, cache_of

IDENTITY = DiskIdentity(Path("/project/.agentpm/data/agentpm.db"), 1, 2, b"schema", "1.0")
NOTHING: Limits = (1, 0.0)
"""Limits of a level that never answers."""


class Engine:
    """A cache whose memory levels never answer, over a store; opened again at will."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = VirtualClock()

    async def start(self, **limits: Limits) -> None:
        self.store = DiskStore(self.directory, IDENTITY)
        await self.store.open()
        self.cache: TieredCache[int, int | None] = cache_of(
            self.clock.monotonic,
            limits.get("l1", NOTHING),
            limits.get("l2", NOTHING),
            limits.get("l3", ROOMY),
            disk=DiskLevel(self.store, "answers"),
        )

    async def stop(self) -> None:
        await self.store.close()

    @property
    def file(self) -> Path:
        return self.directory / IDENTITY.file_name()
