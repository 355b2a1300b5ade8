"""One start's reading of the world, and how it asks a cache for a part of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.cache.entry import Entry, FileSignatures, Found
from engine.cache.tiered import TieredCache
from engine.core.gate import TRUST, FreshnessGate
from engine.core.request import Request
from engine.core.timing import StartTimer
from engine.core.traffic import CacheTraffic
from engine.settings import Settings
from engine.storage.rows import fingerprint
from engine.trace import Level, LookUp, Namespace, Outcome

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_DISK_SECONDS = 0.25
"""Longest that a start waits for the disk's help; building the answer anew takes a millisecond."""


class Era:
    """The time between two invalidations of everything, such as a change of settings."""

    __slots__ = ("over",)

    def __init__(self) -> None:
        self.over = False


@dataclass(slots=True)
class Reading:
    """What one start reads, as of when, under which settings."""

    request: Request
    timer: StartTimer
    settings: Settings
    epoch: int
    """The epoch that this start's freshness check saw, or `TRUST`."""
    tag: int
    """The epoch noted on what this start stores: seen before anything was read, and before
    anything that it took from a cache on trust."""
    loaded_at: float
    """Monotonic seconds before anything was read."""
    lookups: list[LookUp] = field(default_factory=list)
    counted: bool = True
    """Whether it belongs to the traffic; background work does not."""
    era: Era = field(default_factory=Era)
    """When it began; what it reads is stored only while that lasts."""
    mixed: bytes = b""
    """Proofs of what it took on trust and found to differ from the rows that it read."""

    @property
    def storing(self) -> bool:
        """False once an invalidation has overtaken this start: it answers, and stores nothing."""
        return not self.era.over

    def trust(self, entry: Entry[Any], content: object) -> None:
        """Note that `entry` was served though `content` was read, of which it ought to be made.

        An answer of parts that were never true together must not be taken for a proven one, should
        the mode change to one that proves.
        """
        if self.epoch == TRUST and entry.proof != fingerprint(content):
            self.mixed += entry.proof

    def note(
        self,
        namespace: Namespace,
        outcome: Outcome,
        level: Level | None = None,
        *,
        needless: bool = False,
    ) -> None:
        """Note one look-up for the trace."""
        self.lookups.append(LookUp(namespace, outcome, level, needless))


class Asked(Generic[V]):
    """The outcome of asking a cache: an entry that may be served, or a candidate to prove."""

    __slots__ = ("entry", "key", "level", "outcome", "served")

    def __init__(
        self,
        served: bool,
        entry: Entry[V] | None,
        outcome: Outcome,
        level: Level = Level.L1,
        key: Hashable = None,
    ) -> None:
        self.served = served
        self.entry = entry
        """The entry to serve, or the one that a proof may revive; None if there is none."""
        self.outcome = outcome
        self.level = level
        """Where the entry was found."""
        self.key = key
        """What was asked for, where that was a guess."""

    @property
    def is_survivor(self) -> bool:
        """Whether a former run of the engine left the candidate: no TTL speaks for or against it."""
        return self.entry is not None and self.entry.loaded_at == -math.inf


class PartCache(Generic[K, V]):
    """A cache as a start asks it: proven entries are served, others are confirmed or replaced."""

    def __init__(
        self,
        cache: TieredCache[K, V],
        gate: FreshnessGate,
        enabled: bool,
        traffic: CacheTraffic,
    ) -> None:
        self._cache = cache
        self._gate = gate
        self.enabled = enabled
        self._traffic = traffic

    def ask(self, key: K, reading: Reading) -> Asked[V]:
        """Look `key` up; only what may be served without a read counts as served."""
        if not self.enabled:
            reading.note(self._cache.namespace, Outcome.OFF)
            return Asked(False, None, Outcome.OFF, key=key)
        found = self._cache.get(key)
        entry = found.entry
        if found.outcome is not Outcome.HIT or entry is None:
            return Asked(False, entry, found.outcome, key=key)
        if self._gate.is_proven(entry, reading.epoch):
            reading.note(self._cache.namespace, Outcome.HIT, found.level)
            reading.tag = min(reading.tag, entry.epoch)
            self._record(key, reading)
            return Asked(True, entry, Outcome.HIT, key=key)
        return Asked(False, entry, Outcome.CHANGED, key=key)

    def correct(self, key: K, asked: Asked[V], reading: Reading) -> Asked[V]:
        """What the cache says of `key`, after `asked` had guessed at a key."""
        if asked.key == key or not self.enabled:
            return asked
        return self.ask(key, reading)

    async def deepen(self, key: K, asked: Asked[V], reading: Reading) -> Asked[V]:
        """Ask the disk too, where memory knew nothing; `asked` when it does not help in time."""
        if not self.enabled or asked.entry is not None or not self._cache.has_disk:
            return asked
        nothing: Found[V] = Found(None, None, asked.outcome)
        try:
            async with asyncio.timeout(_DISK_SECONDS):
                found = await self._cache.deepen(key, nothing)
        except TimeoutError:
            return asked
        entry = found.entry
        if entry is None:
            return asked
        if found.outcome is Outcome.HIT and self._gate.is_proven(entry, reading.epoch):
            level = found.level or Level.L3
            reading.note(self._cache.namespace, Outcome.HIT, level)
            self._record(key, reading)
            return Asked(True, entry, Outcome.HIT, level)
        survived = Asked(False, entry, found.outcome, Level.L3)
        if found.outcome is Outcome.HIT or survived.is_survivor:
            survived.outcome = Outcome.CHANGED
        return survived

    def confirm(
        self, key: K, asked: Asked[V], proof: bytes, reading: Reading, files: FileSignatures = ()
    ) -> Entry[V] | None:
        """Keep the candidate if what was read proves it unchanged; None if there is no such proof."""
        entry = asked.entry
        if entry is None or entry.proof != proof or not self._gate.holds_today(entry):
            return None
        if reading.storing:
            entry = self._cache.confirm(
                key, entry, loaded_at=reading.loaded_at, epoch=reading.tag, files=files
            )
        self._record(key, reading)
        if asked.outcome is Outcome.EXPIRED and reading.epoch == TRUST:
            reading.note(self._cache.namespace, Outcome.EXPIRED, needless=True)
        else:
            reading.note(self._cache.namespace, Outcome.CONFIRMED, asked.level)
        return entry

    def store(self, key: K, asked: Asked[V], entry: Entry[V], reading: Reading) -> None:
        """Keep what was loaded in the place of the candidate."""
        before = asked.entry
        if before is not None and not self._gate.holds_today(before):
            self._traffic.dated(reading.loaded_at, key)
        if before is not None and before.proof != entry.proof and not _mixed(before, entry):
            self._traffic.changed(reading.loaded_at, key, entry.proof)
        self._record(key, reading)
        if not self.enabled:
            return
        same = (
            before is not None
            and before.proof == entry.proof
            and before.valid_until == entry.valid_until
        )
        expired = asked.outcome is Outcome.EXPIRED
        reading.note(self._cache.namespace, asked.outcome, needless=expired and same)
        if reading.storing:
            self._cache.put(key, entry)

    def _record(self, key: K, reading: Reading) -> None:
        if reading.counted and self._cache.namespace is not Namespace.ANSWERS:
            # Whoever asks for an answer notes that itself.
            self._traffic.read(reading.loaded_at, key)


def _mixed(before: Entry[Any], after: Entry[Any]) -> bool:
    """Whether only one of them is a mixture of trusted parts: then nothing says what has changed.

    The proof of a mixture is shorter than that of one reading.
    """
    return len(before.proof) != len(after.proof)
