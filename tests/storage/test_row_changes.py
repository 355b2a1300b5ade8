"""What other processes have written, row by row."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import DatabaseBusyError, DatabaseMissingError
from engine.storage.row_changes import Committed, RowChanges
from tests.storage.project import execute


def test_changed_new_and_deleted_rows_are_told_once(database_in_either_mode: Path) -> None:
    path = database_in_either_mode
    changes = RowChanges(path)
    assert changes.look() is None
    assert changes.look() is None
    execute(path, "UPDATE tasks SET status = 'blocked', due_date = '2026-03-04' WHERE id = 100")
    execute(path, "DELETE FROM work_item_summaries WHERE id = 5")
    execute(path, "INSERT INTO tasks(id, work_item_id, name) VALUES (106, 10, 'new')")
    found = changes.look()
    assert found is not None
    told = {(row.table, row.id): row for row in found.rows}
    assert told.keys() == {("tasks", 100), ("tasks", 106), ("work_item_summaries", 5)}
    task, new = told["tasks", 100], told["tasks", 106]
    assert task.columns == ["status", "due_date"]
    assert task.before is not None
    assert task.after is not None
    assert (task.before["status"], task.after["status"]) == ("active", "blocked")
    assert (new.before, new.columns) == (
        None,
        ["id", "work_item_id", "name", "priority", "status"],
    )
    assert told["work_item_summaries", 5].after is None
    assert changes.look() is None
    changes.close()


def test_a_commit_that_no_task_start_reads_is_told_without_rows(database: Path) -> None:
    changes = RowChanges(database)
    changes.look()
    execute(database, "CREATE TABLE elsewhere (x)")
    assert changes.look() == Committed()
    execute(database, "INSERT INTO elsewhere VALUES (1)")
    assert changes.look() == Committed()


def test_a_file_that_took_the_place_of_the_first_is_compared_with_it(
    database: Path, tmp_path: Path
) -> None:
    changes = RowChanges(database)
    changes.look()
    other = Path(shutil.copy(database, tmp_path / "other.db"))
    execute(other, "UPDATE tasks SET priority = 5 WHERE id = 100")
    other.replace(database)
    found = changes.look()
    assert found is not None
    assert [(row.table, row.id, row.columns) for row in found.rows] == [
        ("tasks", 100, ["priority"])
    ]


def test_what_cannot_be_read_now_is_told_later(database: Path) -> None:
    changes = RowChanges(database)
    changes.look()
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE tasks SET priority = 5 WHERE id = 100")
        with pytest.raises(DatabaseBusyError):
            changes.look()
        writer.commit()
    found = changes.look()
    assert found is not None
    assert [row.id for row in found.rows] == [100]


def test_no_database_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        RowChanges(tmp_path / "none.db").look()


def test_of_a_large_database_only_commits_are_known(database: Path) -> None:
    changes = RowChanges(database, largest=4096)
    assert changes.look() is None
    execute(database, "UPDATE tasks SET priority = 5 WHERE id = 100")
    found = changes.look()
    assert found is not None
    assert (found.rows, "larger than" in found.unknown) == ((), True)


def test_a_migration_is_not_told_row_by_row(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.storage.row_changes.MOST_ROWS", 0)
    changes = RowChanges(database)
    changes.look()
    execute(database, "UPDATE tasks SET priority = 5")
    found = changes.look()
    assert found is not None
    assert "rows differ" in found.unknown
    assert changes.look() is None
    monkeypatch.undo()
    execute(database, "UPDATE tasks SET priority = 4 WHERE id = 100")
    found = changes.look()
    assert found is not None
    assert [row.id for row in found.rows] == [100]


def test_a_name_that_two_rows_have_is_ambiguous(database: Path) -> None:
    changes = RowChanges(database)
    changes.look()
    execute(database, "UPDATE agents SET is_active = 0 WHERE id IN (1, 2)")
    found = changes.look()
    assert found is not None
    assert [(row.id, row.ambiguous) for row in found.rows] == [(1, True), (2, False)]
