"""The sentinel: a connection that only ever asks whether somebody has committed.

`PRAGMA data_version` differs from the last answer on the same connection when any other connection
has committed meanwhile. The file's device and inode tell a file that was replaced by renaming.
Polling, inotify and stat of the WAL have all been measured to miss commits.

In WAL mode the PRAGMA waits for nobody. In rollback-journal mode it takes a lock, for which it may
have to wait: it runs in a thread then, and only where somebody writes; otherwise the change counter
in the file, or SQLite at once, tells whether there was a commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from engine.errors import DatabaseError
from engine.storage.change_counter import ChangeCounter, ReadDescriptors, read_counter
from engine.storage.connection import (
    FileIdentity,
    classify,
    connect,
    file_identity,
    is_busy,
    journal_mode,
)
from engine.storage.filesystem import is_local
from engine.storage.patience import Patience


class _Check(NamedTuple):
    """A check that was asked for; callers may join it until it begins."""

    begun: threading.Event
    future: asyncio.Future[int]


class Sentinel:
    """Tells the database's epoch: a number that moves whenever anybody has committed.

    It leaves no cursor and no transaction open, so that it never holds up a writer.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        """Describe a sentinel; nothing is opened before `open`.

        Args:
            path: the database.
            busy_timeout: seconds to wait for another process's lock.
        """
        self._path = path
        self._name = str(path)
        """To be looked up at every check: without a `Path` that costs half a microsecond less."""
        self.busy_timeout = busy_timeout
        """May be changed at any time; a check that has begun takes it as it was."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="taskstart-sentinel")
        self._stopping = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None
        self._version: int | None = None
        self._pending: _Check | None = None
        self._in_wal_mode = False
        self._counter: ChangeCounter | None = None
        self._descriptor: int | None = None
        self._local = False
        self.epoch = 0
        """As the last check saw it."""
        self.journal_mode = ""
        """In lower case, as when the file was opened or last changed."""

    async def open(self) -> None:
        """Connect and make the first check.

        Raises:
            DatabaseError: the database cannot be read.
        """
        loop = asyncio.get_running_loop()
        self._local = await loop.run_in_executor(self._executor, is_local, self._path)
        await self.check()

    async def close(self) -> None:
        """End a check that waits for a lock, close the connection, and end the thread."""
        self._stopping.set()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._disconnect)
        await asyncio.to_thread(self._executor.shutdown)

    def try_check_on_loop(self) -> int | None:
        """The epoch at once (3 to 10 us), where looking cannot wait for anybody.

        On a local disk, that is so in WAL mode, and in rollback-journal mode as long as nobody
        writes at this very moment: the change counter proves that nobody has committed, or SQLite
        is asked, which takes its lock at once or not at all (60 us). None means: ask `check`. It is
        also given while a check is under way, and when anything is not as usual.
        """
        connection, pending = self._connection, self._pending
        if connection is None or (pending is not None and not pending.future.done()):
            return None
        counter = self._counter
        if counter is None and not self._in_wal_mode:
            return None
        try:
            if file_identity(self._name) != self._identity:
                return None
            if counter is None:
                version = _data_version(connection)
            elif counter.is_unmoved():
                return self.epoch
            else:
                followed = counter.follow(connection)
                if followed is None:
                    return None
                version = followed
        except (sqlite3.Error, OSError):
            return None  # the check in the thread meets the same failure, and reports it
        if version != self._version:
            self._version = version
            self.epoch += 1
        return self.epoch

    async def check(self) -> int:
        """The epoch, by a check that begins after this call.

        Callers that come before a check begins share it; nobody joins a running one, since that
        may have looked before the caller's own commit.

        Raises:
            DatabaseBusyError: a lock was held for longer than the busy time-out.
            DatabaseError: the database cannot be read.
        """
        epoch = self.try_check_on_loop()
        if epoch is not None:
            return epoch
        pending = self._pending
        if pending is None or pending.begun.is_set():
            pending = self._pending = self._submit()
        # A cancelled caller must not take the check away from the others.
        return await asyncio.shield(pending.future)

    def _submit(self) -> _Check:
        if self._stopping.is_set():
            raise _closed_error()
        begun = threading.Event()
        loop = asyncio.get_running_loop()
        return _Check(begun, loop.run_in_executor(self._executor, self._check_in_thread, begun))

    # ---- in the sentinel's thread -----------------------------------------------------------

    def _check_in_thread(self, begun: threading.Event) -> int:
        begun.set()
        patience = Patience(self.busy_timeout)
        may_reconnect = self._connection is not None
        while True:
            try:
                return self._look()
            except OSError as error:
                raise classify(error, self._path) from error
            except sqlite3.Error as error:
                if not is_busy(error):
                    # The connection may be at fault; a new one also means a new epoch.
                    self._disconnect()
                    if not may_reconnect:
                        raise classify(error, self._path) from error
                    may_reconnect = False
                elif patience.is_over:
                    raise classify(error, self._path) from error
            if self._stopping.wait(patience.next_pause_s()):
                raise _closed_error()

    def _look(self) -> int:
        connection = self._connection
        if connection is None or file_identity(self._path) != self._identity:
            connection = self._connect()
        version = _data_version(connection)
        if version != self._version:
            self._version = self._learn(connection, version)
            self.epoch += 1
        return self.epoch

    def _learn(self, connection: sqlite3.Connection, version: int) -> int:
        """How the next looks can be made without waiting; the version that the database has now."""
        self._counter = None
        self.journal_mode = journal_mode(connection)
        self._in_wal_mode = self._local and self.journal_mode == "wal"
        descriptor, identity = self._descriptor, self._identity
        if not self._local or self._in_wal_mode or descriptor is None or identity is None:
            return version
        try:
            self._counter, version = read_counter(connection, self._path, descriptor, identity)
        except OSError:
            self._descriptor = None  # without it every look takes the thread, and is as right
        return version

    def _connect(self) -> sqlite3.Connection:
        """Open the file that the path names now, and know which one that is."""
        self._disconnect()
        while True:
            identity = file_identity(self._path)
            descriptors = ReadDescriptors(identity)
            # This class does the waiting itself, so that `close` can end it.
            connection = connect(self._path, busy_timeout=0.0)
            if file_identity(self._path) == identity:
                self._connection, self._identity = connection, identity
                self._descriptor = descriptors.added()
                return connection
            connection.close()

    def _disconnect(self) -> None:
        self._in_wal_mode = False
        self._counter = self._descriptor = None
        self._version = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _data_version(connection: sqlite3.Connection) -> int:
    # The one row is also the last, so that the cursor is reset as soon as it has been fetched.
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version


def _closed_error() -> DatabaseError:
    return DatabaseError("the sentinel is closed", "start the engine again")
