"""The demo's schema is AgentPM's: same objects, same constraints, same side effects of a write."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import pytest

from engine.demo.schema import create_schema
from engine.storage import rows as contract

MIGRATED = datetime(2026, 1, 1)
WRITTEN = "INSERT INTO projects (id, name, path) VALUES (1, 'shop', '/shop')"


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        create_schema(connection, MIGRATED)
        connection.execute(WRITTEN)
        connection.execute(
            "INSERT INTO work_items (id, project_id, name, type) VALUES (1, 1, 'w', 'feature')"
        )
        connection.execute(
            "INSERT INTO tasks (id, work_item_id, name, description) VALUES (1, 1, 'kettle', 'lid')"
        )
        yield connection


def test_the_schema_is_as_large_as_the_real_one(empty: sqlite3.Connection) -> None:
    counted = Counter(kind for (kind,) in empty.execute("SELECT type FROM sqlite_master"))
    assert counted == {"index": 100, "table": 56, "trigger": 24}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("tasks", contract.TASK_COLUMNS),
        ("work_items", contract.WORK_ITEM_COLUMNS),
        ("projects", contract.PROJECT_COLUMNS),
        ("contexts", contract.CONTEXT_COLUMNS),
        ("agents", contract.AGENT_COLUMNS),
        ("work_item_summaries", contract.SUMMARY_COLUMNS),
        ("rules", contract.RULE_COLUMNS),
    ],
)
def test_every_column_that_a_taskstart_reads_exists(
    empty: sqlite3.Connection, table: str, columns: tuple[str, ...]
) -> None:
    present = {row[1] for row in empty.execute(f"PRAGMA table_info({table})")}
    assert set(columns) <= present


@pytest.mark.parametrize(
    "broken",
    [
        "INSERT INTO tasks (work_item_id, name, effort_hours) VALUES (1, 't', 9)",
        "INSERT INTO tasks (work_item_id, name, status) VALUES (1, 't', 'asleep')",
        "INSERT INTO work_items (project_id, name, type) VALUES (1, 'w', 'wish')",
        "INSERT INTO contexts (project_id, context_type) VALUES (1, 'task_context')",
        "INSERT INTO rules (project_id, rule_id, name, enforcement_level) VALUES (1, 'A', 'a', 'X')",
        "INSERT INTO work_item_summaries (work_item_id, session_date, summary_text)"
        " VALUES (1, '1 June', 'a summary')",
        WRITTEN,
    ],
)
def test_constraints_refuse_what_agentpm_refuses(empty: sqlite3.Connection, broken: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        empty.execute(broken)


def test_the_search_index_follows_a_task(empty: sqlite3.Connection) -> None:
    def found(word: str) -> list[tuple[str]]:
        return empty.execute(
            "SELECT entity_type FROM search_index WHERE search_index MATCH ?", (word,)
        ).fetchall()

    assert found("lid") == [("task",)]
    empty.execute("UPDATE tasks SET description = 'spout' WHERE id = 1")
    assert (found("lid"), found("spout")) == ([], [("task",)])
    empty.execute("DELETE FROM tasks WHERE id = 1")
    assert found("spout") == []


def test_a_change_of_status_fills_the_times(empty: sqlite3.Connection) -> None:
    empty.execute("UPDATE tasks SET status = 'blocked', blocked_reason = 'no tea' WHERE id = 1")
    empty.execute("UPDATE tasks SET status = 'active' WHERE id = 1")
    started, reason = empty.execute("SELECT started_at, blocked_reason FROM tasks").fetchone()
    assert started is not None
    assert reason is None
    empty.execute("UPDATE tasks SET status = 'done' WHERE id = 1")
    assert empty.execute("SELECT completed_at FROM tasks").fetchone()[0] is not None


def test_all_migrations_are_recorded_once(empty: sqlite3.Connection) -> None:
    versions = [
        row[0] for row in empty.execute("SELECT version FROM schema_migrations ORDER BY id")
    ]
    assert len(versions) == len(set(versions)) == 29
    assert versions[-1] == "0050"
    last = empty.execute("SELECT max(applied_at) FROM schema_migrations").fetchone()[0]
    assert last < MIGRATED.isoformat(" ")
