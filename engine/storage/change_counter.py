"""The change counter of a database in rollback-journal mode: read at once, without a lock.

SQLite keeps a counter in the first page of the file. Every transaction that changes the file
writes a counter one higher than the last committed one, and does so before its commit returns. So
the bytes that were read under SQLite's own lock prove, for as long as they are there, that no
commit has ended since. Other bytes prove nothing: they may belong to a change that is still under
way, or will be taken back. Then SQLite is asked, which waits for whoever is writing.

The bytes are read through SQLite's own descriptor, since closing another one of the same file
would drop the locks of the whole process; and by `RWF_NOWAIT`, with which the system refuses to
read where it would have to wait.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final

from engine.storage.connection import FileIdentity, ReadTransaction

_OFFSET: Final = 18
"""Of the journal's kind; the counter and what SQLite compares beside it lie at 24 to 39."""
_LENGTH: Final = 22
_ROLLBACK: Final = b"\1\1"
"""What stands first in a file whose commits go through a rollback journal; in WAL mode, where
commits leave the counter alone, it is another."""
_DESCRIPTORS: Final = "/proc/self/fd"
_NO_WAITING: Final[int | None] = getattr(os, "RWF_NOWAIT", None)


class ReadDescriptors:
    """The descriptors by which this process has a file open for reading only."""

    def __init__(self, identity: FileIdentity) -> None:
        """Note which there are."""
        self._identity = identity
        self._before = self._now()

    def added(self) -> int | None:
        """The one that has come since; None unless it is exactly one."""
        fresh = self._now() - self._before
        return fresh.pop() if len(fresh) == 1 else None

    def _now(self) -> set[int]:
        try:
            names = os.listdir(_DESCRIPTORS)  # noqa: PTH208 - numbers, no paths
        except OSError:
            return set()  # this system has no such folder
        return {number for number in map(int, names) if self._is_one(number)}

    def _is_one(self, number: int) -> bool:
        try:
            if not _is_open_on(number, self._identity):
                return False
            return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        except OSError:
            return False  # closed meanwhile, as that of the listing is


class ChangeCounter:
    """Tells whether a database is as it was when its counter was last read under SQLite's lock."""

    def __init__(self, descriptor: int, identity: FileIdentity, journal: str, seen: bytes) -> None:
        """For `read_counter` only."""
        self._descriptor = descriptor
        self._identity = identity
        self._journal = journal
        self._seen = seen
        self._buffer = bytearray(_LENGTH)

    def is_unmoved(self) -> bool:
        """Whether it is proven that nobody has committed; False only means: ask SQLite.

        Waits for nothing and nobody (6 us).
        """
        assert _NO_WAITING is not None, "read_counter looks"
        try:
            # Every start pays this, so that no step of it is a function of its own.
            status = os.fstat(self._descriptor)
            if (status.st_dev, status.st_ino) != self._identity:
                return False
            read = os.preadv(self._descriptor, [self._buffer], _OFFSET, _NO_WAITING)
            if read != _LENGTH or self._buffer != self._seen:
                return False
            # A writer that was killed leaves a journal, and what the file holds is half-finished.
            return not os.access(self._journal, os.F_OK) or _is_empty_or_absent(self._journal)
        except OSError:
            return False

    def follow(self, connection: sqlite3.Connection) -> int | None:
        """`PRAGMA data_version` now, where nobody writes: from then on that is what was seen.

        Waits for nothing and nobody (60 us); None means: ask SQLite in a thread.

        Raises:
            sqlite3.Error: somebody writes, or the database cannot be read.
            OSError: reading would have to wait, or the descriptor cannot be read.
        """
        if not _is_empty_or_absent(self._journal):
            return None
        # That the page is in memory is known before SQLite reads it.
        self._read_at_once()
        with ReadTransaction(connection):
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
            if not self._read_at_once():
                return None
        if not self._buffer.startswith(_ROLLBACK):
            return None
        self._seen = bytes(self._buffer)
        return version

    def _read_at_once(self) -> bool:
        assert _NO_WAITING is not None, "read_counter looks"
        return os.preadv(self._descriptor, [self._buffer], _OFFSET, _NO_WAITING) == _LENGTH


def read_counter(
    connection: sqlite3.Connection, path: Path, descriptor: int, identity: FileIdentity
) -> tuple[ChangeCounter | None, int]:
    """The counter, and `PRAGMA data_version` of the same moment; may wait for the disk.

    `descriptor` is of the file at `path`, which `connection` has open.

    The counter is None where it would tell nothing (WAL mode) or could not be read without
    waiting later on: this system or this file system does not know how.

    Raises:
        sqlite3.Error: the database cannot be read now; `is_busy` tells whether it is locked.
        OSError: the descriptor cannot be read.
    """
    with ReadTransaction(connection):
        # Its lock lets no writer touch the file until the transaction ends.
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        seen = os.pread(descriptor, _LENGTH, _OFFSET)
    if not seen.startswith(_ROLLBACK) or not _reads_without_waiting(descriptor):
        return None, version
    # SQLite puts it beside the file itself, not beside a link to it.
    journal = f"{os.path.realpath(path)}-journal"
    return ChangeCounter(descriptor, identity, journal, seen), version


def _reads_without_waiting(descriptor: int) -> bool:
    if _NO_WAITING is None:
        return False
    try:
        os.preadv(descriptor, [bytearray(_LENGTH)], _OFFSET, _NO_WAITING)
    except BlockingIOError:
        return True  # not now, but it knows how
    except OSError:
        return False
    return True


def _is_open_on(descriptor: int, identity: FileIdentity) -> bool:
    status = os.fstat(descriptor)
    return (status.st_dev, status.st_ino) == identity


def _is_empty_or_absent(path: str) -> bool:
    try:
        return os.stat(path).st_size == 0  # noqa: PTH116 - the hot path
    except FileNotFoundError:
        return True
