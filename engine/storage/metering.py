"""Timing the statements of a load, and paying what a cost profile charges for them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.costs.profile import Costs
from engine.storage.queries import Query
from engine.storage.rows import Row
from engine.storage.statements import StatementName
from engine.storage.statistics import StatementStatistics


@dataclass(frozen=True, slots=True)
class LoadSpan:
    """A stretch of time within a load, in nanoseconds of `time.perf_counter_ns`."""

    name: str
    """A statement's name, or `connection`: waiting for one and for its thread."""
    start_ns: int
    end_ns: int
    modeled_ns: int = 0
    """How much of it, at its end, was injected by the cost profile."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One statement, really executed."""

    name: StatementName
    start_ns: int
    end_ns: int


def run_measured(
    connection: sqlite3.Connection, query: Query, measured: list[Measured]
) -> list[Row]:
    """Execute a query, fetch everything, and note how long it took."""
    started = time.perf_counter_ns()
    found: list[Row] = connection.execute(query.sql, query.parameters).fetchall()
    measured.append(Measured(query.name, started, time.perf_counter_ns()))
    return found


def settle(
    measured: Sequence[Measured],
    costs: Costs,
    statistics: StatementStatistics,
    *,
    charge_facts: bool,
    pooled: bool,
) -> list[LoadSpan]:
    """Pay for statements that one connection executed, and note their times.

    It is done after the reading, so that an injected delay never holds a lock on the user's
    database; the spans are then laid end to end, each with its own delay.
    """
    profile = costs.profile
    spans = []
    delay = 0
    bill = costs.bill(measured[0].start_ns if measured else None)
    for item in measured:
        paid = bill.pay_blocking(profile.statement_ms(item.name, charge_facts=charge_facts))
        statistics.record(item.name, item.end_ns - item.start_ns + paid)
        if not pooled and profile.charges_connection(item.name):
            paid += bill.pay_blocking(profile.connect_ms + profile.close_ms)
        spans.append(LoadSpan(item.name, item.start_ns + delay, item.end_ns + delay + paid, paid))
        delay += paid
    return spans


def modeled_time(spans: Iterable[LoadSpan]) -> int:
    """Nanoseconds during which at least one injected delay was waited for."""
    delays = sorted(
        (span.end_ns - span.modeled_ns, span.end_ns) for span in spans if span.modeled_ns
    )
    total = 0
    covered_until = 0
    for start, end in delays:
        total += max(0, end - max(start, covered_until))
        covered_until = max(covered_until, end)
    return total
