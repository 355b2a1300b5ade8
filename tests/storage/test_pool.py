"""The pool: order, health, cancellation, resizing, replaced files."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.errors import DatabaseError, DatabaseMissingError
from engine.storage.connections import FreshConnections, percentile_95_ms
from engine.storage.pool import ConnectionPool
from tests.storage.project import execute, make_database, move


@asynccontextmanager
async def pool_on(path: Path, size: int) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool(path, size, 2.0)
    await pool.open()
    try:
        yield pool
    finally:
        await asyncio.wait_for(pool.close(), 10)
        assert pool.status().opened == pool.status().closed


def task_name(connection: sqlite3.Connection) -> str:
    name: str = connection.execute("SELECT name FROM tasks WHERE id = 100").fetchone()[0]
    return name


class Gate:
    """Holds functions back in their threads until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.inside = threading.Semaphore(0)
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def wait(self, connection: sqlite3.Connection) -> str:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.inside.release()
        assert self._open.wait(10)
        with self._lock:
            self.running -= 1
        return task_name(connection)

    def open(self) -> None:
        self._open.set()

    async def entered(self, times: int = 1) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self.inside.acquire, timeout=10)


async def test_runs_in_a_thread_of_its_own_and_returns(database: Path) -> None:
    async with pool_on(database, 2) as pool:
        assert await pool.run(task_name) == "add a coupon"
        assert await pool.run(lambda _: threading.get_ident()) != threading.get_ident()
        assert pool.status().opened == 2


async def test_no_more_run_at_once_than_there_are_connections(database: Path) -> None:
    gate = Gate()
    async with pool_on(database, 3) as pool, asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(pool.run(gate.wait))
        await gate.entered(3)
        status = pool.status()
        assert (status.busy, status.waiting) == (3, 5)
        gate.open()
    assert gate.most == 3


async def test_waiters_are_served_in_order(database: Path) -> None:
    gate = Gate()
    order: list[int] = []

    async def note(number: int) -> None:
        await pool.run(task_name)
        order.append(number)

    async with pool_on(database, 1) as pool, asyncio.TaskGroup() as group:
        group.create_task(pool.run(gate.wait))
        await gate.entered()
        for number in range(6):
            group.create_task(note(number))
        gate.open()
    assert order == list(range(6))
    assert pool.status().wait_p95_ms is not None


async def test_connection_of_a_cancelled_call_is_not_handed_out_before_it_is_free(
    database: Path,
) -> None:
    gate = Gate()

    def in_transaction(connection: sqlite3.Connection) -> str:
        connection.execute("BEGIN")
        return gate.wait(connection)

    async with pool_on(database, 1) as pool, asyncio.TaskGroup() as group:
        abandoned = group.create_task(pool.run(in_transaction))
        await gate.entered()
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        assert abandoned.cancelled()
        assert pool.status().busy == 1
        after = group.create_task(pool.run(lambda connection: connection.in_transaction))
        await asyncio.sleep(0)
        assert not after.done()
        gate.open()
        assert await after is False
    assert pool.status().busy == 0


async def test_cancelled_waiter_loses_no_connection(database: Path) -> None:
    gate = Gate()
    async with pool_on(database, 1) as pool:
        running = asyncio.create_task(pool.run(gate.wait))
        await gate.entered()
        waiting = [asyncio.create_task(pool.run(task_name)) for _ in range(4)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[2].cancel()
        gate.open()
        await running
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(outcome, str) for outcome in outcomes] == [False, True, False, True]
        assert await pool.run(task_name) == "add a coupon"


async def test_callers_that_left_wait_no_longer(database: Path) -> None:
    gate = Gate()
    async with pool_on(database, 1) as pool:
        running = asyncio.create_task(pool.run(gate.wait))
        await gate.entered()
        for _ in range(3):
            leaving = asyncio.create_task(pool.run(task_name))
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        assert (pool.status().waiting, pool.status().most_waiting) == (0, 1)
        gate.open()
        await running


