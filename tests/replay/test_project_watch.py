"""Files and rows that other processes write, noticed together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.core.project import DATABASE
from engine.errors import DatabaseError
from engine.replay.events import Op
from engine.replay.project_watch import LARGEST_FILE, Noticed, ProjectWatch
from engine.replay.scratch import scratch_copy
from engine.replay.workload import encode_event, read_workload
from engine.replay.writer import ScratchWriter


@pytest.fixture
def watch(project: Path) -> ProjectWatch:
    watch = ProjectWatch(project, project / DATABASE)
    assert watch.look() == Noticed()
    return watch


def sop(project: Path) -> Path:
    return next(path for path in sorted((project / ".claude/agents").iterdir()) if path.is_file())


def test_an_edited_sop_is_named_and_its_text_kept_only_when_asked_for(
    project: Path, watch: ProjectWatch
) -> None:
    file = sop(project)
    file.write_text("secret words")
    noticed = watch.look()
    (without,), (with_text,) = noticed.without_texts, noticed.with_texts
    path = str(file.relative_to(project))
    assert (without.op, without.path, without.texts) == (Op.SOP_WRITE, path, ["text"])
    assert b"secret" not in encode_event(without)
    assert (with_text.path, with_text.text, with_text.texts) == (path, "secret words", None)
    assert watch.look() == Noticed()


def test_what_cannot_be_recorded_as_text_is_only_named(project: Path, watch: ProjectWatch) -> None:
    file = sop(project)
    for content in (b"\xff\xfe", b"x" * (LARGEST_FILE + 1)):
        file.write_bytes(content)
        (event,) = watch.look().with_texts
        assert event.texts == ["text"]
    outside = project.parent / "outside.md"
    outside.write_text("elsewhere")
    (file.parent / "link.md").symlink_to(outside)
    assert watch.look() == Noticed()


def test_a_database_that_cannot_be_read_loses_nothing(project: Path, watch: ProjectWatch) -> None:
    sop(project).write_text("other words")
    with closing(sqlite3.connect(project / DATABASE, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = delete")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE tasks SET priority = 1 + priority % 5 WHERE id = 1")
        with pytest.raises(DatabaseError):
            watch.look()
        writer.execute("COMMIT")
    assert [event.op for event in watch.look().without_texts] == [Op.TASK_UPDATE, Op.SOP_WRITE]


async def test_a_replay_changes_the_file_whose_text_was_not_recorded(
    project: Path, watch: ProjectWatch, tmp_path: Path
) -> None:
    file = sop(project)
    file.write_text("now")
    recorded = tmp_path / "w.jsonl"
    (event,) = watch.look().without_texts
    recorded.write_bytes(encode_event(event) + b"\n")
    (event,) = read_workload(recorded).events
    async with scratch_copy(project) as scratch:
        copy = scratch.root / file.relative_to(project)
        async with ScratchWriter(scratch, VirtualClock()) as writer:
            assert await writer.apply(event)
            first = copy.read_text()
            assert await writer.apply(event)
        assert first == "now [revision 1, its text was not recorded]"
        assert copy.read_text() == "now [revision 2, its text was not recorded]"
    assert file.read_text() == "now"
