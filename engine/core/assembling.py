"""Putting a context together from what was read, and paying what a profile charges for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.clock import Clock
from engine.context.agents import AgentRecord
from engine.context.amalgamations import Amalgamations, scan_amalgamations
from engine.context.assembly import assemble
from engine.context.facts import PluginFacts
from engine.context.files import signature
from engine.context.payload import Context
from engine.context.project_part import ProjectPart, assemble_project
from engine.context.sops import Sop
from engine.context.summaries import decode_summaries
from engine.context.task_part import TaskPart, assemble_task
from engine.context.work_item_part import WorkItemPart, assemble_work_item
from engine.core.reading import Reading
from engine.core.row_reader import ReadRows
from engine.core.sop_source import is_settled
from engine.core.storage_access import RowSource
from engine.costs.profile import Bill
from engine.optimizations import Optimization
from engine.trace import Phase

T = TypeVar("T")


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
        began = reading.timer.enter(Phase.ASSEMBLY)
        amalgamations = await self._find_amalgamations(reading)
        task, work_item, project = await self._decode(reading, read, parts, began)
        context = assemble(
            task,
            work_item,
            project,
            agent_role=reading.request.agent_role,
            agent=parts.agent,
            assigned_agent=parts.assigned_agent,
            sop=parts.sop,
            summaries=decode_summaries(read.bundle.summaries),
            rules=read.rules,
            amalgamations=amalgamations,
        )
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

    async def _decode(
        self, reading: Reading, read: ReadRows, parts: Parts, began_ns: int
    ) -> tuple[TaskPart, WorkItemPart, ProjectPart]:
        """The three parts: one after the other, or at the same time where they wait for costs."""
        bundle, now = read.bundle, self._clock.wall()
        costs = self._storage.costs
        profile = costs.profile.assembly_ms
        modeled = max(profile.task, profile.work_item, profile.project) > 0
        at_once = modeled and reading.settings.has(Optimization.PARALLEL_ASSEMBLY)
        # Parts at the same time fall due side by side; parts in turn fall due in turn.
        shared = costs.bill(began_ns)

        def bill() -> Bill:
            return costs.bill(began_ns) if at_once else shared

        steps = (
            _paid(reading, "task", profile.task, bill(), lambda: assemble_task(bundle, now)),
            _paid(
                reading, "work item", profile.work_item, bill(), lambda: assemble_work_item(bundle)
            ),
            _paid(
                reading,
                "project",
                profile.project,
                bill(),
                lambda: assemble_project(bundle, parts.facts),
            ),
        )
        before = time.perf_counter_ns()
        if at_once:
            # A part cannot fail but for a bug, so that none is left running alone.
            task, work_item, project = await asyncio.gather(*steps)
        else:
            task, work_item, project = await steps[0], await steps[1], await steps[2]
        if modeled:
            reading.timer.modeled_ns += time.perf_counter_ns() - before
        return task, work_item, project


async def _paid(
    reading: Reading, name: str, milliseconds: float, bill: Bill, work: Callable[[], T]
) -> T:
    start = time.perf_counter_ns()
    result = work()
    modeled = await bill.pay(milliseconds)
    reading.timer.add_span(f"assembly: {name}", start, time.perf_counter_ns(), modeled)
    return result
