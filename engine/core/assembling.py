"""Putting a context together from what was read, and paying what a profile charges for it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from engine.clock import Clock
from engine.context.agents import AgentRecord
from engine.context.amalgamations import Amalgamations, scan_amalgamations
from engine.context.assembly import assemble
from engine.context.facts import PluginFacts
from engine.context.files import signature
from engine.context.payload import Context
from engine.context.project_part import assemble_project
from engine.context.sops import Sop
from engine.context.summaries import decode_summaries
from engine.context.task_part import assemble_task
from engine.context.work_item_part import assemble_work_item
from engine.core.reading import Reading
from engine.core.row_reader import ReadRows
from engine.core.sop_source import is_settled
from engine.core.storage_access import RowSource
from engine.costs.profile import Bill
from engine.optimizations import Optimization
from engine.trace import Phase


@dataclass(frozen=True, slots=True)
class Parts:
    """What assembly works on, beside the rows."""

    facts: PluginFacts
    agent: AgentRecord | None
    assigned_agent: AgentRecord | None
    sop: Sop | None


class Assembler:
    """Assembles contexts under one set of settings."""

    def __init__(self, root: Path, clock: Clock, storage: RowSource) -> None:
        self._root = root
        self._clock = clock
        self._storage = storage
        self._amalgamations: Amalgamations | None = None

    async def assemble(
        self, reading: Reading, read: ReadRows, parts: Parts
    ) -> tuple[Context, Amalgamations]:
        """The context, and the amalgamations that it was made with."""
        timer = reading.timer
        # Rules that were compiled while they were read are a part of assembly, too.
        began_ns = timer.enter(Phase.ASSEMBLY) - timer.spent(Phase.ASSEMBLY)
        amalgamations = await self._find_amalgamations(reading)
        bundle = read.bundle
        context = assemble(
            assemble_task(bundle, self._clock.wall()),
            assemble_work_item(bundle),
            assemble_project(bundle, parts.facts),
            agent_role=reading.request.agent_role,
            agent=parts.agent,
            assigned_agent=parts.assigned_agent,
            sop=parts.sop,
            summaries=decode_summaries(bundle.summaries),
            rules=read.rules,
            amalgamations=amalgamations,
        )
        await self._pay(reading, began_ns)
        return context, amalgamations

    async def _find_amalgamations(self, reading: Reading) -> Amalgamations:
        settings = reading.settings
        known = self._amalgamations
        if (
            settings.has(Optimization.PARALLEL_ASSEMBLY)
            and known is not None
            and is_settled(known.signature)
            and signature(known.folder) == known.signature
        ):
            return known
        if settings.has(Optimization.PARALLEL_QUERIES):
            found = await asyncio.to_thread(scan_amalgamations, self._root)
        else:
            found = await self._storage.run_serially(lambda: scan_amalgamations(self._root))
        self._amalgamations = found
        return found

    async def _pay(self, reading: Reading, began_ns: int) -> None:
        """Wait for what a profile charges for the parts: in turn, or side by side.

        Assembling is pure computing and takes a fraction of a millisecond: doing its parts at the
        same time gains nothing but where they are charged for.
        """
        costs = self._storage.costs
        charged = costs.profile.assembly_ms
        parts = (
            ("task", charged.task),
            ("work item", charged.work_item),
            ("project", charged.project),
        )
        if not any(milliseconds for _, milliseconds in parts):
            return
        before = time.perf_counter_ns()
        if reading.settings.has(Optimization.PARALLEL_ASSEMBLY):
            async with asyncio.TaskGroup() as group:
                for name, milliseconds in parts:
                    group.create_task(_pay_part(reading, name, milliseconds, costs.bill(began_ns)))
        else:
            bill = costs.bill(began_ns)
            for name, milliseconds in parts:
                await _pay_part(reading, name, milliseconds, bill)
        reading.timer.modeled_ns += time.perf_counter_ns() - before


async def _pay_part(reading: Reading, name: str, milliseconds: float, bill: Bill) -> None:
    start = time.perf_counter_ns()
    modeled = await bill.pay(milliseconds)
    reading.timer.add_span(f"assembly: {name}", start, time.perf_counter_ns(), modeled)
