"""The loaders: three ways to read the rows of one TaskStart, all with the same result.

What belongs together is read in one statement or transaction, or proven to be of one snapshot.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.costs.profile import Costs
from engine.storage.connection import ReadTransaction, read_tolerantly
from engine.storage.connections import Connections
from engine.storage.metering import LoadSpan, Measured, modeled_time, run_measured, settle
from engine.storage.packed_rules import read_rules
from engine.storage.queries import (
    Query,
    Rows,
    batch,
    chain,
    drive,
    flat,
    is_possible_id,
    join_flat,
    nothing,
    split_batch,
)
from engine.storage.rows import Cell, Row, RowBundle
from engine.storage.statements import StatementName
from engine.storage.statistics import StatementStatistics

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one load has read. Rows that do not exist are None."""

    bundle: RowBundle
    rules: Sequence[Row] | None
    """None when they were not asked for."""
    spans: list[LoadSpan]
    modeled_ns: int
    """Time during which at least one injected delay was waited for."""

    @classmethod
    def of(cls, rows: Rows, spans: list[LoadSpan]) -> Loaded:
        """The rows and what their loading took."""
        return cls(rows.bundle, rows.rules, spans, modeled_time(spans))


class Loader(Protocol):
    """One way of loading."""

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """Read the rows of one TaskStart, all of one snapshot.

        Args:
            task_id: the task, any integer.
            agent_role: overrides the task's own role when not empty.
            want_rules: also read the project's rules.
            charge_facts: the plugin facts are taken from this load, so that a cost profile
                charges for them.

        Raises:
            DatabaseError: the database cannot be read. Missing rows are no error.
        """


class EpochSource(Protocol):
    """What tells whether anybody has committed: the sentinel."""

    async def check(self) -> int:
        """The epoch, by a check that begins after the call."""


@dataclass(frozen=True, slots=True)
class LoadingTools:
    """What every loader works with."""

    connections: Connections
    costs: Costs
    statistics: StatementStatistics

    async def hop(
        self, read: Callable[[sqlite3.Connection, list[Measured]], T], *, charge_facts: bool
    ) -> tuple[T, list[LoadSpan]]:
        """Run `read` on a connection's thread, then pay there for the statements it executed."""
        called = time.perf_counter_ns()

        def on_thread(connection: sqlite3.Connection) -> tuple[T, list[LoadSpan]]:
            begun = time.perf_counter_ns()
            measured: list[Measured] = []

            def attempt() -> T:
                measured.clear()
                return read(connection, measured)

            result = read_tolerantly(connection, attempt)
            spans = settle(
                measured,
                self.costs,
                self.statistics,
                charge_facts=charge_facts,
                pooled=self.connections.pooled,
            )
            return result, [LoadSpan("connection", called, begun), *spans]

        return await self.connections.run(on_thread)

    async def hop_for_one(
        self, query: Query, *, charge_facts: bool
    ) -> tuple[list[Row], list[LoadSpan]]:
        """A hop for a single statement."""
        return await self.hop(
            lambda connection, measured: run_measured(connection, query, measured),
            charge_facts=charge_facts,
        )


class BatchedLoader:
    """One JOIN for everything but the rules; with rules, both in one transaction. One hop."""

    def __init__(self, tools: LoadingTools) -> None:
        self._tools = tools

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """See `Loader.load`."""
        if not is_possible_id(task_id):
            return Loaded.of(nothing(want_rules=want_rules), [])

        def read(connection: sqlite3.Connection, measured: list[Measured]) -> Rows:
            query = batch(task_id, agent_role)
            if not want_rules:
                # One statement is one snapshot by itself.
                found = run_measured(connection, query, measured)
                return Rows(split_batch(found, agent_role), None)
            with ReadTransaction(connection):
                bundle = split_batch(run_measured(connection, query, measured), agent_role)
                if bundle.project is None:
                    return Rows(bundle, ())
                return Rows(bundle, _read_rules(connection, bundle.project[0], measured))

        return Loaded.of(*await self._tools.hop(read, charge_facts=charge_facts))


def _read_rules(
    connection: sqlite3.Connection, project_id: Cell, measured: list[Measured]
) -> Sequence[Row]:
    started = time.perf_counter_ns()
    found = read_rules(connection, project_id)
    measured.append(Measured(StatementName.RULES, started, time.perf_counter_ns()))
    return found


class _ProvenLoader:
    """Base of loaders whose statements see a snapshot each.

    The epoch before and after tells whether anybody committed between them; if so, what they read
    is thrown away and one batch is read instead.
    """

    def __init__(self, tools: LoadingTools, epochs: EpochSource) -> None:
        self._tools = tools
        self._epochs = epochs
        self._batched = BatchedLoader(tools)

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """See `Loader.load`."""
        if not is_possible_id(task_id):
            return Loaded.of(nothing(want_rules=want_rules), [])
        before = await self._epochs.check()
        loaded = await self._load(task_id, agent_role, want_rules, charge_facts)
        if await self._epochs.check() == before:
            return loaded
        return await self._batched.load(
            task_id, agent_role, want_rules=want_rules, charge_facts=charge_facts
        )

    async def _load(
        self, task_id: int, agent_role: str | None, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        raise NotImplementedError


class SequentialLoader(_ProvenLoader):
    """One statement after the other, each named by a row before it.

    On a pool it is one connection, one hop and one read transaction; without a pool, a new
    connection for each statement.
    """

    async def load(
        self, task_id: int, agent_role: str | None, *, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        """See `Loader.load`."""
        if not self._tools.connections.pooled or not is_possible_id(task_id):
            return await super().load(
                task_id, agent_role, want_rules=want_rules, charge_facts=charge_facts
            )

        def read(connection: sqlite3.Connection, measured: list[Measured]) -> Rows:
            with ReadTransaction(connection):
                return drive(
                    chain(task_id, agent_role, want_rules=want_rules),
                    lambda query: run_measured(connection, query, measured),
                )

        return Loaded.of(*await self._tools.hop(read, charge_facts=charge_facts))

    async def _load(
        self, task_id: int, agent_role: str | None, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        spans: list[LoadSpan] = []
        steps = chain(task_id, agent_role, want_rules=want_rules)
        query = next(steps)
        while True:
            found, its_spans = await self._tools.hop_for_one(query, charge_facts=charge_facts)
            spans += its_spans
            try:
                query = steps.send(found)
            except StopIteration as end:
                rows: Rows = end.value
                return Loaded.of(rows, spans)


class ParallelLoader(_ProvenLoader):
    """All statements at the same time, each on a connection of its own, ids by sub-selects."""

    async def _load(
        self, task_id: int, agent_role: str | None, want_rules: bool, charge_facts: bool
    ) -> Loaded:
        wanted = flat(task_id, agent_role, want_rules=want_rules)
        # Failures are collected, so that no read is left running when another has failed.
        outcomes = await asyncio.gather(
            *(self._tools.hop_for_one(query, charge_facts=charge_facts) for _, query in wanted),
            return_exceptions=True,
        )
        found: dict[str, list[Row]] = {}
        spans: list[LoadSpan] = []
        for (place, _), outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            found[place], its_spans = outcome
            spans += its_spans
        return Loaded.of(join_flat(found, agent_role), spans)
