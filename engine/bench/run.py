"""The whole benchmark, part by part, on a scratch copy of the project."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from engine.bench.budget import FULL, Budget, Progress
from engine.bench.concurrency import Concurrency, measure_concurrency
from engine.bench.machine import this_machine
from engine.bench.memory import measure_memory
from engine.bench.report import BenchReport
from engine.bench.side import Side, open_side
from engine.bench.situations import Comparison, bench_settings, compare
from engine.bench.steps import Step, make_steps, measure_steps
from engine.bench.worker import Ask
from engine.bench.writes import OtherRow
from engine.clock import SystemClock
from engine.core.engine import Engine
from engine.core.project import ProjectInfo
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS
from engine.replay.scratch import scratch_copy
from engine.replay.writer import ScratchWriter

TASKS = 60
"""Tasks that are asked for, at most; one more is changed by the writes."""
_PLAN = "plan"
_NATIVE = "native"


@dataclass(frozen=True, slots=True)
class _Bench:
    """Everything that the parts share."""

    root: Path
    sides: tuple[Side, Side]
    asks: Sequence[Ask]
    other_row: OtherRow
    budget: Budget
    progress: Progress


async def run_bench(root: Path, *, budget: Budget = FULL, progress: Progress) -> BenchReport:
    """Measure the project at `root`, which is only read.

    Args:
        budget: how long each part may take.
        progress: told what is being done.

    Raises:
        TaskStartError: the project cannot be read or copied, or no task has an answer.
    """
    began, machine = monotonic(), this_machine()
    progress("copying the project")
    async with _prepared(root, budget, progress) as (bench, project):
        comparisons = [
            await _compare(bench, _NATIVE, budget.native_s),
            await _compare(bench, _PLAN, budget.plan_s),
        ]
        concurrency = [
            await _concurrency(bench, profile, budget.concurrency_s / 2)
            for profile in (_NATIVE, _PLAN)
        ]
        steps = await _steps(bench)
        memory = await measure_memory(bench.root, bench.asks[0], progress)
    return BenchReport(
        project=f"{project.name} ({root}), {project.tasks} tasks, {project.agents} agents",
        tasks_asked=len(bench.asks),
        journal_mode=project.journal_mode,
        quick=budget.quick,
        took_s=monotonic() - began,
        machine=machine,
        comparisons=comparisons,
        concurrency=concurrency,
        memory=memory,
        steps=steps,
    )


@asynccontextmanager
async def _prepared(
    root: Path, budget: Budget, progress: Progress
) -> AsyncIterator[tuple[_Bench, ProjectInfo]]:
    """A scratch copy with its writer, two workers that have run the code once, and the tasks."""
    settings = bench_settings(NO_OPTIMIZATIONS, _NATIVE)
    async with Engine.open(root, settings=settings, background=False) as engine:
        project = engine.project
    async with (
        scratch_copy(root) as scratch,
        ScratchWriter(scratch, SystemClock()) as writer,
        open_side() as baseline,
        open_side() as optimized,
    ):
        progress("choosing tasks")
        await optimized.open(scratch.root, bench_settings(ALL_OPTIMIZATIONS, _NATIVE))
        asks = await optimized.answerable(TASKS + 1)
        # The first starts of a process import modules and the like: that is no TaskStart.
        await baseline.open(scratch.root, bench_settings(NO_OPTIMIZATIONS, _NATIVE))
        await baseline.starts(asks[:3])
        spare = asks.pop()[0] if len(asks) > 1 else None
        other_row = OtherRow(writer, spare)
        yield (
            _Bench(scratch.root, (baseline, optimized), asks, other_row, budget, progress),
            project,
        )


async def _compare(bench: _Bench, profile: str, seconds: float) -> Comparison:
    return await compare(
        bench.sides,
        bench.root,
        bench.asks,
        bench.other_row,
        profile=profile,
        seconds=seconds,
        progress=bench.progress,
    )


async def _concurrency(bench: _Bench, profile: str, seconds: float) -> Concurrency:
    return await measure_concurrency(
        bench.sides,
        bench.root,
        bench.asks,
        profile=profile,
        seconds=seconds,
        progress=bench.progress,
    )


async def _steps(bench: _Bench) -> list[Step]:
    found = {}
    for profile, sides, seconds in (
        (_NATIVE, bench.sides[1:], bench.budget.steps_native_s),
        (_PLAN, bench.sides, bench.budget.steps_plan_s),
    ):
        found[profile] = await measure_steps(
            sides,
            bench.root,
            bench.asks,
            bench.other_row,
            profile=profile,
            seconds=seconds,
            progress=bench.progress,
        )
    return make_steps(found[_PLAN], found[_NATIVE])
