"""A small trial on the project's own tasks: everything off, then cold, then warm.

It runs on engines of its own that are closed again, so that the engine that serves agents keeps
its caches, its settings and its figures.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import msgspec

from engine.errors import NotFoundError, TaskStartError
from engine.optimizations import NO_OPTIMIZATIONS
from engine.service.messages import TrialView
from engine.service.ports import EngineLike
from engine.settings import Settings
from engine.trace import Trace

TRIAL_TASKS = 20

OpenEngine = Callable[[Settings], AbstractAsyncContextManager[EngineLike]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial measured."""

    view: TrialView
    all_off: list[Trace]


async def run_trial(open_engine: OpenEngine, settings: Settings, tasks: Sequence[int]) -> Trial:
    """Start every task of `tasks` with everything off, and twice with `settings`.

    Milliseconds are means per answered start; tasks that cannot be started are left out.

    Raises:
        NotFoundError: not one of the tasks could be started.
        TaskStartError: the project cannot be read.
    """
    off = msgspec.structs.replace(settings, optimizations=NO_OPTIMIZATIONS, warming=False)
    # Warming would turn the cold starts into warm ones while they are being measured.
    on = msgspec.structs.replace(settings, warming=False)
    async with open_engine(off) as engine:
        all_off = await _starts(engine, tasks)
    async with open_engine(on) as engine:
        cold = await _starts(engine, tasks)
        warm = await _starts(engine, tasks)
    if not (all_off and cold and warm):
        raise NotFoundError(
            "none of the project's tasks could be started", "see `taskstart answer`"
        )
    view = TrialView(
        tasks=len(all_off), all_off_ms=_mean(all_off), cold_ms=_mean(cold), warm_ms=_mean(warm)
    )
    return Trial(view, all_off)


async def _starts(engine: EngineLike, tasks: Sequence[int]) -> list[Trace]:
    """One after another, with a turn of the loop between them for those who wait."""
    traces = []
    for task_id in tasks:
        try:
            answer = await engine.task_start(task_id, source="trial")
        except TaskStartError:
            # A task of an inactive agent, say: no measure of anything.
            continue
        traces.append(answer.trace)
        await asyncio.sleep(0)
    return traces


def _mean(traces: Sequence[Trace]) -> float:
    return statistics.fmean(trace.total_ns for trace in traces) / 1e6
