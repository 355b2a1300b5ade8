"""Every database that cannot be read is an error with its reason and a way on."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine.costs.profile import Costs
from engine.errors import (
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    DatabaseHotJournalError,
    DatabaseMissingError,
    DatabaseSchemaError,
)
from engine.storage.baseline import baseline_load
from engine.storage.connection import classify, connect
from engine.storage.connections import FreshConnections
from engine.storage.pool import ConnectionPool
from engine.storage.recover import recover
from engine.storage.schema import REQUIRED, check_schema
from engine.storage.sentinel import Sentinel
from engine.storage.statistics import StatementStatistics
from tests.storage.project import (
    DIE_HALF_WAY,
    LOCK_EXCLUSIVELY,
    disturbed_by,
    execute,
    make_database,
)


def read_everything(connection: sqlite3.Connection) -> None:
    for table in REQUIRED:
        connection.execute(f"SELECT * FROM {table}").fetchall()


async def by_pool(path: Path) -> None:
    pool = ConnectionPool(path, 2, 0.05)
    await pool.open()
    try:
        await pool.run(read_everything)
    finally:
        await pool.close()


async def by_fresh_connection(path: Path) -> None:
    fresh = FreshConnections(path, 0.05)
    try:
        await fresh.run(read_everything)
    finally:
        await fresh.close()


async def by_sentinel(path: Path) -> None:
    sentinel = Sentinel(path, 0.05)
    try:
        await sentinel.open()
    finally:
        await sentinel.close()


DOORS = [by_pool, by_fresh_connection, by_sentinel]


def missing(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def not_a_database(path: Path) -> None:
    path.write_text("this is a shopping list, and a rather long one at that\n" * 100)


def corrupt_pages(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))


def corrupt_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 3900)


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(5000)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("spoil", "expected", "reason"),
    [
        (missing, DatabaseMissingError, "no database at"),
        (folder, DatabaseMissingError, "is a folder"),
        (not_a_database, DatabaseCorruptError, "not an SQLite database"),
    ],
)
async def test_not_a_database_at_all(
    database: Path,
    door: Callable[[Path], object],
    spoil: Callable[[Path], None],
    expected: type[DatabaseError],
    reason: str,
) -> None:
    spoil(database)
    with pytest.raises(expected, match=reason) as caught:
        await door(database)  # type: ignore[misc]
    assert str(database) in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("spoil", [corrupt_pages, corrupt_schema, truncated])
async def test_damaged_pages(database: Path, spoil: Callable[[Path], None]) -> None:
    spoil(database)
    for door in (by_pool, by_fresh_connection):
        with pytest.raises(DatabaseCorruptError, match=r"damaged|not an SQLite"):
            await door(database)
    with pytest.raises(DatabaseCorruptError):
        baseline_load(database, 100, None, Costs(), StatementStatistics())
    with pytest.raises(DatabaseCorruptError):
        recover(database)


@pytest.mark.parametrize("door", DOORS)
async def test_locked_by_another_process(database: Path, door: Callable[[Path], object]) -> None:
    with disturbed_by(LOCK_EXCLUSIVELY, database):
        with pytest.raises(DatabaseBusyError, match="locked by another process") as caught:
            await door(database)  # type: ignore[misc]
        assert "wait" in caught.value.remedy
    await door(database)  # type: ignore[misc]


@pytest.mark.parametrize("door", DOORS)
async def test_writer_killed_half_way(database: Path, door: Callable[[Path], object]) -> None:
    with disturbed_by(DIE_HALF_WAY, database) as writer:
        assert writer.wait(timeout=10) == -signal.SIGKILL
    assert database.with_name("agentpm.db-journal").stat().st_size > 0
    with pytest.raises(DatabaseHotJournalError, match="half-finished") as caught:
        await door(database)  # type: ignore[misc]
    assert "taskstart recover" in caught.value.remedy
    recovery = recover(database)
    assert recovery.journal_found
    assert not recovery.journal_left
    await door(database)  # type: ignore[misc]
    with closing(connect(database, busy_timeout=1.0)) as connection:
        assert connection.execute("SELECT name FROM tasks WHERE id = 100").fetchone() == (
            "add a coupon",
        )


async def test_open_connections_meet_a_hot_journal_too(database: Path) -> None:
    pool, sentinel = ConnectionPool(database, 1, 0.5), Sentinel(database, 0.5)
    await pool.open()
    await sentinel.open()
    try:
        await pool.run(read_everything)
        with disturbed_by(DIE_HALF_WAY, database) as writer:
            writer.wait(timeout=10)
        before = sentinel.epoch
        with pytest.raises(DatabaseHotJournalError):
            await sentinel.check()
        with pytest.raises(DatabaseHotJournalError):
            await pool.run(read_everything)
        recover(database)
        await pool.run(read_everything)
        assert await sentinel.check() > before
    finally:
        await pool.close()
        await sentinel.close()


def test_recover_leaves_a_sound_database_alone(database_in_either_mode: Path) -> None:
    before = database_in_either_mode.read_bytes()
    assert "no half-finished change" in recover(database_in_either_mode).text
    assert database_in_either_mode.read_bytes() == before


def test_recover_makes_no_file_and_waits_for_no_one(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseMissingError):
        recover(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    monkeypatch.setattr("engine.storage.recover.BUSY_TIMEOUT_SECONDS", 0.05)
    with disturbed_by(LOCK_EXCLUSIVELY, database), pytest.raises(DatabaseBusyError):
        recover(database)


# ---- schema ---------------------------------------------------------------------------------


def test_sound_schema_passes(database: Path) -> None:
    with closing(connect(database, busy_timeout=1.0)) as connection:
        check_schema(connection, database)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DROP TABLE work_item_summaries", "table work_item_summaries"),
        ("ALTER TABLE agents DROP COLUMN file_path", "column agents.file_path"),
        ("ALTER TABLE projects RENAME COLUMN tech_stack TO stack", "column projects.tech_stack"),
    ],
)
def test_old_schema_names_what_is_missing(database: Path, change: str, named: str) -> None:
    execute(database, change)
    with (
        closing(connect(database, busy_timeout=1.0)) as connection,
        pytest.raises(DatabaseSchemaError, match=named) as caught,
    ):
        check_schema(connection, database)
    assert "apm" in caught.value.remedy


def test_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    execute(path, "CREATE TABLE songs (title TEXT)")
    with (
        closing(connect(path, busy_timeout=1.0)) as connection,
        pytest.raises(DatabaseSchemaError, match="not an AgentPM database"),
    ):
        check_schema(connection, path)


# ---- names and rights -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["what?.db", "a#b%41.db", "größe ä.db", "a&mode=rwc.db", "x;y.db"])
async def test_odd_file_names(tmp_path: Path, name: str) -> None:
    path = make_database(tmp_path / name)
    for door in DOORS:
        await door(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]  # noqa: ASYNC240


async def test_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"agent\xff.db")
    shutil.copy(make_database(tmp_path / "plain.db"), path)
    for door in DOORS:
        await door(path)


READ_AS_SOMEBODY_ELSE = """
import os, sqlite3, sys
from pathlib import Path
from engine.errors import DatabaseError
from engine.storage.connection import classify, connect
path = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    connection = connect(path, busy_timeout=0.1)
    connection.execute("SELECT count(*) FROM tasks").fetchone()
    print("read")
