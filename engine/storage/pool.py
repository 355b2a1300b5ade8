"""A pool of persistent read-only connections.

A whole function runs on a connection's thread, so that a load of several statements costs one hop
between threads (27 to 95 us each) instead of one per statement.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from engine.errors import DatabaseError
from engine.storage.connection import classify, primary_code
from engine.storage.connections import ConnectionsStatus, percentile_95_ms
from engine.storage.slot import FileReplacedError, Slot

T = TypeVar("T")

_LOST_CODES: Final = frozenset(
    {
        0,  # raised by Python itself: the connection was closed
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOMEM,
    }
)
"""Failures that may be the connection's and not the file's: a fresh connection tells."""

_REMEMBERED_WAITS: Final = 1_024


class ConnectionPool:
    """Connections with a thread each, handed out first come, first served.

    A connection that fails is replaced and its call made once more. All methods belong to the
    event loop on which the pool was opened.
    """

    pooled: Final = True

    def __init__(
        self,
        path: Path,
        size: int,
        busy_timeout: float,
        *,
        prepare: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        """Describe a pool; nothing is opened before `open`.

        Args:
            path: the database.
            size: how many connections, at least 1.
            busy_timeout: seconds that a connection waits for another process's lock.
            prepare: runs once on each new connection, for example to compile its statements.

        Raises:
            ValueError: the size is less than 1.
        """
        _require_size(size)
        self._path = path
        self._size = size
        self._busy_timeout = busy_timeout
        self._prepare = prepare
        self._idle: list[Slot] = []
        self._busy: set[Slot] = set()
        self._waiters: deque[asyncio.Future[Slot]] = deque()
        self._waits_ns: deque[int] = deque(maxlen=_REMEMBERED_WAITS)
        self._chores: set[asyncio.Task[None]] = set()
        self._call_ended = asyncio.Event()
        self._open = False
        self._replaced = self._opened = self._closed = 0
        self._demand = _no_demand()

    async def open(self) -> None:
        """Open all connections, at the same time.

        Raises:
            DatabaseError: the database cannot be opened; nothing is left open then.
        """
        self._open = True
        try:
            await self._fill()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Refuse new calls, let the running ones end, and close every connection."""
        self._open = False
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(_closed_error())
        while self._idle:
            self._start_chore(self._disconnect(self._idle.pop()))
        while self._busy or self._chores:
            if self._chores:
                await asyncio.gather(*self._chores, return_exceptions=True)
            else:
                self._call_ended.clear()
                await self._call_ended.wait()

    async def resize(self, size: int) -> None:
        """Change the number of connections; surplus ones end when their calls have.

        Raises:
            ValueError: the size is less than 1.
            DatabaseError: a new connection cannot be opened; it is tried again when needed.
        """
        _require_size(size)
        if size != self._size:
            self._demand = _no_demand()
        self._size = size
        while self._idle and self._total > size:
            self._start_chore(self._disconnect(self._idle.pop(0)))
        await self._fill()

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(connection)` on a connection's thread, in one hop.

        A cancelled caller leaves at once; the connection is handed out again only after its
        thread has finished the function and any transaction is rolled back.

        Raises:
            DatabaseError: the database cannot be read, or the pool is closed.
        """
        slot = await self._take()
        try:
            result = await self._call(slot, function)
        except asyncio.CancelledError:
            self._start_chore(self._recover_cancelled(slot))
            raise
        except BaseException:
            self._give_back(slot)
            raise
        self._give_back(slot)
        return result

    def status(self) -> ConnectionsStatus:
        """What the connections are doing now, and what became of them so far."""
        return ConnectionsStatus(
            pooled=True,
            size=self._size,
            busy=len(self._busy),
            waiting=sum(not waiter.done() for waiter in self._waiters),
            wait_p95_ms=percentile_95_ms(self._waits_ns),
            replaced=self._replaced,
            opened=self._opened,
            closed=self._closed,
            **self._demand,
        )

    # ---- handing out ------------------------------------------------------------------------

    @property
    def _total(self) -> int:
        return len(self._idle) + len(self._busy)

    async def _take(self) -> Slot:
        if not self._open:
            raise _closed_error()
        if self._idle:
            # The most recently used one has the warmest page cache.
            slot = self._idle.pop()
            self._busy.add(slot)
            self._waits_ns.append(0)
            self._note_demand()
            return slot
        asked = time.perf_counter_ns()
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._note_demand()
        try:
            slot = await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._give_back(waiter.result())
            elif waiter in self._waiters:
                # Behind a database that hangs, callers may come and leave for a long time.
                self._waiters.remove(waiter)
            raise
        self._waits_ns.append(time.perf_counter_ns() - asked)
        return slot

    def _note_demand(self) -> None:
        demand, waiting = self._demand, len(self._waiters)
        demand["calls"] += 1
        demand["waited"] += waiting > 0
        demand["most_busy"] = max(demand["most_busy"], len(self._busy))
        demand["most_waiting"] = max(demand["most_waiting"], waiting)

    def _give_back(self, slot: Slot) -> None:
        if not self._open or self._total > self._size:
            self._busy.discard(slot)
            self._start_chore(self._disconnect(slot))
            self._call_ended.set()
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        self._busy.discard(slot)
        self._idle.append(slot)

    # ---- one call ---------------------------------------------------------------------------

    async def _call(self, slot: Slot, function: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._attempt(slot, function)
        except FileReplacedError:
            slot.must_open = True
        except sqlite3.Error as error:
            if primary_code(error) not in _LOST_CODES:
                raise classify(error, self._path) from error
            slot.must_open = True
        except OSError as error:
            raise classify(error, self._path) from error
        try:
            return await self._attempt(slot, function)
        except FileReplacedError as error:
            raise _replaced_error(self._path) from error
        except (sqlite3.Error, OSError) as error:
            raise classify(error, self._path) from error

    async def _attempt(self, slot: Slot, function: Callable[[sqlite3.Connection], T]) -> T:
        if slot.must_open:
            # A cancelled caller must not cut the opening short: the new connection would be lost.
            slot.opening = self._start_chore(self._connect(slot))
            await asyncio.shield(slot.opening)
        return await slot.execute(function)

    async def _connect(self, slot: Slot) -> None:
        if slot.is_open:
            await self._disconnect(slot)
            self._replaced += 1
        await slot.open(self._busy_timeout, self._prepare)
        slot.must_open = False
        self._opened += 1

    async def _disconnect(self, slot: Slot) -> None:
        if slot.is_open:
            self._closed += 1
            await slot.close()

    async def _recover_cancelled(self, slot: Slot) -> None:
        """Give a slot back once its thread has finished what the cancelled call left there."""
        if slot.opening is not None:
            await asyncio.gather(slot.opening, return_exceptions=True)
        slot.interrupt()
        await slot.settle()
        self._give_back(slot)

    # ---- upkeep -----------------------------------------------------------------------------

    async def _fill(self) -> None:
        """Add and open what is missing to the pool's size.

        Raises:
            DatabaseError: a connection cannot be opened; its slot stays, to be tried when needed.
        """
        added = [Slot(self._path) for _ in range(self._size - self._total)]
        self._busy.update(added)
        openings = [self._start_chore(self._connect(slot)) for slot in added]
        for slot, opening in zip(added, openings, strict=True):
            slot.opening = opening
        try:
            outcomes = await asyncio.shield(asyncio.gather(*openings, return_exceptions=True))
        finally:
            for slot in added:
                if slot.opening is not None and slot.opening.done():
                    self._give_back(slot)
                else:
                    self._start_chore(self._recover_cancelled(slot))
        for outcome in outcomes:
            if isinstance(outcome, FileReplacedError):
                raise _replaced_error(self._path) from outcome
            if isinstance(outcome, sqlite3.Error | OSError):
                raise classify(outcome, self._path) from outcome
            if isinstance(outcome, BaseException):
                raise outcome

    def _start_chore(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start upkeep that outlives the call that asked for it; `close` waits for all of it."""
        chore = asyncio.get_running_loop().create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)
        return chore


def _no_demand() -> dict[str, int]:
    return {"calls": 0, "waited": 0, "most_busy": 0, "most_waiting": 0}


def _require_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"a pool needs at least one connection, not {size}")


def _closed_error() -> DatabaseError:
    return DatabaseError("the connection pool is closed", "start the engine again")


def _replaced_error(path: Path) -> DatabaseError:
    return DatabaseError(f"{path} was replaced while it was being opened", "try again")
