"""One side of a comparison: a worker process, as the benchmark sees it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from engine.bench import worker
from engine.bench.worker import Ask, Block
from engine.errors import TaskStartError
from engine.settings import Settings

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Side:
    """A worker process of its own; made by `open_side`."""

    def __init__(self, process: ProcessPoolExecutor) -> None:
        self._process = process

    async def call(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Run a module-level function in the worker.

        Raises:
            TaskStartError: what the function raised, or that the worker has died.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._process, function, *arguments
            )
        except BrokenProcessPool:
            raise TaskStartError(
                "a worker process of the benchmark ended unexpectedly",
                "see whether the system is short of memory, then start it again",
            ) from None

    async def open(self, root: Path, settings: Settings, disk: Path | None = None) -> None:
        """Open a fresh engine there; `disk` is the folder of its L3, if it is to have one."""
        await self.call(worker.open_engine, root, settings, disk)

    async def starts(self, asks: list[Ask]) -> Block:
        """These starts, one after the other."""
        return await self.call(worker.run_starts, asks)

    async def burst(self, asks: list[Ask]) -> Block:
        """These starts, all at the same instant."""
        return await self.call(worker.run_burst, asks)

    async def answerable(self, count: int) -> list[Ask]:
        """Up to `count` tasks that have an answer.

        Raises:
            TaskStartError: not one has.
        """
        return _some(await self.call(worker.answerable, count))

    async def answered(self, asks: list[Ask]) -> list[Ask]:
        """Those of `asks` that have an answer.

        Raises:
            TaskStartError: not one has.
        """
        return _some(await self.call(worker.answered, asks))

    async def close(self) -> None:
        """Close the engine, which the end of the side does otherwise."""
        await self.call(worker.close_engine)

    async def resident_mb(self) -> float:
        """Memory of the worker process."""
        return await self.call(worker.resident_mb)


def _some(asks: list[Ask]) -> list[Ask]:
    if not asks:
        raise TaskStartError(
            "none of the starts has an answer to measure",
            "see why: taskstart answer TASK_ID; or use the demo project: taskstart demo DIR",
        )
    return asks


@asynccontextmanager
async def open_side() -> AsyncIterator[Side]:
    """A fresh worker process (spawned, not forked: it inherits no memory)."""
    process = ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=worker.begin
    )
    _start(process)
    try:
        yield Side(process)
    finally:
        await asyncio.shield(asyncio.to_thread(_end, process))


def _end(process: ProcessPoolExecutor) -> None:
    """End the worker, after what it does now: a second or so at most."""
    try:
        # The threads of an engine that is open would keep the worker from ending.
        process.submit(worker.close_engine).result()
    except BrokenProcessPool:
        return  # it has ended already, and whoever called it was told
    finally:
        process.shutdown()


def _start(process: ProcessPoolExecutor) -> None:
    """Start the worker, deaf to Ctrl-C from its first moment on: its parent ends it in order."""
    # A process inherits what is blocked. Blocked here for a moment, a Ctrl-C is not lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.submit(os.getpid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
