"""One place of a pool: a connection on a thread of its own, opened when needed and replaceable."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar, cast

import aiosqlite

from engine.storage.connection import FileIdentity, connect, file_identity, is_busy
from engine.storage.patience import Patience

T = TypeVar("T")

_ROWS_PER_HOP: Final = 64


class FileReplacedError(Exception):
    """The path names another file than the one that the connection has open."""


class Slot:
    """A connection, the thread that runs it, and the identity of the file it has open."""

    __slots__ = (
        "_busy_timeout",
        "_connection",
        "_identity",
        "_interrupted",
        "_path",
        "_raw",
        "must_open",
        "opening",
    )

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: aiosqlite.Connection | None = None
        self._raw: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None
        self._busy_timeout = 0.0
        self._interrupted = threading.Event()
        self.must_open = True
        """There is no connection, or a failed one, or one to a file that was replaced."""
        self.opening: asyncio.Task[None] | None = None
        """The last task that opened this connection; it outlives the call that asked for it."""

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    async def open(
        self, busy_timeout: float, prepare: Callable[[sqlite3.Connection], None] | None
    ) -> None:
        """Open the connection on a new thread; it waits `busy_timeout` seconds for a lock.

        Raises:
            sqlite3.Error, OSError: the database cannot be opened.
            FileReplacedError: the file was replaced meanwhile.
        """

        def connector() -> sqlite3.Connection:
            identity = file_identity(self._path)
            raw = connect(self._path, busy_timeout=0.0)
            try:
                if file_identity(self._path) != identity:
                    raise FileReplacedError
                if prepare is not None:
                    self._try_until_free(raw, prepare)
            except BaseException:
                raw.close()
                raise
            self._raw, self._identity = raw, identity
            return raw

        self._busy_timeout = busy_timeout
        connection = aiosqlite.Connection(connector, _ROWS_PER_HOP)
        try:
            self._connection = await connection
        except BaseException:
            # aiosqlite does not wait for the thread that failed to connect, which would then
            # report to an event loop that may be closed by then.
            await asyncio.to_thread(connection._thread.join)
            raise

    async def execute(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` on the connection's thread and return what it returns.

        It is run anew when it meets another process's lock, until the busy time-out ends.

        Raises:
            FileReplacedError: the path now names another file; `function` did not run.
            OSError: the path names no file any more.
        """
        return await self._hop(self._guarded, self._raw, function)

    async def _hop(self, function: Callable[..., T], *arguments: object) -> T:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the connection is closed")
        # aiosqlite's public calls hop to the thread once per statement and once per fetch. Its
        # own way of running any function there takes one hop for a whole load.
        execute = cast("Callable[..., Awaitable[T]]", self._connection._execute)
        return await execute(function, *arguments)

    def _guarded(self, raw: sqlite3.Connection, function: Callable[[sqlite3.Connection], T]) -> T:
        if file_identity(self._path) != self._identity:
            raise FileReplacedError
        return self._try_until_free(raw, function)

    def _try_until_free(
        self, raw: sqlite3.Connection, function: Callable[[sqlite3.Connection], T]
    ) -> T:
        self._interrupted.clear()
        patience = Patience(self._busy_timeout)
        while True:
            try:
                return function(raw)
            except sqlite3.Error as error:
                _roll_back(raw)
                if not is_busy(error) or patience.is_over:
                    raise
                if self._interrupted.wait(patience.next_pause_s()):
                    raise
            except BaseException:
                _roll_back(raw)
                raise

    async def settle(self) -> None:
        """Wait until the thread has finished what was queued before, and end its transaction."""
        if self._connection is not None and self._raw is not None:
            await self._hop(_roll_back, self._raw)

    def interrupt(self) -> None:
        """Cut the running statement, or its wait for a lock, short; harmless when none runs."""
        self._interrupted.set()
        if self._raw is not None:
            with contextlib.suppress(sqlite3.ProgrammingError):  # already closed
                self._raw.interrupt()

    async def close(self) -> None:
        """Close the connection and end its thread."""
        connection, self._connection, self._raw = self._connection, None, None
        self.must_open = True
        if connection is not None:
            await connection.close()


def _roll_back(raw: sqlite3.Connection) -> None:
    # Only after a failure or a cancellation, which says more than a failing rollback would.
    with contextlib.suppress(sqlite3.Error):
        if raw.in_transaction:
            raw.rollback()
