"""The plan's "Current": how AgentPM itself loads, with nothing added and nothing left out."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from engine.costs.profile import Costs
from engine.storage.connection import classify, connect, read_tolerantly
from engine.storage.loading import Loaded
from engine.storage.metering import Measured, settle
from engine.storage.queries import Query, chain, drive, is_possible_id, nothing
from engine.storage.rows import Row
from engine.storage.statistics import StatementStatistics

BUSY_TIMEOUT_SECONDS = 5.0
_AGENT_LOOKUPS = 3
"""Once for the agent itself, and once for each of the two capability filters."""


def baseline_load(
    path: Path,
    task_id: int,
    agent_role: str | None,
    costs: Costs,
    statistics: StatementStatistics,
    *,
    charge_facts: bool = True,
    busy_timeout: float = BUSY_TIMEOUT_SECONDS,
) -> Loaded:
    """Read by twelve queries, each on a connection of its own, one after the other.

    Blocks, so it belongs in a worker thread. No transaction spans the queries: a concurrent
    writer can be seen half-way. `charge_facts` is False when a cache answers for the plugin facts.
    `busy_timeout` is how many seconds each query waits for another process's lock.

    Raises:
        DatabaseError: the database cannot be read.
    """
    if not is_possible_id(task_id):
        return Loaded.of(nothing(want_rules=True), [])
    measured: list[Measured] = []
    try:
        rows = drive(
            chain(task_id, agent_role, want_rules=True, agent_lookups=_AGENT_LOOKUPS),
            lambda query: _on_new_connection(path, query, measured, busy_timeout),
        )
    except sqlite3.Error as error:
        raise classify(error, path) from error
    spans = settle(measured, costs, statistics, charge_facts=charge_facts, pooled=False)
    return Loaded.of(rows, spans)


def _on_new_connection(
    path: Path, query: Query, measured: list[Measured], busy_timeout: float
) -> list[Row]:
    started = time.perf_counter_ns()
    with closing(connect(path, busy_timeout=busy_timeout, query_only=False)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        found: list[Row] = read_tolerantly(
            connection, lambda: connection.execute(query.sql, query.parameters).fetchall()
        )
    measured.append(Measured(query.name, started, time.perf_counter_ns()))
    return found