except sqlite3.Error as error:
    failure = classify(error, path)
    print(type(failure).__name__, failure)
"""


def read_as_somebody_else(path: Path) -> str:
    """Read in a process that has no more rights than any user (root may read everything)."""
    found = subprocess.run(
        [sys.executable, "-c", READ_AS_SOMEBODY_ELSE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return found.stdout


@pytest.fixture
def strange_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose parents anybody may enter."""
    folder = tmp_path_factory.mktemp("rights")
    top = Path(tempfile.gettempdir())
    for parent in (folder, *folder.parents):
        if parent == top or not parent.is_relative_to(top):
            break
        parent.chmod(0o755)
    return folder


def test_file_without_the_right_to_read(strange_folder: Path) -> None:
    path = make_database(strange_folder / "agentpm.db")
    path.chmod(0o000)
    assert "DatabasePermissionError" in read_as_somebody_else(path)
    path.chmod(0o644)
    assert read_as_somebody_else(path) == "read\n"


def test_folder_without_the_right_to_enter(strange_folder: Path) -> None:
    inner = strange_folder / "inner"
    inner.mkdir()
    path = make_database(inner / "agentpm.db")
    inner.chmod(0o000)
    assert "DatabasePermissionError" in read_as_somebody_else(path)
    inner.chmod(0o755)


def test_wal_in_a_folder_without_the_right_to_write(strange_folder: Path) -> None:
    path = make_database(strange_folder / "agentpm.db", "wal")
    path.chmod(0o644)
    strange_folder.chmod(0o555)
    told = read_as_somebody_else(path)
    assert "DatabasePermissionError" in told
    assert "WAL mode" in told
    strange_folder.chmod(0o755)


def test_rollback_journal_in_a_folder_without_the_right_to_write(strange_folder: Path) -> None:
    path = make_database(strange_folder / "agentpm.db")
    path.chmod(0o644)
    strange_folder.chmod(0o555)
    assert read_as_somebody_else(path) == "read\n"
    strange_folder.chmod(0o755)


def test_other_failures_are_still_told(database: Path) -> None:
    failure = classify(sqlite3.OperationalError("disk I/O error"), database)
    assert "disk I/O error" in failure.reason
    assert failure.remedy
