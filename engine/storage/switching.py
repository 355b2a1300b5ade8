"""Connections that are exchanged for others while calls run."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from engine.storage.connections import Connections, ConnectionsStatus

T = TypeVar("T")


class _Used:
    """Connections, and how many calls are with them."""

    __slots__ = ("calls", "connections", "unused")

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.calls = 0
        self.unused = asyncio.Event()


class SwitchedConnections:
    """Hands every call to the connections of the day; those of before end when their calls have.

    All methods belong to one event loop.
    """

    def __init__(self, connections: Connections) -> None:
        self._used = _Used(connections)
        self._retired: list[_Used] = []

    @property
    def current(self) -> Connections:
        """What the next call is handed to."""
        return self._used.connections

    @property
    def pooled(self) -> bool:
        """Whether connections outlive a call; then no call pays for opening and closing."""
        return self._used.connections.pooled

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(connection)` in one hop.

        Raises:
            DatabaseError: the database cannot be read; `reason` and `remedy` say why.
        """
        used = self._used
        used.calls += 1
        try:
            return await used.connections.run(function)
        finally:
            used.calls -= 1
            if not used.calls:
                used.unused.set()

    def switch(self, connections: Connections) -> None:
        """Hand later calls to `connections`, which are open; `close_retired` ends the old ones."""
        self._retired.append(self._used)
        self._used = _Used(connections)

    async def close_retired(self) -> None:
        """Wait until nobody is with the connections of before, and close them."""
        for used in tuple(self._retired):
            while used.calls:
                used.unused.clear()
                await used.unused.wait()
            await used.connections.close()
            # Another caller may have been waiting for the same ones.
            if used in self._retired:
                self._retired.remove(used)

    async def close(self) -> None:
        """Close everything at once; calls that wait for a connection fail."""
        for used in (self._used, *self._retired):
            await used.connections.close()

    def status(self) -> ConnectionsStatus:
        """Counters of the connections of the day."""
        return self._used.connections.status()
