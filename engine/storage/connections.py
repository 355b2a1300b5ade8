"""Where connections come from: what a pool and its absence have in common, and the absence."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from engine.percentile import percentile
from engine.storage.connection import classify, connect

T = TypeVar("T")

_THREADS: Final = 32


@dataclass(frozen=True, slots=True)
class ConnectionsStatus:
    """What the connections are doing now, and what became of them so far."""

    pooled: bool
    size: int
    busy: int
    waiting: int
    wait_p95_ms: float | None
    """Of the last 1,024 calls, those that did not wait included; None before the first."""
    replaced: int
    opened: int
    closed: int
    calls: int = 0
    """Since the size was last changed; so are the three below. Only of a pool."""
    waited: int = 0
    """Calls that had to wait for a connection."""
    most_busy: int = 0
    """Connections that were ever busy at once."""
    most_waiting: int = 0
    """Calls that ever waited at once."""


class Connections(Protocol):
    """Something that runs a function with a connection, away from the event loop."""

    @property
    def pooled(self) -> bool:
        """Whether connections outlive a call; then no call pays for opening and closing."""

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(connection)` in one hop.

        Raises:
            DatabaseError: the database cannot be read; `reason` and `remedy` say why.
        """

    async def close(self) -> None:
        """Close everything and end every thread."""

    def status(self) -> ConnectionsStatus:
        """Counters for the console."""


class FreshConnections:
    """No pool: each call opens a connection in a worker thread and closes it again."""

    pooled: Final = False

    def __init__(self, path: Path, busy_timeout: float) -> None:
        """Describe where to connect; `busy_timeout` is in seconds."""
        self._path = path
        self._busy_timeout = busy_timeout
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="taskstart-connection")
        self._lock = threading.Lock()
        self._opened = 0
        self._closed = 0

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` with a connection of its own.

        Raises:
            DatabaseError: the database cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._once, function)

    def _once(self, function: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = connect(self._path, busy_timeout=self._busy_timeout)
            with self._lock:
                self._opened += 1
            try:
                return function(connection)
            finally:
                connection.close()
                with self._lock:
                    self._closed += 1
        except sqlite3.Error as error:
            raise classify(error, self._path) from error

    async def close(self) -> None:
        """Wait for the running calls and end the threads."""
        await asyncio.to_thread(self._executor.shutdown)

    def status(self) -> ConnectionsStatus:
        """What is open now, and what was so far."""
        with self._lock:
            opened, closed = self._opened, self._closed
        return ConnectionsStatus(
            pooled=False,
            size=0,
            busy=opened - closed,
            waiting=0,
            wait_p95_ms=None,
            replaced=0,
            opened=opened,
            closed=closed,
        )


def percentile_95_ms(nanoseconds: Iterable[int]) -> float | None:
    """The 95th percentile by nearest rank, in milliseconds; None of nothing."""
    ordered = sorted(nanoseconds)
    if not ordered:
        return None
    return percentile(ordered, 95) / 1e6
