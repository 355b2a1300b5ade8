"""Undoing a change that a killed writer left half-finished.

This is the one place that opens a user's database for writing, and only because a person asked.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import DatabaseCorruptError, DatabaseHotJournalError
from engine.storage.connection import classify, connect, database_uri

BUSY_TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """What came of a recovery."""

    journal_found: bool
    """A `-journal` or `-wal` file lay beside the database before."""
    journal_left: bool
    """It still does, as it may in WAL mode or while a live process is writing."""

    @property
    def text(self) -> str:
        """What happened, in one line for a person."""
        if not self.journal_found:
            return "there was no half-finished change; the database can be read"
        if self.journal_left:
            return "the database can be read; a journal is still in use beside it"
        return "the half-finished change was undone; the database can be read"


def needs_recovery(path: Path) -> bool:
    """Whether a half-finished change keeps all from reading; the database is only read for it.

    Raises:
        DatabaseCorruptError: its pages are damaged.
        DatabaseError: something else keeps it from being read (missing, locked, no permission).
    """
    try:
        with closing(connect(path, busy_timeout=BUSY_TIMEOUT_SECONDS)) as connection:
            _check_pages(connection, path)
    except sqlite3.Error as error:
        failure = classify(error, path)
        if isinstance(failure, DatabaseHotJournalError):
            return True
        raise failure from error
    return False


def recover(path: Path) -> Recovery:
    """Open a database for writing once, so that SQLite rolls a hot journal back.

    Nothing else is written: the change that was half-finished is undone as SQLite's own recovery
    does it, and the database is then checked.

    Raises:
        DatabaseCorruptError: its pages are damaged, or became so by the crash.
        DatabaseError: it cannot be opened for writing (missing, locked, no permission).
    """
    found = _has_journal(path)
    try:
        with closing(
            sqlite3.connect(
                database_uri(path, "rw"),
                uri=True,
                timeout=BUSY_TIMEOUT_SECONDS,
                isolation_level=None,
            )
        ) as connection:
            # The first read takes the lock under which SQLite rolls the journal back.
            _check_pages(connection, path)
    except sqlite3.Error as error:
        raise classify(error, path) from error
    return Recovery(journal_found=found, journal_left=_has_journal(path))


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    report = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if report != "ok":
        raise DatabaseCorruptError(
            f"{path} is damaged ({report})",
            "restore it from a backup; `sqlite3 FILE .recover` may save what is left",
        )


def _has_journal(path: Path) -> bool:
    return any(path.with_name(f"{path.name}{suffix}").exists() for suffix in ("-journal", "-wal"))
