"""The SQLite database that L3 keeps in the user's cache directory: its tables, its opening, its end.

A file that is damaged, of another product or of another layout is never repaired: it holds nothing
that cannot be loaded again.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_APPLICATION_ID = 0x54534C33
_LAYOUT = 1
_BUSY_SECONDS = 0.25

_DDL = """CREATE TABLE entries (
    namespace TEXT NOT NULL,
    key BLOB NOT NULL,
    session INTEGER NOT NULL,
    used INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    loaded_at REAL NOT NULL,
    epoch INTEGER NOT NULL,
    valid_until REAL,
    proof BLOB NOT NULL,
    files BLOB NOT NULL,
    value BLOB NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (namespace, key)
)"""
_INDEX = "CREATE INDEX entries_by_use ON entries (namespace, used, bytes)"

# What SQLite says when the trouble lies around the file, not in it; all else counts as damage.
_PASSING = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    }
)


class ForeignFileError(sqlite3.DatabaseError):
    """The file is a database, but not one of this product's and this layout."""


DISK_FAILURES = (sqlite3.Error, TypeError, ValueError)
"""What reading a damaged file may raise: a broken page can also yield values of wrong types."""


def is_damage(error: Exception) -> bool:
    """Whether a new file would help."""
    if not isinstance(error, sqlite3.Error) or isinstance(error, ForeignFileError):
        return not isinstance(error, OSError)
    if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF not in _PASSING


def open_database(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode to the file at `path`, made when it is missing.

    Its folder and itself are for this user alone.

    Raises:
        ForeignFileError: the file is a database of something else.
        sqlite3.Error: it is damaged, or cannot be opened now.
        OSError: the folder or the file cannot be made.
    """
    _make_private(path)
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _check_layout(connection)
        # The engine's crash loses nothing that was committed; a power cut may lose the last
        # transactions, never the file's consistency. That is enough for a cache.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def remove_database(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it; what is absent is fine.

    Raises:
        OSError: it cannot be removed.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block wrote, or take all of it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Opened by hand only while it does not exist: closing a second descriptor of a database
        # that this process has open would drop SQLite's locks on it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise ForeignFileError(f"{path} is not this user's file") from None


def _check_layout(connection: sqlite3.Connection) -> None:
    objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if (application, layout) == (_APPLICATION_ID, _LAYOUT) and objects:
        return
    if objects or application or layout:
        raise ForeignFileError("another product or layout made this file")
    with transaction(connection):
        connection.execute(_DDL)
        connection.execute(_INDEX)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")
