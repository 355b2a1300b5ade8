"""The SOP of a role: from the cache while its files stand, else read in a thread."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from engine.cache.entry import Entry
from engine.cache.tiered import TieredCache
from engine.context.agents import AgentRecord
from engine.context.files import FileSignature
from engine.context.sop_text import PackedSop
from engine.context.sops import CompiledSop, Sop, SopPlan, read_sop, sop_candidates
from engine.core.gate import TRUST
from engine.core.reading import Reading
from engine.core.storage_access import RowSource
from engine.core.traffic import CacheTraffic
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.trace import Level, Namespace, Outcome, Phase

_SETTLED_NS = 50_000_000
"""A file written less than this ago may be written again within the clock's resolution."""


class _NotKnownError(Exception):
    """A file has to be read, which the event loop must not do."""


class SopSource:
    """Finds, reads and keeps compiled SOPs, by the path of their files."""

    def __init__(
        self,
        root: Path,
        cache: TieredCache[str, CompiledSop],
        storage: RowSource,
        traffic: CacheTraffic,
    ) -> None:
        self._root = root
        self._cache = cache
        self._storage = storage
        self._traffic = traffic

    async def find(self, role: str, agent: AgentRecord | None, reading: Reading) -> Sop:
        """The SOP of `role`; without a usable file, one that says why."""
        plan = sop_candidates(self._root, role, agent)
        settings = reading.settings
        if not settings.has(Optimization.SOP_PRECOMPILATION):
            reading.note(Namespace.SOPS, Outcome.OFF)
            return await self._read(plan, reading)
        outcome = Outcome.HIT
        before: Entry[CompiledSop] | None = None
        trusted: dict[str, FileSignature] = {}

        def known(path: str, seen: FileSignature) -> CompiledSop:
            nonlocal outcome, before
            found = self._cache.get(path)
            entry = found.entry
            if found.outcome is Outcome.HIT and entry is not None:
                read_as = entry.files[0][1]
                if read_as == seen:
                    return entry.value
                if reading.epoch == TRUST and read_as is not None:
                    trusted[path] = FileSignature(*read_as)
                    return entry.value
                outcome, before = Outcome.CHANGED, entry
            else:
                outcome, before = found.outcome, entry
            raise _NotKnownError

        try:
            sop = read_sop(plan, known=known)
        except _NotKnownError:
            sop = await self._read(plan, reading)
            if reading.storing:
                self.keep(sop, reading.loaded_at, settings)
            self._note(outcome, before, sop, reading)
        else:
            self._record(sop, reading)
            reading.note(Namespace.SOPS, Outcome.HIT, Level.L1)
        if trusted:
            # The answer is to be watched by what its text was read from.
            watched = tuple((path, trusted.get(path, seen)) for path, seen in sop.watched)
            sop = replace(sop, watched=watched)
        return sop

    def _note(
        self, outcome: Outcome, before: Entry[CompiledSop] | None, sop: Sop, reading: Reading
    ) -> None:
        old = before.value.content if before is not None else None
        same = old is not None and sop.content is not None and old.digest == sop.content.digest
        if before is not None and not same:
            digest = sop.content.digest if sop.content is not None else b""
            self._traffic.changed(reading.loaded_at, before.files[0][0], digest)
        self._record(sop, reading)
        if same and reading.epoch != TRUST:
            reading.note(Namespace.SOPS, Outcome.CONFIRMED, Level.L1)
        else:
            reading.note(Namespace.SOPS, outcome, needless=same and outcome is Outcome.EXPIRED)

    def _record(self, sop: Sop, reading: Reading) -> None:
        if reading.counted and sop.watched:
            # The file that was read, or the last candidate where there was none.
            self._traffic.read(reading.loaded_at, sop.watched[-1][0])

    async def _read(self, plan: SopPlan, reading: Reading) -> Sop:
        """Read and compile now; this is what a cost profile charges for."""
        timer = reading.timer
        start = time.perf_counter_ns()
        if reading.settings.has(Optimization.PARALLEL_QUERIES):
            sop = await asyncio.to_thread(read_sop, plan)
        else:
            sop = await self._storage.run_serially(lambda: read_sop(plan))
        costs = self._storage.costs
        modeled = await costs.bill(start).pay(costs.profile.sop_ms) if sop.compiled else 0
        timer.modeled_ns += modeled
        timer.add_span(Phase.AGENT_SOPS.label, start, time.perf_counter_ns(), modeled)
        return sop

    def keep(self, sop: Sop, loaded_at: float, settings: Settings) -> None:
        """Keep the files that were read for `sop`, but for those that were just being written."""
        settled = time.time_ns() - _SETTLED_NS
        for path, seen, compiled in sop.compiled:
            if seen.mtime_ns > settled:
                continue
            content = compiled.content
            kept = compiled
            if content is not None and settings.has(Optimization.LEAN_MEMORY):
                kept = CompiledSop(PackedSop(content), compiled.problem)
            self._cache.put(path, Entry(kept, loaded_at, files=((path, seen),)))


def is_settled(seen: FileSignature | None) -> bool:
    """Whether a file's signature can be trusted to move when the file is written again."""
    return seen is None or seen.mtime_ns <= time.time_ns() - _SETTLED_NS
