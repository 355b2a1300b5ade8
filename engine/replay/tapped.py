"""What a replay sends and writes, told to a recording of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from engine.clock import Clock
from engine.errors import TaskStartError
from engine.replay.events import WorkloadEvent
from engine.replay.live_traffic import LiveChange, LiveEntry, LiveStart
from engine.replay.ports import Answered, TaskStarter, Writer

A = TypeVar("A", bound=Answered)


class Taker(Protocol):
    """Who takes what happens; a recorder."""

    def add(self, entry: LiveEntry) -> None: ...
    def measured(self, start: LiveStart) -> None: ...


Tap = Callable[[], Taker | None]
"""Who takes what happens now; None: nobody."""


async def told(start: LiveStart, answering: Awaitable[A], taker: Taker) -> A:
    """The answer to `start`; `taker` is told of the start now, and of what came of it.

    Raises:
        TaskStartError: as `answering` does.
    """
    taker.add(start)
    began_ns = time.perf_counter_ns()
    try:
        answer = await answering
    except TaskStartError as error:
        start.failed(time.perf_counter_ns() - began_ns, error.code)
        taker.measured(start)
        raise
    start.answered(answer.trace)
    taker.measured(start)
    return answer


class TappedStarter:
    """An engine whose starts are told."""

    def __init__(self, engine: TaskStarter, clock: Clock, tap: Tap) -> None:
        self._engine = engine
        self._clock = clock
        self._tap = tap

    async def task_start(
        self,
        task_id: int,
        agent_role: str | None = None,
        *,
        intended_ns: int | None = None,
        source: str = "api",
    ) -> Answered:
        """One start; see `TaskStarter`."""
        answering = self._engine.task_start(
            task_id, agent_role, intended_ns=intended_ns, source=source
        )
        taker = self._tap()
        if taker is None:
            return await answering
        start = LiveStart(self._clock.monotonic(), task_id, agent_role, source)
        return await told(start, answering, taker)


class TappedWriter:
    """A writer whose writes are told."""

    def __init__(self, writer: Writer, clock: Clock, tap: Tap) -> None:
        self._writer = writer
        self._clock = clock
        self._tap = tap

    async def apply(self, event: WorkloadEvent) -> bool:
        """One write; see `Writer`."""
        taker = self._tap()
        if taker is not None:
            taker.add(LiveChange(self._clock.monotonic(), event))
        return await self._writer.apply(event)
