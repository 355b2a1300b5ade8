"""Concurrent callers who miss the same key share one load, but for those after an invalidation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from engine.errors import ServiceError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Flight(Generic[V]):
    """One load under way."""

    __slots__ = ("task", "waiters")

    def __init__(self, task: asyncio.Task[V]) -> None:
        self.task = task
        self.waiters = 0


class Landed(NamedTuple, Generic[V]):
    """What `SingleFlight.run` gives its caller."""

    value: V
    joined: bool
    """Another caller had begun the load."""


class SingleFlight(Generic[K, V]):
    """At most one load per key at a time.

    A load that fails, fails all who wait for it and is forgotten: the next call loads again.
    A load lives as long as anybody waits for it; one cancelled waiter does not end it.
    All methods belong to one event loop.
    """

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}
        self._tasks: set[asyncio.Task[V]] = set()
        self._closed = False

    def __len__(self) -> int:
        """Loads that later callers would join."""
        return len(self._flights)

    async def run(self, key: K, load: Callable[[], Awaitable[V]]) -> Landed[V]:
        """The value of the load under way for `key`, or of a new one.

        `load` stores its value itself, so that nobody can come between the end of the load and the
        storing.

        Raises:
            ServiceError: `aclose` was called.
            Exception: whatever `load` raised.
        """
        if self._closed:
            raise ServiceError("the engine is closing")
        flight = self._flights.get(key)
        joined = flight is not None
        if flight is None:
            flight = self._begin(key, load)
        task = flight.task
        flight.waiters += 1
        try:
            value = await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and not _is_being_cancelled():
                raise ServiceError("the engine closed during a load") from None
            raise
        finally:
            flight.waiters -= 1
            if not flight.waiters and not task.done():
                self._forget(key, flight)
                task.cancel()
        return Landed(value, joined)

    def fence(self) -> None:
        """The loads under way end for those who wait, and are joined by nobody who comes later."""
        self._flights.clear()

    async def aclose(self) -> None:
        """Cancel all loads and wait until they have ended; waiters get a `ServiceError`."""
        self._closed = True
        self._flights.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, key: K, load: Callable[[], Awaitable[V]]) -> _Flight[V]:
        async def carry_out() -> V:
            try:
                return await load()
            finally:
                self._forget(key, flight)

        task = asyncio.create_task(carry_out())
        flight = self._flights[key] = _Flight(task)
        self._tasks.add(task)
        task.add_done_callback(self._landed)
        return flight

    def _forget(self, key: K, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _landed(self, task: asyncio.Task[V]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Every waiter gets the failure; asking here keeps asyncio from reporting it as lost
            # when the last waiter was cancelled in the same moment.
            task.exception()


def _is_being_cancelled() -> bool:
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0