@pytest.mark.parametrize("turns", range(8))
async def test_cancellation_at_any_moment_loses_no_connection(
    database: Path, tmp_path: Path, turns: int
) -> None:
    other = make_database(tmp_path / "other.db")
    async with pool_on(database, 2) as pool:
        other.rename(database)  # so that opening a connection can be cancelled too
        calls = [asyncio.create_task(pool.run(task_name)) for _ in range(6)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        gate = Gate()
        calls = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
        await gate.entered(2)  # both connections are handed out again
        gate.open()
        assert await asyncio.gather(*calls) == ["add a coupon"] * 2
        assert pool.status().busy == 0


async def test_connection_whose_caller_left_while_it_was_opened_is_used_by_the_next(
    database: Path, tmp_path: Path
) -> None:
    gate = Gate()
    other = make_database(tmp_path / "other.db")
    preparations = iter((task_name, gate.wait))

    def prepare(connection: sqlite3.Connection) -> None:
        next(preparations)(connection)

    pool = ConnectionPool(database, 1, 2.0, prepare=prepare)
    await pool.open()
    other.rename(database)
    leaving = asyncio.create_task(pool.run(task_name))
    await gate.entered()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert leaving.cancelled()
    assert pool.status().busy == 1
    gate.open()
    assert await pool.run(task_name) == "add a coupon"
    await asyncio.wait_for(pool.close(), 10)
    assert pool.status().opened == pool.status().closed == 2


async def test_dead_connection_is_replaced_and_the_call_made_again(database: Path) -> None:
    async with pool_on(database, 1) as pool:
        await pool.run(lambda connection: connection.close())
        assert await pool.run(task_name) == "add a coupon"
        assert pool.status().replaced == 1


async def test_failing_function_leaves_the_connection_usable(database: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        raise LookupError("mine")

    async with pool_on(database, 1) as pool:
        with pytest.raises(LookupError, match="mine"):
            await pool.run(fail)
        assert await pool.run(lambda connection: connection.in_transaction) is False
        with pytest.raises(DatabaseError):
            await pool.run(lambda connection: connection.execute("SELECT * FROM nowhere"))
        assert await pool.run(task_name) == "add a coupon"
        assert pool.status().replaced == 0


async def test_resize_under_load(database: Path) -> None:
    gate = Gate()
    async with pool_on(database, 1) as pool, asyncio.TaskGroup() as group:
        calls = [group.create_task(pool.run(gate.wait)) for _ in range(6)]
        await gate.entered(1)
        await pool.resize(4)
        await gate.entered(3)
        assert pool.status().busy == 4
        await pool.resize(2)
        gate.open()
        await asyncio.gather(*calls)
        assert await pool.run(task_name) == "add a coupon"
    status = pool.status()
    assert status.size == 2
    assert gate.most == 4
    with pytest.raises(ValueError, match="at least one"):
        await pool.resize(0)


async def test_calls_go_on_while_the_size_changes(database: Path) -> None:
    async with pool_on(database, 2) as pool, asyncio.TaskGroup() as group:
        calls = [group.create_task(pool.run(task_name)) for _ in range(200)]
        for size in (5, 1, 3, 1, 4):
            await pool.resize(size)
        assert set(await asyncio.gather(*calls)) == {"add a coupon"}


async def test_file_replaced_by_renaming_is_read_anew(database: Path, tmp_path: Path) -> None:
    other = make_database(tmp_path / "other.db")
    execute(other, "UPDATE tasks SET name = 'from the new file' WHERE id = 100")
    async with pool_on(database, 2) as pool:
        assert await pool.run(task_name) == "add a coupon"
        other.rename(database)
        assert await pool.run(task_name) == "from the new file"
        assert pool.status().replaced == 1


async def test_deleted_file_is_missing_and_comes_back(database: Path, tmp_path: Path) -> None:
    async with pool_on(database, 1) as pool:
        move(database, tmp_path / "moved.db")
        with pytest.raises(DatabaseMissingError):
            await pool.run(task_name)
        move(tmp_path / "moved.db", database)
        assert await pool.run(task_name) == "add a coupon"


async def test_every_connection_to_a_replaced_file_is_opened_anew(
    database: Path, tmp_path: Path
) -> None:
    other = make_database(tmp_path / "other.db")
    async with pool_on(database, 2) as pool:
        other.rename(database)
        gate = Gate()
        calls = [asyncio.create_task(pool.run(gate.wait)) for _ in range(2)]
        await gate.entered(2)
        gate.open()
        await asyncio.gather(*calls)
        assert pool.status().replaced == 2


async def test_close_lets_running_calls_end_and_fails_the_waiting(database: Path) -> None:
    gate = Gate()
    pool = ConnectionPool(database, 1, 2.0)
    await pool.open()
    running = asyncio.create_task(pool.run(gate.wait))
    await gate.entered()
    waiting = asyncio.create_task(pool.run(task_name))
    await asyncio.sleep(0)
    closing = asyncio.create_task(pool.close())
    with pytest.raises(DatabaseError, match="closed"):
        await waiting
    assert not closing.done()
    gate.open()
    assert await running == "add a coupon"
    await asyncio.wait_for(closing, 10)
    with pytest.raises(DatabaseError, match="closed"):
        await pool.run(task_name)


async def test_no_thread_outlives_a_failed_opening(tmp_path: Path) -> None:
    pool = ConnectionPool(tmp_path / "none.db", 3, 0.1)
    with pytest.raises(DatabaseMissingError):
        await pool.open()
    alive = [thread.name for thread in threading.enumerate()]
    assert not [name for name in alive if "_connection_worker_thread" in name]
    assert not (tmp_path / "none.db").exists()


async def test_prepare_runs_on_every_connection(database: Path) -> None:
    prepared: list[sqlite3.Connection] = []
    pool = ConnectionPool(database, 3, 2.0, prepare=prepared.append)
    await pool.open()
    await pool.close()
    assert len(prepared) == 3


async def test_fresh_connections_count_and_close(database: Path) -> None:
    fresh = FreshConnections(database, 2.0)
    assert await fresh.run(task_name) == "add a coupon"
    with pytest.raises(DatabaseError):
        await fresh.run(lambda connection: connection.execute("SELECT * FROM nowhere"))
    await fresh.close()
    assert (fresh.status().opened, fresh.status().closed) == (2, 2)


def test_percentile_by_nearest_rank() -> None:
    assert percentile_95_ms([]) is None
    assert percentile_95_ms([3_000_000]) == 3.0
    assert percentile_95_ms(n * 1_000_000 for n in range(1, 101)) == 95.0
