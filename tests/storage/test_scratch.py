"""The scratch copy of a project: all that a TaskStart reads, and nothing from outside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DatabaseMissingError, DatabaseSchemaError, ProjectError
from engine.storage.scratch import DATABASE, copy_project
from tests.storage.project import COMMIT_ON_AND_ON, disturbed_by, make_database


@pytest.fixture(params=["delete", "wal"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    root = tmp_path / "project"
    for folder in (".agentpm/data", ".agentpm/contexts", ".claude/agents/nested"):
        (root / folder).mkdir(parents=True)
    make_database(root / DATABASE, request.param)
    (root / ".claude/agents/coder.md").write_text("Write code.")
    (root / ".claude/agents/nested/deep.md").write_text("Write deep code.")
    (root / ".agentpm/contexts/lang_python_classes.txt").write_text("class Shop")
    (root / "secret.txt").write_text("not read by a TaskStart")
    return root


def files_below(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(root))


def task_name(root: Path) -> object:
    with closing(sqlite3.connect(root / DATABASE)) as connection:
        return connection.execute("SELECT name FROM tasks WHERE id = 100").fetchone()[0]


async def test_copies_what_a_start_reads(project: Path, tmp_path: Path) -> None:
    copy = await copy_project(project, tmp_path / "scratch")
    assert [name for name in files_below(copy) if not name.endswith(("-wal", "-shm"))] == [
        ".agentpm/contexts/lang_python_classes.txt",
        ".agentpm/data/agentpm.db",
        ".claude/agents/coder.md",
        ".claude/agents/nested/deep.md",
    ]
    assert task_name(copy) == "add a coupon"


async def test_writes_to_the_copy_leave_the_original_alone(project: Path, tmp_path: Path) -> None:
    copy = await copy_project(project, tmp_path / "scratch")
    with closing(sqlite3.connect(copy / DATABASE)) as connection:
        connection.execute("UPDATE tasks SET name = 'changed'")
        connection.commit()
    assert task_name(project) == "add a coupon"


def make_links(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("from outside")
    agents = project / ".claude/agents"
    (agents / "outward.md").symlink_to(outside)
    (agents / "inward.md").symlink_to(agents / "coder.md")
    (agents / "dangling.md").symlink_to(agents / "nobody.md")
    (agents / "looping").symlink_to(agents)


async def test_links_never_lead_outside(project: Path, tmp_path: Path) -> None:
    make_links(project, tmp_path)
    copy = await copy_project(project, tmp_path / "scratch")
    agents = [name for name in files_below(copy) if name.startswith(".claude")]
    assert agents == [
        ".claude/agents/coder.md",
        ".claude/agents/inward.md",
        ".claude/agents/nested/deep.md",
    ]


async def test_one_snapshot_beside_a_writing_process(project: Path, tmp_path: Path) -> None:
    counter = tmp_path / "committed"
    make_counter(counter)
    with disturbed_by(COMMIT_ON_AND_ON, project / DATABASE, counter):
        copy = await copy_project(project, tmp_path / "scratch")
    with closing(sqlite3.connect(copy / DATABASE)) as connection:
        seen = connection.execute(
            "SELECT effort_hours, effort_estimate_hours, CAST(projects.description AS REAL) "
            "FROM tasks, work_items, projects "
            "WHERE tasks.id = 100 AND work_items.id = 10 AND projects.id = 1"
        ).fetchone()
        assert len(set(seen)) == 1
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def make_counter(path: Path) -> None:
    path.write_bytes(bytes(8))


async def test_what_cannot_be_copied_is_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        await copy_project(tmp_path / "nowhere", tmp_path / "scratch")
    make_counter(tmp_path / "a file")
    with pytest.raises(ProjectError, match="cannot copy"):
        await copy_project(project, tmp_path / "a file" / "scratch")


async def test_an_older_schema_is_said_of_the_original(project: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(project / DATABASE)) as connection:
        connection.execute("DROP TABLE work_item_summaries")
        connection.commit()
    with pytest.raises(DatabaseSchemaError) as caught:
        await copy_project(project, tmp_path / "scratch")
    assert str(project / DATABASE) in caught.value.reason


async def test_a_full_disk_is_not_said_of_the_original(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def connect_to_a_small_disk(path: Path | str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(path, **options)
        if not options.get("uri"):
            connection.execute("PRAGMA max_page_count = 2")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_a_small_disk)
    with pytest.raises(ProjectError, match="no room"):
        await copy_project(project, tmp_path / "scratch")
