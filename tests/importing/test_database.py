"""The times of an AgentPM database, as a workload."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.core.project import DATABASE
from engine.demo import make_demo
from engine.errors import DatabaseBusyError, DatabaseMissingError, DatabaseSchemaError
from engine.importing.agentpm import import_database
from engine.importing.database_report import ColumnView, DatabaseCoverage
from engine.importing.moments import UnusableMomentError, read_moment
from engine.importing.tying import read_history
from engine.importing.workload_times import Span
from engine.replay.events import Op, WorkloadEvent
from engine.replay.session import run_replay
from engine.replay.workload import Workload, read_workload, write_workload
from engine.storage.rows import Cell

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_SILENT = (
    "UPDATE tasks SET created_at = NULL, started_at = NULL, completed_at = NULL, updated_at = NULL",
    "UPDATE work_items SET updated_at = NULL",
    "UPDATE contexts SET updated_at = NULL",
    "DELETE FROM work_item_summaries",
    "DELETE FROM task_dependencies",
    "DROP TABLE session_events",
    "DROP TABLE sessions",
)
_SESSIONS = (
    "CREATE TABLE sessions (id INTEGER PRIMARY KEY, session_id TEXT, project_id INTEGER,"
    " tool_name TEXT, start_time TIMESTAMP NOT NULL, end_time TIMESTAMP)",
    "CREATE TABLE session_events (id INTEGER PRIMARY KEY, project_id INTEGER, event_type TEXT,"
    " session_id INTEGER, timestamp TEXT NOT NULL, event_data TEXT, task_id INTEGER)",
    "CREATE TABLE summaries (id INTEGER PRIMARY KEY, entity_type TEXT, entity_id INTEGER,"
    " summary_text TEXT, created_at TEXT)",
    "CREATE TABLE task_blockers (id INTEGER PRIMARY KEY, task_id INTEGER, created_at TIMESTAMP,"
    " resolved_at TIMESTAMP)",
)
"""The parts that an import reads of tables which demo projects do not have as AgentPM does."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("import") / "shop", tasks=30, agents=5, now=NOW).root


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Path:
    """A project that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "shop"))


@pytest.fixture
def silent(shop: Path) -> Path:
    """A project whose database holds no time."""
    change(shop, *_SILENT)
    return shop


def change(root: Path, *statements: str) -> None:
    with closing(sqlite3.connect(root / DATABASE)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS agents_updated_at")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def told(root: Path, span: Span | None = None) -> tuple[list[WorkloadEvent], DatabaseCoverage]:
    workload, report = import_database(root, NOW, span)
    return workload.events if workload is not None else [], report


def brief(events: Iterable[WorkloadEvent]) -> list[tuple[float, str, object]]:
    return [(one.t, str(one.op), (one.changes or {}).get("status")) for one in events]


def column(report: DatabaseCoverage, name: str) -> ColumnView:
    return next(view for view in report.columns if view.column == name)


async def test_what_a_demo_tells_is_played_without_a_refusal(made: Path, tmp_path: Path) -> None:
    before = hashlib.sha256((made / DATABASE).read_bytes()).digest()
    workload, report = import_database(made, NOW)
    assert workload is not None
    assert report.starts == workload.starts > 5
    assert report.writes == workload.writes > report.starts
    write_workload(workload, tmp_path / "w.jsonl")
    read: Workload = read_workload(tmp_path / "w.jsonl")
    played = await run_replay(made, read, speed=0)
    assert (played.starts, played.writes) == (report.starts, report.writes)
    assert (played.errors, played.writes_refused) == (0, 0)
    assert hashlib.sha256((made / DATABASE).read_bytes()).digest() == before


def test_a_tasks_life(silent: Path) -> None:
    change(
        silent,
        "UPDATE tasks SET created_at = '2026-03-01 08:00:00', started_at = '2026-03-01 09:00:00',"
        " completed_at = '2026-03-01T12:00:00.5+02:00', updated_at = '2026-03-02 10:00:00' WHERE id = 3",
    )
    events, report = told(silent)
    assert {one.task_id for one in events} == {3}
    assert brief(events) == [
        (0.0, "task_create", None),
        (3600.0, "task_update", "active"),
        (3600.0, "taskstart", None),
        (7200.5, "task_update", "done"),
        (93600.0, "task_update", None),
    ]
    assert report.first == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert all(one.agent_role is None for one in events)


def test_one_write_that_set_two_columns_is_told_once(silent: Path) -> None:
    change(
        silent,
        "UPDATE tasks SET started_at = '2026-03-01 09:00:00',"
        " updated_at = '2026-03-01 09:00:00.7' WHERE id = 3",
    )
    events, report = told(silent)
    assert brief(events) == [(0.0, "task_update", "active"), (0.0, "taskstart", None)]
    assert column(report, "tasks.updated_at").same == 1


def test_unusable_values_are_counted_by_their_reason(silent: Path) -> None:
    change(
        silent,
        "UPDATE tasks SET started_at = '2026-03-01 09:00:00' WHERE id <= 2",
        "UPDATE tasks SET started_at = 'last week' WHERE id = 3",
        "UPDATE tasks SET started_at = 1767225600 WHERE id = 4",
        "UPDATE tasks SET started_at = '2027-01-01 00:00:00' WHERE id = 5",
        "UPDATE tasks SET started_at = '2026-03-01' WHERE id = 6",
        "UPDATE tasks SET started_at = CAST(x'ff' AS TEXT) WHERE id = 7",
        "UPDATE tasks SET completed_at = '2026-02-01 00:00:00' WHERE id = 1",
    )
    events, report = told(silent)
    assert sum(one.op is Op.TASKSTART for one in events) == 2
    started = column(report, "tasks.started_at")
    assert (started.rows, started.used, started.empty) == (30, 2, 23)
    assert started.unusable == {
        "not ISO 8601": 1,
        "a number": 1,
        "in the future": 1,
        "a day without its time": 1,
        "not valid UTF-8": 1,
    }
    assert column(report, "tasks.completed_at").unusable == {"before started_at": 1}
    assert "unusable: before started_at" in report.as_text()


def test_no_start_no_workload(silent: Path) -> None:
    change(silent, "UPDATE tasks SET created_at = '2026-03-01 09:00:00'")
    workload, report = import_database(silent, NOW)
    assert workload is None
    assert (report.starts, report.writes) == (0, 30)


def test_other_tables_become_commits_on_what_they_belong_to(silent: Path) -> None:
    change(
        silent,
        "UPDATE tasks SET started_at = '2026-03-01 00:00:00' WHERE id = 1",
        "UPDATE work_items SET created_at = '2026-03-01 00:00:01', updated_at = '2026-03-01 00:00:01'",
        "UPDATE work_items SET updated_at = '2026-03-01 00:00:10' WHERE id = 1",
        "UPDATE rules SET created_at = '2026-03-01 00:00:01', updated_at = '2026-03-01 00:00:01'",
        "UPDATE rules SET updated_at = '2026-03-01 00:00:20' WHERE id = 1",
        "UPDATE agents SET created_at = '2026-03-01 00:00:01', updated_at = '2026-03-01 00:00:01'",
        "UPDATE agents SET updated_at = '2026-03-01 00:00:30' WHERE id = 1",
        "UPDATE contexts SET updated_at = '2026-03-01 00:00:40' WHERE context_type = 'project_context'",
        "INSERT INTO work_item_summaries (work_item_id, session_date, summary_text, created_at)"
        " VALUES (1, '2026-03-01', 'a secret that is long enough', '2026-03-01 00:00:50')",
    )
    events, report = told(silent)
    assert [(one.t, str(one.op)) for one in events if one.op is not Op.TASKSTART][1:] == [
        (10.0, "work_item_update"),
        (20.0, "rule_update"),
        (30.0, "agent_update"),
        (40.0, "context_update"),
        (50.0, "work_item_update"),
    ]
    assert all(one.changes is None for one in events[2:])
    assert column(report, "rules.updated_at").making == column(report, "rules.updated_at").rows - 1


def test_what_sessions_noted_of_tasks_adds_to_their_own_times(silent: Path) -> None:
    event = (
        "INSERT INTO session_events (project_id, event_type, session_id, timestamp, event_data,"
        " task_id) VALUES (1, '{}', 1, '{}', '{{}}', {})"
    )
    change(
        silent,
        *_SESSIONS,
        "UPDATE tasks SET started_at = '2026-03-01 09:00:00' WHERE id = 1",
        "INSERT INTO sessions (session_id, project_id, tool_name, start_time)"
        " VALUES ('s', 1, 'claude-code', '2026-03-01T08:00:00')",
        event.format("task.started", "2026-03-01T09:00:02", 1),
        event.format("task.started", "2026-03-02T09:00:00", 1),
        event.format("task.completed", "2026-03-03T09:00:00", 1),
        event.format("task.blocked", "2026-03-02T10:00:00", 1),
        event.format("task.started", "2026-03-02T09:00:00", 777),
        event.format("tool.read_file", "2026-03-02T09:00:00", 1),
        "INSERT INTO summaries VALUES (1, 'task', 2, 'x', '2026-03-04 08:00:00'),"
        " (2, 'work_item', 1, 'x', '2026-03-04 08:00:01'), (3, 'idea', 1, 'x', '2026-03-04 08:00:02')",
        "INSERT INTO task_blockers VALUES (1, 5, '2026-03-04 08:00:03', '2026-03-04 08:00:04')",
    )
    events, report = told(silent)
    assert [one.t for one in events if one.op is Op.TASKSTART] == [3600.0, 90000.0]
    assert brief(events)[-6:-4] == [
        (93600.0, "task_update", None),
        (176400.0, "task_update", "done"),
    ]
    assert [(one.t - 259200.0, one.task_id, one.work_item_id) for one in events[-4:]] == [
        (0.0, 2, None),
        (1.0, None, 1),
        (3.0, 5, None),
        (4.0, 5, None),
    ]
    started = column(report, "session_events.timestamp (task.started)")
    assert (started.rows, started.used, started.same, started.orphaned) == (3, 1, 1, 1)


def test_only_the_span_that_was_asked_for(made: Path) -> None:
    everything, _ = told(made)
    _, whole = told(made)
    assert whole.first is not None
    since = whole.first + timedelta(seconds=everything[len(everything) // 2].t)
    events, report = told(made, Span(since=since))
    assert len(events) == sum(whole.first + timedelta(seconds=one.t) >= since for one in everything)
    assert sum(view.outside for view in report.columns) > 0


def test_a_schema_without_some_tables_is_read_as_far_as_it_goes(silent: Path) -> None:
    change(silent, "UPDATE tasks SET started_at = '2026-03-01 09:00:00' WHERE id = 1")
    events, report = told(silent)
    assert len(events) == 2
    absent = {view.column for view in report.columns if not view.present}
    assert {"sessions.start_time", "session_events.timestamp", "summaries.created_at"} <= absent
    assert "not in this database" in report.as_text()


def test_a_database_that_cannot_be_read_is_said(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.importing.project_database.BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(shop / DATABASE, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusyError):
            import_database(shop, NOW)
    change(shop, "ALTER TABLE tasks RENAME TO chores")
    with pytest.raises(DatabaseSchemaError, match="lacks table tasks"):
        import_database(shop, NOW)
    (shop / DATABASE).unlink()
    with pytest.raises(DatabaseMissingError):
        import_database(shop, NOW)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        (None, None),
        ("", None),
        ("2026-03-01 09:00:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        (" 2026-03-01 09:00:00.25 ", datetime(2026, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC)),
        (b"2026-03-01 09:00:00-03:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_as_agentpm_stores_them(cell: Cell, moment: datetime | None) -> None:
    assert read_moment(cell, NOW) == moment


@pytest.mark.parametrize(
    "cell", ["0001-01-01 00:00:00+14:00", "1969-12-31 23:59:59", "x", 0.5, " "]
)
def test_times_that_cannot_be_meant(cell: Cell) -> None:
    with pytest.raises(UnusableMomentError):
        read_moment(cell, NOW)


def test_the_history_of_a_project_ties_starts_of_the_past(silent: Path) -> None:
    change(
        silent,
        "UPDATE tasks SET assigned_to = NULL, status = 'draft'",
        "UPDATE tasks SET assigned_to = ' smith ', status = 'done',"
        " started_at = '2026-03-01 09:00:00', completed_at = '2026-03-02 09:00:00' WHERE id = 1",
        "UPDATE tasks SET assigned_to = 'smith', status = 'active',"
        " started_at = '2026-03-03 09:00:00' WHERE id = 2",
        "UPDATE tasks SET assigned_to = 'smith', status = 'active', started_at = 'soon' WHERE id = 4",
    )
    history = read_history(silent, NOW)
    assert history.tie((), "smith", datetime(2026, 3, 1, 10, tzinfo=UTC)).task_id is None
    change(silent, "UPDATE tasks SET assigned_to = NULL WHERE id = 4")
    history = read_history(silent, NOW)
    assert history.tie((), "smith", datetime(2026, 3, 1, 10, tzinfo=UTC)).task_id == 1
    assert history.tie((), "smith", datetime(2026, 4, 1, tzinfo=UTC)).task_id == 2
    assert history.tie((30,), "x", NOW).task_id == 30
    assert history.tie((31,), "x", NOW).task_id is None
    assert history.role_of(1, "smith") is None


async def test_starts_that_no_replay_can_carry_out_are_left_out(
    silent: Path, tmp_path: Path
) -> None:
    change(
        silent,
        "UPDATE tasks SET started_at = '2026-03-01 09:00:00', assigned_to = NULL WHERE id <= 3",
        "UPDATE tasks SET assigned_to = (SELECT role FROM agents WHERE id = 1) WHERE id = 2",
        "UPDATE agents SET is_active = 0 WHERE id = 1",
        "UPDATE tasks SET work_item_id = 999 WHERE id = 3",
    )
    workload, report = import_database(silent, NOW)
    assert workload is not None
    assert [one.task_id for one in workload.events] == [1, 1]
    started = column(report, "tasks.started_at")
    assert (started.orphaned, sum(started.unusable.values())) == (1, 1)
    played = await run_replay(silent, workload, speed=0)
    assert (played.starts, played.errors, played.writes_refused) == (1, 0, 0)
