"""Reading a project's database once, in one snapshot, for an import."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from engine.core.project import DATABASE
from engine.storage.connection import ReadTransaction, classify, connect, read_tolerantly
from engine.storage.schema import check_schema

BUSY_TIMEOUT_S = 5.0
_T = TypeVar("_T")


def read_database(root: Path, read: Callable[[sqlite3.Connection], _T]) -> _T:
    """What `read` finds in the database of the project at `root`; read-only, in one transaction.

    `read` may be called a second time, if the database holds text that is not UTF-8.

    Raises:
        DatabaseError: it cannot be read, or lacks AgentPM's tables.
    """
    path = root / DATABASE
    try:
        with closing(connect(path, busy_timeout=BUSY_TIMEOUT_S)) as connection:
            check_schema(connection, path)

            def snapshot() -> _T:
                with ReadTransaction(connection):
                    return read(connection)

            return read_tolerantly(connection, snapshot)
    except (sqlite3.Error, OSError) as error:
        raise classify(error, path) from error
