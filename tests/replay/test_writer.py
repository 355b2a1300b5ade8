"""Writes of a workload on a scratch copy, seen through another connection."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.clock import VirtualClock
from engine.errors import DatabaseBusyError, DatabaseError, WorkloadError
from engine.replay import writer as module
from engine.replay.events import Op, WorkloadEvent
from engine.replay.scratch import ScratchProject
from engine.replay.writer import ScratchWriter

START = datetime(2027, 5, 6, 7, 0, tzinfo=UTC)
STAMP = "2027-05-06 08:00:00"


@pytest.fixture
async def writer(project: Path) -> AsyncIterator[ScratchWriter]:
    clock = VirtualClock(START)
    clock.advance(3600)
    async with ScratchWriter(ScratchProject(project), clock) as opened:
        yield opened


@pytest.fixture
def reader(project: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(project / ".agentpm/data/agentpm.db")
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


def row(reader: sqlite3.Connection, sql: str, *values: Any) -> dict[str, Any]:
    found = reader.execute(sql, values).fetchone()
    assert found is not None
    return dict(found)


def event(op: Op, **fields: Any) -> WorkloadEvent:
    return WorkloadEvent(t=0, op=op, **fields)


async def test_an_update_changes_what_it_names_and_the_time_is_virtual(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    before = row(reader, "SELECT * FROM tasks WHERE id = 3")
    changes = {"name": "Renamed", "quality_metadata": {"acceptance_criteria": ["ä"]}}
    assert await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes=changes))
    after = row(reader, "SELECT * FROM tasks WHERE id = 3")
    expected = {"name": "Renamed", "updated_at": STAMP}
    assert json.loads(after.pop("quality_metadata")) == changes["quality_metadata"]
    before.pop("quality_metadata")
    assert after == {**before, **expected}


async def test_what_triggers_fill_in_is_virtual_too(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    draft = {"status": "draft", "started_at": None, "completed_at": None}
    await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes=draft))
    await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes={"status": "active"}))
    task = row(reader, "SELECT status, started_at, completed_at FROM tasks WHERE id = 3")
    assert task == {"status": "active", "started_at": STAMP, "completed_at": None}
    await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes={"status": "done"}))
    assert row(reader, "SELECT completed_at FROM tasks WHERE id = 3")["completed_at"] == STAMP


@pytest.mark.parametrize(
    "nothing",
    [
        event(Op.TASK_CREATE, task_id=3),
        event(Op.TASK_CREATE, task_id=3, changes={"name": "other", "work_item_id": 1}),
        event(Op.TASK_UPDATE, task_id=3),
        event(Op.WORK_ITEM_UPDATE, work_item_id=1),
        event(Op.TASK_UPDATE, task_id=99_999, changes={"name": "nobody"}),
        event(Op.AGENT_UPDATE, agent_role="nobody", changes={"is_active": 0}),
    ],
)
async def test_a_write_without_effect_is_a_commit_that_changes_no_value(
    writer: ScratchWriter, reader: sqlite3.Connection, nothing: WorkloadEvent
) -> None:
    def content() -> list[list[tuple[Any, ...]]]:
        tables = ("tasks", "work_items", "projects", "agents", "contexts", "rules")
        return [reader.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    def version() -> int:
        return int(reader.execute("PRAGMA data_version").fetchone()[0])

    before, seen = content(), version()
    exists = await writer.apply(nothing)
    assert exists == (nothing.task_id == 3 or nothing.work_item_id == 1)
    assert version() != seen
    seen = version()
    await writer.apply(nothing)
    assert version() != seen
    assert content() == before


async def test_a_task_is_created_when_there_is_none(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    assert not await writer.apply(event(Op.TASK_CREATE, task_id=500))
    changes = {"work_item_id": 1, "name": "New task", "status": "ready"}
    assert await writer.apply(event(Op.TASK_CREATE, task_id=500, changes=changes))
    task = row(reader, "SELECT * FROM tasks WHERE id = 500")
    assert {**task, **changes, "created_at": STAMP, "updated_at": STAMP} == task


async def test_contexts_are_changed_or_made_for_task_work_item_and_project(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    reader.execute("DELETE FROM contexts WHERE entity_type IN ('task', 'project')")
    reader.commit()
    owners: list[tuple[str, dict[str, int]]] = [
        ("task", {"task_id": 2}),
        ("work_item", {"work_item_id": 1}),
        ("project", {}),
    ]
    for kind, names in owners:
        changes = {"six_w_data": {"who": {"implementers": [kind]}}}
        for _ in range(2):
            assert await writer.apply(event(Op.CONTEXT_UPDATE, changes=changes, **names))
        found = row(
            reader,
            "SELECT six_w_data, updated_at FROM contexts WHERE context_type = ? AND entity_id = ?",
            f"{kind}_context",
            names.get("task_id", 1),
        )
        assert json.loads(found["six_w_data"]) == changes["six_w_data"]
        assert found["updated_at"] == STAMP
    changes = {"six_w_data": {}}
    assert not await writer.apply(event(Op.CONTEXT_UPDATE, task_id=9_999, changes=changes))


async def test_agents_rules_and_work_items_are_updated(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    role = row(reader, "SELECT role FROM agents ORDER BY id DESC")["role"]
    rule = row(reader, "SELECT rule_id FROM rules")["rule_id"]
    assert await writer.apply(event(Op.AGENT_UPDATE, agent_role=role, changes={"is_active": False}))
    assert await writer.apply(event(Op.RULE_UPDATE, rule_id=rule, changes={"enabled": 0}))
    changes = {"name": "Renamed", "metadata": {"a": 1}}
    assert await writer.apply(event(Op.WORK_ITEM_UPDATE, work_item_id=1, changes=changes))
    assert row(reader, "SELECT is_active FROM agents WHERE role = ?", role) == {"is_active": 0}
    assert row(reader, "SELECT enabled FROM rules WHERE rule_id = ?", rule) == {"enabled": 0}
    item = row(reader, "SELECT name, metadata, updated_at FROM work_items WHERE id = 1")
    assert item == {"name": "Renamed", "metadata": '{"a": 1}', "updated_at": STAMP}


async def test_a_summary_is_added_to_the_work_item_on_the_virtual_day(
    writer: ScratchWriter, reader: sqlite3.Connection
) -> None:
    work_item = row(reader, "SELECT work_item_id FROM tasks WHERE id = 2")["work_item_id"]
    changes = {"summary_text": "The queue drains again.", "context_metadata": {"next": ["x"]}}
    assert await writer.apply(event(Op.SUMMARY_ADD, task_id=2, changes=changes))
    assert await writer.apply(event(Op.SUMMARY_ADD, work_item_id=work_item, changes=changes))
    assert not await writer.apply(event(Op.SUMMARY_ADD, task_id=9_999, changes=changes))
    newest = reader.execute(
        "SELECT work_item_id, session_date, summary_type FROM work_item_summaries "
        "ORDER BY id DESC LIMIT 2"
    ).fetchall()
    assert [tuple(item) for item in newest] == [(work_item, "2027-05-06", "session")] * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "in_progress"}, "CHECK constraint failed"),
        ({"priority": 9}, "CHECK constraint failed"),
        ({"work_item_id": 99_999}, "FOREIGN KEY constraint failed"),
        ({"name": None}, "NOT NULL constraint failed"),
        ({"name": "\ud800"}, "surrogates not allowed"),
        ({"id": 7}, "cannot set 'id'"),
    ],
)
async def test_a_write_that_the_schema_forbids_is_refused_whole(
    writer: ScratchWriter, reader: sqlite3.Connection, changes: dict[str, Any], said: str
) -> None:
    before = row(reader, "SELECT * FROM tasks WHERE id = 3")
    changes = {"description": "half", **changes}
    with pytest.raises(WorkloadError, match=said):
        await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes=changes))
    assert row(reader, "SELECT * FROM tasks WHERE id = 3") == before
    assert await writer.apply(event(Op.TASK_UPDATE, task_id=3, changes={"name": "still works"}))


async def test_sop_files_are_written_where_the_agent_has_them(
    writer: ScratchWriter, reader: sqlite3.Connection, project: Path
) -> None:
    role = row(reader, "SELECT role FROM agents ORDER BY id")["role"]
    reader.execute("UPDATE agents SET file_path = ' docs/sop.md ' WHERE role = ?", (role,))
    reader.commit()
    await writer.apply(event(Op.SOP_WRITE, agent_role=role, text="first\n"))
    await writer.apply(event(Op.SOP_WRITE, agent_role=role, append="BLOCK: ask first\n"))
    await writer.apply(event(Op.SOP_WRITE, agent_role="new/role", append="ä"))
    await writer.apply(event(Op.SOP_WRITE, path=".claude/agents/x.md", text="x"))
    assert (project / "docs/sop.md").read_text() == "first\nBLOCK: ask first\n"
    assert (project / ".claude/agents/new/role.md").read_text(encoding="utf-8") == "ä"
    assert (project / ".claude/agents/x.md").read_text() == "x"


@pytest.mark.parametrize(
    "write",
    [
        event(Op.SOP_WRITE, agent_role="../../../out", text="x"),
        event(Op.SOP_WRITE, agent_role="\0", text="x"),
        event(Op.SOP_WRITE, path="link/out.md", text="x"),
        event(Op.SOP_WRITE, path="/tmp/out.md", text="x"),
        event(Op.SOP_WRITE, path=".", text="x"),
        event(Op.SOP_WRITE, path=".claude/agents", text="x"),
        event(Op.SOP_WRITE, path=".agentpm/data/agentpm.db", text="x"),
        event(Op.SOP_WRITE, path=".claude/agents/" + "x" * 300, text="x"),
    ],
)
async def test_no_sop_is_written_outside_the_copy(
    writer: ScratchWriter, project: Path, tmp_path: Path, write: WorkloadEvent
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "link").symlink_to(outside)
    with pytest.raises(WorkloadError):
        await writer.apply(write)
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "out.md").exists()


async def test_a_locked_copy_is_said_to_be_locked(
    writer: ScratchWriter, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
    async with ScratchWriter(writer.scratch, VirtualClock(START)) as impatient:
        reader.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusyError, match="stayed locked"):
            await impatient.apply(event(Op.TASK_UPDATE, task_id=3))
        reader.execute("ROLLBACK")
        assert await impatient.apply(event(Op.TASK_UPDATE, task_id=3))


async def test_a_full_disk_is_said_to_be_full(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    async with ScratchWriter(ScratchProject(project), VirtualClock(START)) as full:
        changes = {"description": "x" * 100_000}
        with pytest.raises(DatabaseError, match="full"):
            await full.apply(event(Op.TASK_UPDATE, task_id=3, changes=changes))
        assert await full.apply(event(Op.TASK_UPDATE, task_id=3))


async def test_a_copy_that_is_no_database_cannot_be_opened(project: Path) -> None:
    (project / ".agentpm/data/agentpm.db").write_bytes(b"not a database" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        async with ScratchWriter(ScratchProject(project), VirtualClock(START)):
            pass


async def test_a_cancelled_write_is_whole_and_the_writer_still_closes(
    project: Path, reader: sqlite3.Connection
) -> None:
    async with ScratchWriter(ScratchProject(project), VirtualClock(START)) as cancelled:
        changes = {"name": "all or nothing", "description": "all or nothing"}
        write = event(Op.TASK_UPDATE, task_id=3, changes=changes)
        writing = asyncio.create_task(cancelled.apply(write))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    task = row(reader, "SELECT name, description FROM tasks WHERE id = 3")
    assert (task["name"] == "all or nothing") == (task["description"] == "all or nothing")
    assert reader.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
