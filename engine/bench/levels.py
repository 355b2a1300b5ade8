"""For one memory budget: the cache's tiers against a single L1, on the same trace.

The budget is turned into entries by the measured size of a live and of a packed answer. Nothing
expires and nothing is written meanwhile, so that only the room decides what is found.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from time import monotonic

from engine.bench.answer_memory import AnswerBytes, answer_bytes, sized_settings
from engine.bench.budget import Progress, rounds
from engine.bench.levels_report import LevelFigures, LevelsReport, StackFigures
from engine.bench.machine import this_machine
from engine.bench.samples import median, ratio_of_medians, summarize
from engine.bench.side import Side, open_side
from engine.bench.situations import bench_settings
from engine.bench.worker import Ask, answer_levels
from engine.core.project import resolve_root
from engine.optimizations import ALL_OPTIMIZATIONS
from engine.replay.events import Op
from engine.replay.workload import Workload
from engine.service.messages import CacheLevelView
from engine.trace import Level

BUDGET_SHARE = 0.25
"""Of the memory that all answers of the trace would take live."""
_L1_SHARES = (0.5, 0.25, 0.1)
_DISK_SHARE = 0.25
_MOST_KEYS = 1_000
STARTS = 3_000
QUICK_STARTS = 600
FULL_S = 40.0
QUICK_S = 8.0
_SKEW = 0.9
"""Exponent of the Zipf distribution of the default trace: a few tasks are asked for often."""


@dataclass(slots=True)
class _Stack:
    """One way to spend the budget."""

    name: str
    sizes: Mapping[Level, int]
    latencies: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    levels: list[CacheLevelView] = field(default_factory=list)


async def measure_levels(
    root: Path,
    *,
    workload: Workload | None = None,
    starts: int = STARTS,
    seconds: float = FULL_S,
    progress: Progress,
) -> LevelsReport:
    """Play the same starts under every stack, pass by pass in turn; the project is only read.

    Args:
        workload: whose TaskStarts are played, its writes left out; by default a seeded Zipf mix
            over the project's tasks.
        starts: how many are played in a pass, at most.
        seconds: passes are begun until they are spent; every stack has one at least.

    Raises:
        TaskStartError: the project cannot be read, or no task has an answer.
    """
    began, machine = monotonic(), this_machine()
    root = await asyncio.to_thread(resolve_root, root)
    async with open_side() as side:
        progress("choosing starts")
        trace = await _trace(side, root, workload, starts)
        keys = list(dict.fromkeys(trace))
        async with open_side() as measuring:
            progress("sizes of answers")
            sizes = await measuring.call(answer_bytes, root, keys[:_MOST_KEYS])
        budget = BUDGET_SHARE * sizes.live * len(keys)
        stacks = [*_stacks(budget, sizes)]
        for number in rounds(seconds, "levels", progress, at_least=1):
            first = number % len(stacks)
            for stack in [*stacks[first:], *stacks[:first]]:
                await _play(side, root, stack, trace)
    return LevelsReport(
        project=str(root),
        workload=workload.name if workload is not None else "seeded Zipf mix over all tasks",
        starts=len(trace),
        keys=len(keys),
        budget_bytes=round(budget),
        live_bytes=sizes.live,
        packed_bytes=sizes.packed,
        took_s=monotonic() - began,
        machine=machine,
        stacks=[_figures(stack, stacks[0]) for stack in stacks],
    )


def zipf_mix(keys: Sequence[Ask], count: int, *, seed: int = 1) -> list[Ask]:
    """`count` draws, the k-th most popular key with a weight of k^-0.9; which is which is shuffled."""
    generator = random.Random(seed)
    popular = list(keys)
    generator.shuffle(popular)
    weights = itertools.accumulate(rank**-_SKEW for rank in range(1, len(popular) + 1))
    return generator.choices(popular, cum_weights=list(weights), k=count)


async def _trace(side: Side, root: Path, workload: Workload | None, count: int) -> list[Ask]:
    await side.open(root, bench_settings(ALL_OPTIMIZATIONS, "native"))
    if workload is None:
        return zipf_mix(await side.answerable(_MOST_KEYS), count)
    asked = [
        (event.task_id or 0, event.agent_role or None)
        for event in workload.events
        if event.op is Op.TASKSTART
    ]
    answered = set(await side.answered(list(dict.fromkeys(asked))))
    return [ask for ask in asked if ask in answered][:count]


def _stacks(budget: float, sizes: AnswerBytes) -> list[_Stack]:
    """A single L1 first; then tiers, each with another share of the budget for L1."""

    def entries(share: float, each: float) -> int:
        return max(int(share * budget / each), 1)

    stacks = [_Stack("L1 alone", {Level.L1: entries(1.0, sizes.live)})]
    for share in _L1_SHARES:
        tiers = {
            Level.L1: entries(share, sizes.live),
            Level.L2: entries(1.0 - share, sizes.packed),
        }
        stacks.append(_Stack(f"L1 {share:.0%} + L2", tiers))
        if share == _DISK_SHARE:
            stacks.append(_Stack(f"L1 {share:.0%} + L2, + L3", {**tiers, Level.L3: 100_000}))
    return stacks


async def _play(side: Side, root: Path, stack: _Stack, trace: list[Ask]) -> None:
    """One pass on a fresh engine."""
    with tempfile.TemporaryDirectory(prefix="taskstart-bench-") as folder:
        disk = Path(folder) if Level.L3 in stack.sizes else None
        await side.open(root, sized_settings(stack.sizes), disk)
        block = await side.starts(trace)
        stack.levels = await side.call(answer_levels)
        await side.close()
    stack.latencies += block.latencies_ms
    stack.means.append(fmean(block.latencies_ms))


def _figures(stack: _Stack, single: _Stack) -> StackFigures:
    starts = len(stack.latencies) // len(stack.means)
    levels = [
        LevelFigures(
            level=view.level,
            on=view.on,
            max_entries=view.max_entries if view.on else 0,
            hit_share=view.hits / starts,
            hit_us=view.hit_us,
        )
        for view in stack.levels
    ]
    return StackFigures(
        name=stack.name,
        levels=levels,
        hit_share=sum(level.hit_share for level in levels),
        mean_ms=median(stack.means),
        mean_ratio=ratio_of_medians(stack.means, single.means),
        latency_ms=summarize(stack.latencies),
        passes=len(stack.means),
    )
