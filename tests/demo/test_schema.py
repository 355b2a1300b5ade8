"""What a TaskStart reads is as AgentPM's: same columns, same constraints, same effects of a write."""

from __future__ import annotations

import sqlite3

import pytest

from engine.storage import rows as contract
from tests.demo.conftest import MIGRATED


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
        "UPDATE tasks SET effort_hours = -1",
        "UPDATE tasks SET priority = 6",
        "UPDATE work_items SET phase = 'I1'",
        "UPDATE work_items SET name = NULL",
        "INSERT INTO projects (name, path) VALUES ('shop', '/another')",
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


def test_the_search_index_follows_a_work_item(empty: sqlite3.Connection) -> None:
    def found(word: str) -> list[tuple[str, int]]:
        return empty.execute(
            "SELECT entity_type, entity_id FROM search_index WHERE search_index MATCH ?", (word,)
        ).fetchall()

    empty.execute("UPDATE work_items SET name = 'teapot', business_context = 'guests'")
    assert found("teapot") == found("guests") == [("work_item", 1)]
    assert found("kettle") == [("task", 1)], "a task with the same id is another entity"
    empty.execute("DELETE FROM work_items")
    assert found("teapot") == []


def test_tasks_follow_their_work_item_into_its_phase(empty: sqlite3.Connection) -> None:
    empty.execute("UPDATE work_items SET phase = 'P1_plan'")
    assert empty.execute("SELECT phase FROM tasks").fetchone() == ("P1_plan",)


@pytest.mark.parametrize(
    ("table", "stamped"),
    [("projects", True), ("agents", True), ("tasks", False), ("work_items", False)],
)
def test_only_projects_and_agents_note_their_last_change(
    empty: sqlite3.Connection, table: str, stamped: bool
) -> None:
    empty.execute("INSERT INTO agents (project_id, role, display_name) VALUES (1, 'cook', 'Cook')")
    long_ago = "2020-01-01 00:00:00"
    empty.execute(f"UPDATE {table} SET updated_at = ?", (long_ago,))
    (updated_at,) = empty.execute(f"SELECT updated_at FROM {table}").fetchone()
    assert (updated_at > long_ago) == stamped


def test_a_change_of_status_fills_the_times(empty: sqlite3.Connection) -> None:
    empty.execute("UPDATE tasks SET status = 'blocked', blocked_reason = 'no tea' WHERE id = 1")
    empty.execute("UPDATE tasks SET status = 'active' WHERE id = 1")
    started, reason = empty.execute("SELECT started_at, blocked_reason FROM tasks").fetchone()
    assert started is not None
    assert reason is None
    empty.execute("UPDATE tasks SET status = 'done' WHERE id = 1")
    assert empty.execute("SELECT completed_at FROM tasks").fetchone()[0] is not None


def test_a_task_begun_again_keeps_its_first_times(empty: sqlite3.Connection) -> None:
    first = ("2020-01-01 08:00:00", "2020-01-01 17:00:00")
    empty.execute("UPDATE tasks SET started_at = ?, completed_at = ?", first)
    empty.execute("UPDATE tasks SET status = 'active'")
    empty.execute("UPDATE tasks SET status = 'done'")
    assert empty.execute("SELECT started_at, completed_at FROM tasks").fetchone() == first


def test_all_migrations_are_recorded_once(empty: sqlite3.Connection) -> None:
    versions = [
        row[0] for row in empty.execute("SELECT version FROM schema_migrations ORDER BY id")
    ]
    assert len(versions) == len(set(versions)) == 29
    assert versions[-1] == "0050"
    last = empty.execute("SELECT max(applied_at) FROM schema_migrations").fetchone()[0]
    assert last < MIGRATED.isoformat(" ")
