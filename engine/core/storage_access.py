"""The database as the engine uses it: sentinel, connections and the loader of the settings."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from engine.core.project import DATABASE
from engine.costs.profile import NATIVE, Costs, load_profile
from engine.errors import DatabaseError
from engine.optimizations import Optimization
from engine.settings import LoadingStrategy, Settings
from engine.storage.baseline import baseline_load
from engine.storage.bulk import BulkLoaded, load_many
from engine.storage.connections import Connections, ConnectionsStatus, FreshConnections
from engine.storage.loading import (
    BatchedLoader,
    Loaded,
    Loader,
    LoadingTools,
    ParallelLoader,
    SequentialLoader,
)
from engine.storage.pool import ConnectionPool
from engine.storage.schema import check_schema
from engine.storage.sentinel import Sentinel
from engine.storage.statements import StatementName, query_plan
from engine.storage.statistics import StatementStatistics
from engine.storage.switching import SwitchedConnections

T = TypeVar("T")


class RowSource(Protocol):
    """What a start needs of the database."""

    @property
    def costs(self) -> Costs:
        """The injected costs in force."""

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """All rows of one TaskStart."""

    async def load_many(
        self, requests: Sequence[tuple[int, str | None]], *, want_rules: bool
    ) -> BulkLoaded:
        """The rows of many requests, outside any start: without injected costs and statistics."""

    async def run_serially(self, function: Callable[[], T]) -> T:
        """Run blocking work in the one thread of synchronous access."""


class QuietSource:
    """Batched loads without injected costs and outside the statistics: for background checks."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.costs = Costs(NATIVE)
        self._loader = BatchedLoader(LoadingTools(connections, self.costs, StatementStatistics()))

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """All rows of one TaskStart, rules included."""
        return await self._loader.load(
            task_id, agent_role, want_rules=want_rules, charge_facts=charge_facts
        )

    async def load_many(
        self, requests: Sequence[tuple[int, str | None]], *, want_rules: bool
    ) -> BulkLoaded:
        """The rows of many requests in one hop."""
        return await self._connections.run(
            lambda connection: load_many(connection, requests, want_rules=want_rules)
        )

    async def run_serially(self, function: Callable[[], T]) -> T:
        """Run blocking work in a thread."""
        return await asyncio.to_thread(function)


class StorageAccess:
    """Owns every connection of an engine."""

    def __init__(self, root: Path, settings: Settings) -> None:
        """Describe it; `open` opens it."""
        self.path = root / DATABASE
        self.statistics = StatementStatistics()
        self.costs = Costs(load_profile(settings.profile))
        self.sentinel = Sentinel(self.path, busy_timeout=settings.busy_timeout_seconds)
        self._settings = settings
        self._connections = SwitchedConnections(self._make_connections(settings))
        self._quiet = QuietSource(self._connections)
        self._loader = self._make_loader()
        # One thread, so that starts without async access wait for each other, as they would in a
        # synchronous program.
        self._serial = ThreadPoolExecutor(1, thread_name_prefix="taskstart-baseline")

    async def open(self) -> None:
        """Open the sentinel and the connections and check the schema.

        Raises:
            DatabaseError: the database is missing, old, locked, damaged or unreadable.
        """
        try:
            await self.sentinel.open()
            await _open(self._connections.current)
            await self._connections.run(lambda connection: check_schema(connection, self.path))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close everything; calling it twice is allowed."""
        await self._connections.close()
        await self.sentinel.close()
        await asyncio.to_thread(self._serial.shutdown, cancel_futures=True)

    async def apply(self, settings: Settings) -> None:
        """Put other settings in force; calls under way end on the old connections.

        Raises:
            SettingError: the cost profile does not exist or is malformed; nothing has changed.
            DatabaseError: new connections cannot be opened; nothing has changed.
        """
        before = self._settings
        costs = self.costs
        if settings.profile != before.profile:
            costs = Costs(await asyncio.to_thread(load_profile, settings.profile))
        current = self._connections.current
        if not _connects_alike(settings, before):
            connections = self._make_connections(settings)
            await _open(connections)
            self._connections.switch(connections)
        elif isinstance(current, ConnectionPool) and settings.pool_size != before.pool_size:
            try:
                await current.resize(settings.pool_size)
            except DatabaseError:
                await current.resize(before.pool_size)
                raise
        self.sentinel.busy_timeout = settings.busy_timeout_seconds
        self._settings = settings
        self.costs = costs
        self._loader = self._make_loader()

    async def close_retired(self) -> None:
        """Close the connections of former settings as soon as nobody is with them."""
        await self._connections.close_retired()

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """All rows of one TaskStart by the strategy in force.

        Raises:
            DatabaseError: the database cannot be read.
        """
        settings = self._settings
        if settings.has(Optimization.PARALLEL_QUERIES) or settings.has(
            Optimization.CONNECTION_POOL
        ):
            return await self._loader.load(
                task_id, agent_role, want_rules=want_rules, charge_facts=charge_facts
            )
        return await self.run_serially(
            lambda: baseline_load(
                self.path,
                task_id,
                agent_role,
                self.costs,
                self.statistics,
                charge_facts=charge_facts,
                busy_timeout=settings.busy_timeout_seconds,
            )
        )

    async def load_many(
        self, requests: Sequence[tuple[int, str | None]], *, want_rules: bool
    ) -> BulkLoaded:
        """The rows of many requests in one hop, outside any start.

        Raises:
            DatabaseError: the database cannot be read.
        """
        return await self._quiet.load_many(requests, want_rules=want_rules)

    async def run_serially(self, function: Callable[[], T]) -> T:
        """Run blocking work in the one thread of synchronous access."""
        return await asyncio.get_running_loop().run_in_executor(self._serial, function)

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` with a connection, off the event loop."""
        return await self._connections.run(function)

    def quiet(self) -> QuietSource:
        """The same connections, for work that is not part of any start."""
        return self._quiet

    async def plans(self) -> dict[StatementName, str]:
        """How SQLite carries out each statement."""
        return await self.run(
            lambda connection: {
                name: "; ".join(query_plan(connection, name)) for name in StatementName
            }
        )

    def pool_status(self) -> ConnectionsStatus:
        """What the connections are doing."""
        return self._connections.status()

    def _make_connections(self, settings: Settings) -> ConnectionPool | FreshConnections:
        if settings.has(Optimization.CONNECTION_POOL):
            return ConnectionPool(self.path, settings.pool_size, settings.busy_timeout_seconds)
        return FreshConnections(self.path, settings.busy_timeout_seconds)

    def _make_loader(self) -> Loader:
        tools = LoadingTools(self._connections, self.costs, self.statistics)
        settings = self._settings
        if not settings.has(Optimization.PARALLEL_QUERIES):
            return SequentialLoader(tools, self.sentinel)
        match settings.loading:
            case LoadingStrategy.SEQUENTIAL:
                return SequentialLoader(tools, self.sentinel)
            case LoadingStrategy.PARALLEL:
                return ParallelLoader(tools, self.sentinel)
            case LoadingStrategy.BATCHED:
                return BatchedLoader(tools)


def _connects_alike(one: Settings, other: Settings) -> bool:
    """Whether the connections of both are the same but for how many there are."""
    return (
        one.has(Optimization.CONNECTION_POOL) == other.has(Optimization.CONNECTION_POOL)
        and one.busy_timeout_seconds == other.busy_timeout_seconds
    )


async def _open(connections: Connections) -> None:
    if isinstance(connections, ConnectionPool):
        await connections.open()
