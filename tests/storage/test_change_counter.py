"""Rollback-journal mode: what is proven without a lock is true, and nothing else is."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import DatabaseBusyError, DatabaseHotJournalError
from engine.storage import change_counter
from engine.storage.change_counter import read_counter
from engine.storage.connection import connect
from engine.storage.filesystem import is_local
from engine.storage.sentinel import Sentinel
from tests.storage.project import DIE_HALF_WAY, disturbed_by, execute, make_database
from tests.storage.test_sentinel import RENAME, sentinel_on

JOURNALS = ("delete", "truncate", "persist", "memory", "off")
_TRY_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN EXCLUSIVE")
except sqlite3.OperationalError as error:
    print(error)
else:
    print("free")
"""


def reads_without_waiting(path: Path) -> bool:
    """Whether this system and the file system of `path` can refuse instead of waiting."""
    if not is_local(path) or not hasattr(os, "RWF_NOWAIT"):
        return False
    with (path.parent / "probe").open("w+b") as probe:
        probe.write(b"x")
        probe.flush()
        try:
            os.preadv(probe.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
        except OSError:
            return False
    return True


@pytest.fixture
def database(tmp_path: Path) -> Path:
    made = make_database(tmp_path / "agentpm.db")
    if not reads_without_waiting(made):
        pytest.skip("this file system cannot be read without waiting")
    return made


@contextmanager
def writing(path: Path, journal: str = "delete") -> Iterator[sqlite3.Connection]:
    """A connection that keeps next to nothing in memory: it writes to the file before it commits."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def spill(connection: sqlite3.Connection) -> None:
    """Change so much that the file itself is written to, before any commit."""
    connection.execute("CREATE TABLE IF NOT EXISTS ballast (content BLOB)")
    for _ in range(60):
        connection.execute("INSERT INTO ballast VALUES (randomblob(3000))")


async def test_where_nobody_writes_the_thread_is_not_needed(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        for number in range(3):
            before = sentinel.epoch
            assert sentinel.try_check_on_loop() == before
            execute(database, "UPDATE tasks SET effort_hours = ?", number)
            assert sentinel.try_check_on_loop() == before + 1
            assert sentinel.try_check_on_loop() == before + 1


async def test_beside_a_writer_the_loop_never_waits(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        execute(database, RENAME)
        with writing(database) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            assert sentinel.try_check_on_loop() is None
            writer.execute("ROLLBACK")
            assert sentinel.try_check_on_loop() == sentinel.epoch
            writer.execute("PRAGMA locking_mode = EXCLUSIVE")
            for number in range(3):
                writer.execute("UPDATE tasks SET effort_hours = ?", (100 + number,))
                assert sentinel.try_check_on_loop() is None


@pytest.mark.parametrize("journal", JOURNALS)
async def test_no_journal_mode_of_a_writer_hides_its_commit(database: Path, journal: str) -> None:
    async with sentinel_on(database) as sentinel:
        with writing(database, journal) as writer:
            for number in range(3):
                before = await sentinel.check()
                writer.execute("UPDATE tasks SET effort_hours = ?", (number,))
                assert sentinel.try_check_on_loop() in (None, before + 1)
                assert await sentinel.check() == before + 1


async def test_a_lock_without_a_change_is_no_reason_to_wait(database: Path) -> None:
    async with sentinel_on(database, busy_timeout=0.05) as sentinel:
        with writing(database) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            assert await sentinel.check() == sentinel.epoch
            writer.execute(RENAME)
            assert sentinel.try_check_on_loop() is None
            with pytest.raises(DatabaseBusyError):
                await sentinel.check()
            writer.execute("COMMIT")
            before = sentinel.epoch
            assert await sentinel.check() > before


@pytest.mark.parametrize("journal", JOURNALS)
async def test_a_change_taken_back_does_not_stand_for_the_next_one(
    database: Path, journal: str
) -> None:
    """The counter that a rolled-back change has written is the one that the next commit writes."""
    async with sentinel_on(database, busy_timeout=0.01) as sentinel:
        with writing(database, journal) as writer:
            before = await sentinel.check()
            writer.execute("BEGIN")
            spill(writer)
            assert sentinel.try_check_on_loop() in (None, before)
            with suppress(DatabaseBusyError):
                assert await sentinel.check() == before
            if journal != "off":  # without a journal nothing can be taken back
                writer.execute("ROLLBACK")
                assert await sentinel.check() >= before
                writer.execute("BEGIN")
                writer.execute(RENAME)
            writer.execute("COMMIT")
            assert sentinel.try_check_on_loop() != before
            assert await sentinel.check() > before


_NUMBERS = itertools.count(1)
"""Never the same twice: what changes nothing is no commit."""
STEPS = st.lists(
    st.sampled_from(["begin", "write", "spill", "commit", "rollback", "look", "check"]), max_size=14
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, journal=st.sampled_from(JOURNALS[:-1]))
def test_one_epoch_never_stands_for_two_contents(
    database: Path, steps: list[str], journal: str
) -> None:
    async def take() -> None:
        content = number = 0
        async with sentinel_on(database, busy_timeout=0.0) as sentinel:
            with writing(database, journal) as writer:
                contents = {await sentinel.check(): content}
                for step in [*steps, "commit", "check"]:
                    match step:
                        case "begin" if not writer.in_transaction:
                            writer.execute("BEGIN")
                        case "commit" | "rollback" if writer.in_transaction:
                            writer.execute(step)
                            number = number if step == "commit" else content
                        case "write":
                            number = next(_NUMBERS)
                            writer.execute("UPDATE tasks SET effort_hours = ?", (number,))
                        case "spill":
                            number = next(_NUMBERS)
                            spill(writer)
                        case "look" | "check":
                            epoch = sentinel.try_check_on_loop()
                            if step == "check":
                                with suppress(DatabaseBusyError):
                                    epoch = await sentinel.check()
                            if epoch is not None:
                                assert contents.setdefault(epoch, content) == content
                    if not writer.in_transaction:
                        content = number

    asyncio.run(take())


async def test_what_a_killed_writer_left_is_never_taken_for_unmoved(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        with disturbed_by(DIE_HALF_WAY, database) as writer:
            writer.wait(timeout=10)
        assert sentinel.try_check_on_loop() is None
        with pytest.raises(DatabaseHotJournalError):
            await sentinel.check()


async def test_a_database_that_turns_to_wal_mode_is_followed(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        with writing(database, "wal") as writer:
            for number in range(3):
                before = sentinel.epoch
                writer.execute("UPDATE tasks SET effort_hours = ?", (number,))
                assert await sentinel.check() > before
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = await sentinel.check()
            writer.execute(RENAME)
            assert await sentinel.check() > before


async def test_the_journal_beside_the_file_that_a_link_names_counts(
    database: Path, tmp_path: Path
) -> None:
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(database)
    async with sentinel_on(link) as sentinel:
        assert sentinel.try_check_on_loop() == sentinel.epoch
        with writing(database) as writer:
            writer.execute("BEGIN")
            writer.execute(RENAME)
            assert sentinel.try_check_on_loop() is None


def test_in_wal_mode_the_counter_tells_nothing(tmp_path: Path) -> None:
    path = make_database(tmp_path / "wal.db", "wal")
    status = path.stat()
    with closing(connect(path, busy_timeout=1.0)) as connection, path.open("rb") as file:
        identity = status.st_dev, status.st_ino
        counter, version = read_counter(connection, path, file.fileno(), identity)
    assert counter is None
    assert version > 0


async def test_where_reading_might_wait_the_thread_looks(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_counter, "_NO_WAITING", None)
    async with sentinel_on(database) as sentinel:
        assert sentinel.try_check_on_loop() is None
        before = await sentinel.check()
        execute(database, RENAME)
        assert await sentinel.check() == before + 1


async def test_a_descriptor_that_names_another_file_proves_nothing(database: Path) -> None:
    sentinel = Sentinel(database, 1.0)
    await sentinel.open()
    try:
        assert sentinel._connection is not None
        assert sentinel._descriptor is not None
        sentinel._connection.close()
        copy = make_database(database.with_name("copy.db"))
        with copy.open("rb") as file:
            assert file.fileno() == sentinel._descriptor, "the lowest free number is taken"
            assert sentinel.try_check_on_loop() is None
    finally:
        await sentinel.close()


async def test_the_locks_of_this_process_outlast_every_look(database: Path, tmp_path: Path) -> None:
    with closing(connect(database, busy_timeout=0.0)) as reader:
        async with sentinel_on(database) as sentinel:
            for _ in range(3):
                assert sentinel.try_check_on_loop() is not None
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM tasks").fetchall()
                await sentinel.check()
                assert sentinel.try_check_on_loop() is not None
                assert _lock_from_elsewhere(database) == "database is locked"
                reader.execute("ROLLBACK")
                execute(database, RENAME)
                await sentinel.check()
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM tasks").fetchall()
        assert _lock_from_elsewhere(database) == "database is locked"


def _lock_from_elsewhere(path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", _TRY_LOCK, str(path)], capture_output=True, text=True, check=True
    ).stdout.strip()
