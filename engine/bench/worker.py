"""What runs in a benchmark's worker process: one engine at a time, and timed starts of it.

Each side of a comparison has a process of its own, so that neither pays for the other's garbage
collection, memory or threads, and CPU time and memory are those of one side. The functions here
are called through `engine.bench.side.Side`; between two calls the worker sleeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any, TypeVar

import msgspec
import psutil

from engine.core.engine import Engine
from engine.errors import InactiveAgentError, NotFoundError
from engine.service.messages import CacheLevelView
from engine.settings import Settings
from engine.trace import Namespace

T = TypeVar("T")

Ask = tuple[int, str | None]
"""Task and agent role of a start."""


class Block(msgspec.Struct, frozen=True):
    """Some starts in a row, measured around the call of `Engine.task_start`."""

    latencies_ms: list[float]
    cpu_ms: float
    """CPU time of the whole process, all threads, while they ran."""


class _Bench:
    """The engine that this process holds open between calls."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stack: contextlib.AsyncExitStack | None = None
        self._engine: Engine | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @property
    def engine(self) -> Engine:
        assert self._engine is not None, "open comes first"
        return self._engine

    async def open(self, root: Path, settings: Settings, disk: Path | None) -> None:
        await self.close()
        stack = contextlib.AsyncExitStack()
        # Background work would prepare what the benchmark wants to see built.
        opening = Engine.open(root, settings=settings, background=False, disk=disk)
        self._engine = await stack.enter_async_context(opening)
        self._stack = stack

    async def close(self) -> None:
        stack, self._stack, self._engine = self._stack, None, None
        if stack is not None:
            await stack.aclose()


_bench: _Bench | None = None


def begin() -> None:
    """Prepare a new worker process."""
    # A parent that was killed cannot end its workers: they look after themselves.
    parent = os.getppid()

    def watch() -> None:
        waiting = threading.Event()
        while os.getppid() == parent:
            waiting.wait(2.0)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _held() -> _Bench:
    global _bench  # noqa: PLW0603 - the state of this worker process, as the pool's calls find it
    if _bench is None:
        _bench = _Bench()
    return _bench


def open_engine(root: Path, settings: Settings, disk: Path | None = None) -> None:
    """Open a fresh engine (caches empty, start-up work done) in the place of the one before.

    `disk` is the folder of its L3, if it is to have one.
    """
    bench = _held()
    bench.run(bench.open(root, settings, disk))


def close_engine() -> None:
    """Close the engine."""
    bench = _held()
    bench.run(bench.close())


def run_starts(asks: list[Ask]) -> Block:
    """These starts, one after the other."""
    bench = _held()
    return bench.run(_starts(bench.engine, asks))


def run_burst(asks: list[Ask]) -> Block:
    """These starts, all at the same instant; each latency counts from that instant."""
    bench = _held()
    return bench.run(_burst(bench.engine, asks))


def answerable(count: int) -> list[Ask]:
    """Up to `count` tasks that have an answer, open ones first."""
    bench = _held()
    return bench.run(answerable_tasks(bench.engine, count))


def answered(asks: list[Ask]) -> list[Ask]:
    """Those of `asks` that have an answer."""
    bench = _held()
    return bench.run(_answered(bench.engine, asks, len(asks)))


def answer_levels() -> list[CacheLevelView]:
    """What the levels of the `answers` cache have done since the engine was opened."""
    (view,) = (view for view in _held().engine.cache_views() if view.name == Namespace.ANSWERS)
    return view.levels


def resident_mb() -> float:
    """Resident set of this process, in MB (10^6 bytes)."""
    return float(psutil.Process().memory_info().rss) / 1e6


async def answerable_tasks(engine: Engine, count: int) -> list[Ask]:
    """Up to `count` tasks that have an answer, open ones first."""
    tasks = await engine.sample_tasks(engine.project.tasks)
    return await _answered(engine, [(task_id, None) for task_id in tasks], count)


async def _answered(engine: Engine, asks: list[Ask], count: int) -> list[Ask]:
    found: list[Ask] = []
    for ask in asks:
        if len(found) == count:
            break
        try:
            await engine.task_start(*ask, source="bench")
        except (NotFoundError, InactiveAgentError):
            continue  # a project may hold some; they say nothing of speed
        found.append(ask)
    return found


async def _starts(engine: Engine, asks: list[Ask]) -> Block:
    latencies = [0] * len(asks)
    cpu = process_time_ns()
    for index, (task_id, role) in enumerate(asks):
        began = perf_counter_ns()
        await engine.task_start(task_id, role, source="bench")
        latencies[index] = perf_counter_ns() - began
    cpu = process_time_ns() - cpu
    return Block([nanoseconds / 1e6 for nanoseconds in latencies], cpu / 1e6)


async def _burst(engine: Engine, asks: list[Ask]) -> Block:
    latencies = [0] * len(asks)

    async def one(index: int, task_id: int, role: str | None) -> None:
        await engine.task_start(task_id, role, intended_ns=began, source="bench")
        latencies[index] = perf_counter_ns() - began

    cpu = process_time_ns()
    began = perf_counter_ns()
    async with asyncio.TaskGroup() as group:
        for index, (task_id, role) in enumerate(asks):
            group.create_task(one(index, task_id, role))
    cpu = process_time_ns() - cpu
    return Block([nanoseconds / 1e6 for nanoseconds in latencies], cpu / 1e6)
