"""The sentinel: no commit is ever missed, nothing is ever blocked."""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from engine.errors import DatabaseBusyError, DatabaseError, DatabaseMissingError
from engine.storage.connection import connect
from engine.storage.filesystem import is_local
from engine.storage.sentinel import Sentinel
from tests.storage.project import (
    COMMIT_ON_AND_ON,
    LOCK_EXCLUSIVELY,
    disturbed_by,
    execute,
    make_database,
    move,
)

RENAME = "UPDATE tasks SET name = 'changed' WHERE id = 100"


@asynccontextmanager
async def sentinel_on(path: Path, busy_timeout: float = 5.0) -> AsyncIterator[Sentinel]:
    sentinel = Sentinel(path, busy_timeout)
    await sentinel.open()
    try:
        yield sentinel
    finally:
        await asyncio.wait_for(sentinel.close(), 10)


async def test_epoch_moves_with_every_commit_and_only_then(database_in_either_mode: Path) -> None:
    async with sentinel_on(database_in_either_mode) as sentinel:
        first = await sentinel.check()
        assert await sentinel.check() == first
        execute(database_in_either_mode, RENAME)
        second = await sentinel.check()
        assert second > first
        assert await sentinel.check() == second == sentinel.epoch
        execute(database_in_either_mode, "UPDATE tasks SET name = 'x' WHERE id = -1")
        assert await sentinel.check() >= second


async def test_wal_mode_is_looked_at_on_the_loop(tmp_path: Path) -> None:
    path = make_database(tmp_path / "wal.db", "wal")
    async with sentinel_on(path) as sentinel:
        assert sentinel.journal_mode == "wal"
        on_loop = sentinel.try_check_on_loop()
        assert on_loop == (sentinel.epoch if is_local(path) else None)
        if on_loop is not None:
            execute(path, RENAME)
            assert sentinel.try_check_on_loop() == on_loop + 1


async def test_journal_mode_changed_by_another_process(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        with closing(sqlite3.connect(database)) as other:
            other.execute("PRAGMA journal_mode = wal")
            other.execute(RENAME)
            other.commit()
            before = sentinel.epoch
            assert await sentinel.check() > before
            assert sentinel.journal_mode == "wal"


async def test_file_replaced_by_renaming_is_a_new_epoch(
    database_in_either_mode: Path, tmp_path: Path
) -> None:
    async with sentinel_on(database_in_either_mode) as sentinel:
        seen = [sentinel.epoch]
        for number in range(3):
            make_database(tmp_path / "new.db").rename(database_in_either_mode)
            seen.append(await sentinel.check())
            execute(database_in_either_mode, f"UPDATE tasks SET name = 'version {number}'")
            seen.append(await sentinel.check())
        assert seen == sorted(set(seen))


async def test_missing_file_is_an_error_until_it_is_back(database: Path, tmp_path: Path) -> None:
    async with sentinel_on(database) as sentinel:
        before = sentinel.epoch
        move(database, tmp_path / "moved.db")
        with pytest.raises(DatabaseMissingError):
            await sentinel.check()
        move(tmp_path / "moved.db", database)
        assert await sentinel.check() >= before


async def test_lost_connection_is_opened_anew_as_a_new_epoch(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        before = sentinel.epoch
        assert sentinel._connection is not None
        sentinel._connection.close()
        assert await sentinel.check() > before


async def test_busy_is_an_error_and_never_unchanged(database: Path) -> None:
    async with sentinel_on(database, busy_timeout=0.05) as sentinel:
        with disturbed_by(LOCK_EXCLUSIVELY, database):
            assert sentinel.try_check_on_loop() is None
            with pytest.raises(DatabaseBusyError, match="locked"):
                await sentinel.check()
        assert await sentinel.check() == sentinel.epoch


async def test_waits_for_a_lock_without_blocking_the_loop(database: Path) -> None:
    async with sentinel_on(database, busy_timeout=30.0) as sentinel:
        with disturbed_by(LOCK_EXCLUSIVELY, database) as other:
            check = asyncio.create_task(sentinel.check())
            for _ in range(50):  # the loop goes on turning while the check waits
                await asyncio.sleep(0.001)
            assert not check.done()
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()
            assert await asyncio.wait_for(check, 10) == sentinel.epoch


async def test_close_ends_a_check_that_waits_for_a_lock(database: Path) -> None:
    sentinel = Sentinel(database, 600.0)
    await sentinel.open()
    with disturbed_by(LOCK_EXCLUSIVELY, database):
        check = asyncio.create_task(sentinel.check())
        await asyncio.sleep(0)
        await asyncio.wait_for(sentinel.close(), 10)
        with pytest.raises(DatabaseError, match="closed"):
            await check
        with pytest.raises(DatabaseError, match="closed"):
            await sentinel.check()


async def test_callers_share_the_next_check_but_never_the_running_one(database: Path) -> None:
    async with sentinel_on(database, busy_timeout=30.0) as sentinel:
        with disturbed_by(LOCK_EXCLUSIVELY, database) as other:
            running = asyncio.create_task(sentinel.check())
            await asyncio.sleep(0)
            first = sentinel._pending
            assert first is not None
            await asyncio.to_thread(first.begun.wait)
            later = [asyncio.create_task(sentinel.check()) for _ in range(5)]
            await asyncio.sleep(0)
            second = sentinel._pending
            assert second is not None
            assert second is not first
            assert not second.begun.is_set()
            later[0].cancel()  # takes the check away from nobody
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()
            epochs = await asyncio.gather(running, *later[1:])
            assert set(epochs) == {sentinel.epoch}
            assert second is sentinel._pending


async def test_holds_no_transaction(database: Path) -> None:
    async with sentinel_on(database) as sentinel:
        for _ in range(20):
            await sentinel.check()
            with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as writer:
                writer.execute("BEGIN EXCLUSIVE")
                writer.execute("ROLLBACK")


async def test_never_stale_beside_a_writing_process(
    database_in_either_mode: Path, tmp_path: Path
) -> None:
    """A value tagged with the epoch read before its load is served only while nobody committed."""
    path, committed = database_in_either_mode, tmp_path / "committed"
    committed.write_bytes(bytes(8))

    def committed_so_far() -> int:
        number: int = struct.unpack("q", committed.read_bytes())[0]
        return number

    served = stale = loads = 0
    until = time.monotonic() + 1.5
    async with sentinel_on(path) as sentinel:
        with (
            disturbed_by(COMMIT_ON_AND_ON, path, committed),
            closing(connect(path, busy_timeout=10.0)) as reader,
        ):
            tag, value = -1, -1
            while time.monotonic() < until:
                at_least = committed_so_far()
                epoch = await sentinel.check()
                if epoch != tag:
                    found = reader.execute("SELECT effort_hours FROM tasks WHERE id = 100")
                    tag, value = epoch, int(found.fetchone()[0] or 0)
                    loads += 1
                served += 1
                stale += value < at_least
    assert stale == 0
    assert served > 20
    assert loads > 5
    assert committed_so_far() > 50
