"""Opening a user's database for reading only, and saying plainly why it cannot be read.

A database file is never opened by other means than SQLite: closing any other descriptor of it
would drop the locks that SQLite holds for the whole process.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from engine.errors import (
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseError,
    DatabaseHotJournalError,
    DatabaseMissingError,
    DatabasePermissionError,
    DatabaseSchemaError,
)

T = TypeVar("T")

FileIdentity = tuple[int, int]
"""Device and inode: another pair means that the file was replaced."""

_MIGRATE = "run any `apm` command in the project, which migrates its database, then try again"
_RESTORE = "restore it from a backup; `sqlite3 FILE .recover` may save what is left"

_PRIMARY_CODE = 0xFF
_HOT_JOURNAL_CODES = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY)
_BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_CORRUPT_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_ACCESS_CODES = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_READONLY,
)


def database_uri(path: Path, mode: str) -> str:
    """The SQLite URI of a path, whatever bytes its name is made of."""
    return f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"


def connect(path: Path, *, busy_timeout: float, query_only: bool = True) -> sqlite3.Connection:
    """Open a database for reading only.

    Args:
        path: the database file; it is never created.
        busy_timeout: seconds to wait for another process's lock.
        query_only: also refuse writes to temporary tables. The baseline leaves it out, since it
            costs one more statement than the connections that it stands for.

    Raises:
        sqlite3.Error: as SQLite reports it; `classify` says what it means.
    """
    connection = sqlite3.connect(
        database_uri(path, "ro"),
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    if query_only:
        try:
            connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def file_identity(path: Path | str) -> FileIdentity:
    """Device and inode of the file that the path names now.

    Raises:
        OSError: there is no such file, or its folder cannot be searched.
    """
    status = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, on the hot path
    return status.st_dev, status.st_ino


def journal_mode(connection: sqlite3.Connection) -> str:
    """The journal mode in force, in lower case: `delete`, `wal`, ..."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0]).lower()


class ReadTransaction:
    """Everything read inside is of one snapshot; nothing is ever written."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        # With nothing written, rolling back is the same as committing, and cannot fail.
        if self._connection.in_transaction:
            self._connection.rollback()


def read_tolerantly(connection: sqlite3.Connection, read: Callable[[], T]) -> T:
    """Run `read`, once more with undecodable text left as bytes if some text is not UTF-8.

    The fast path decodes in C; only a database with broken text pays for a decoder in Python.
    """
    try:
        return read()
    except sqlite3.OperationalError as error:
        if not _is_undecodable(error):
            raise
    connection.text_factory = _text_or_bytes
    try:
        return read()
    finally:
        connection.text_factory = str


def _is_undecodable(error: sqlite3.Error) -> bool:
    return str(error).startswith("Could not decode to UTF-8")


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 where Python raised the error itself."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE


def classify(error: sqlite3.Error | OSError, path: Path) -> DatabaseError:
    """Say what a failure to read the database means, and what to do about it."""
    if isinstance(error, OSError):
        return _unreachable(path, error.strerror or str(error))
    extended = getattr(error, "sqlite_errorcode", 0)
    primary = primary_code(error)
    if extended in _HOT_JOURNAL_CODES:
        return _hot_journal(path)
    if primary in _BUSY_CODES:
        return DatabaseBusyError(
            f"{path} is locked by another process",
            "wait until it has finished, or raise the busy time-out (busy_timeout_seconds)",
        )
    if primary in _CORRUPT_CODES:
        return _corrupt(path, primary)
    if primary in _ACCESS_CODES or (primary == sqlite3.SQLITE_IOERR and path.is_dir()):
        return _unreachable(path, str(error))
    if _names_schema(error):
        return DatabaseSchemaError(f"{path} has an older schema ({error})", _MIGRATE)
    return DatabaseError(f"{path} cannot be read ({error})", "check the disk and the file")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection's lock is the reason, so that trying again may help."""
    return primary_code(error) in _BUSY_CODES


def _names_schema(error: sqlite3.Error) -> bool:
    return str(error).startswith(("no such table", "no such column"))


def _hot_journal(path: Path) -> DatabaseError:
    command = "taskstart recover"
    if path.parent.parts[-2:] == (".agentpm", "data"):
        command += f" --project {shlex.quote(str(path.parents[2]))}"
    return DatabaseHotJournalError(
        f"{path} holds a half-finished change: a writer was killed while it committed",
        f"run `{command}` (it asks first, then opens the database for writing once)",
    )


def _corrupt(path: Path, primary: int) -> DatabaseError:
    if primary == sqlite3.SQLITE_NOTADB:
        return DatabaseCorruptError(f"{path} is not an SQLite database", "restore it from a backup")
    return DatabaseCorruptError(f"{path} is damaged", _RESTORE)


def _unreachable(path: Path, detail: str) -> DatabaseError:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return DatabaseMissingError(
            f"there is no database at {path}",
            "run `apm init` in the project, or name another folder with --project",
        )
    except OSError as error:
        return DatabasePermissionError(
            f"{path} cannot be reached ({error.strerror})", f"check the rights of {path.parent}"
        )
    if stat.S_ISDIR(mode):
        return DatabaseMissingError(f"{path} is a folder, not a database", "remove the folder")
    if not os.access(path, os.R_OK):
        return DatabasePermissionError(
            f"{path} cannot be read by this user", f"allow reading it: chmod u+r {path}"
        )
    if _lacks_wal_files(path):
        return DatabasePermissionError(
            f"{path} is in WAL mode, and SQLite cannot make its -shm file in that folder",
            f"allow writing to {path.parent}, or let a process that may write keep it open",
        )
    return DatabasePermissionError(
        f"{path} cannot be opened ({detail})", "check the rights of the file and of its folder"
    )


def _lacks_wal_files(path: Path) -> bool:
    shared_memory = path.with_name(f"{path.name}-shm")
    return not os.access(path.parent, os.W_OK) and not os.access(shared_memory, os.R_OK)
