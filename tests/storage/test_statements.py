"""The statements: by index only, and with SQLite trimming what Python strips."""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from engine.storage.connection import connect
from engine.storage.statements import (
    BATCH_SLICES,
    BY_ID,
    BY_TASK,
    UNICODE_WHITESPACE,
    StatementName,
    query_plan,
)
from engine.storage.statistics import StatementStatistics


def test_whitespace_is_what_python_strips() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    assert set(UNICODE_WHITESPACE) == {character for character in every if character.isspace()}


@pytest.mark.parametrize("name", list(StatementName))
def test_no_statement_scans_a_table(database: Path, name: StatementName) -> None:
    with closing(connect(database, busy_timeout=1.0)) as connection:
        plan = query_plan(connection, name)
    assert plan
    assert not [step for step in plan if step.startswith("SCAN")]


def test_every_statement_has_both_forms() -> None:
    assert set(BY_ID) == set(BY_TASK) == set(StatementName) - {StatementName.BATCH}


def test_no_statement_asks_for_every_column(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        names = [
            description[0]
            for description in connection.execute(
                BY_TASK[StatementName.TASK], {"task": 100}
            ).description
        ]
    assert "phase" not in names  # there, and not read
    assert all(part.stop > part.start for part in BATCH_SLICES.values())


def test_statistics_count_and_share() -> None:
    statistics = StatementStatistics()
    for milliseconds in range(1, 101):
        statistics.record(StatementName.TASK, milliseconds * 3_000_000)
        statistics.record(StatementName.RULES, milliseconds * 1_000_000)
    first, second = statistics.summaries()
    assert (first.name, first.count) == (StatementName.TASK, 100)
    assert (second.name, second.count) == (StatementName.RULES, 100)
    assert first.share == pytest.approx(0.75)
    assert second.p95_ms == pytest.approx(95.0, rel=0.02)


def test_statistics_lose_nothing_between_threads() -> None:
    statistics = StatementStatistics()

    def record() -> None:
        for _ in range(3_000):
            statistics.record(StatementName.BATCH, 1_000)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        statistics.summaries()
    assert [summary.count for summary in statistics.summaries()] == [12_000]
