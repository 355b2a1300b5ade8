"""Which rows other processes have changed: a copy in memory, compared after each commit.

The database is attached, for reading only, to a database in memory that holds the rows as they
were last seen. SQLite compares the two in its own code, so that a comparison of thousands of rows
takes a few milliseconds and does not keep the interpreter from its other threads.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.storage.connection import (
    FileIdentity,
    classify,
    database_uri,
    file_identity,
    read_tolerantly,
)
from engine.storage.rows import Cell, Row
from engine.storage.schema import REQUIRED

LARGEST_DATABASE: Final = 32 * 2**20
"""Bytes; of a larger one no copy is held, and only that somebody has committed is known."""
MOST_ROWS: Final = 1_000
"""Changed rows that one look tells apart; a migration or an import changes more."""

_AMBIGUOUS: Final[Mapping[str, str]] = {
    "agents": "SELECT count(*) > 1 FROM project.agents WHERE role = :role",
    "rules": "SELECT count(*) > 1 FROM project.rules WHERE rule_id = :rule_id",
    "contexts": (
        "SELECT count(*) > 1 OR (:entity_type = 'project' AND "
        ":entity_id <> (SELECT min(id) FROM project.projects)) FROM project.contexts "
        "WHERE context_type = :context_type AND entity_type = :entity_type "
        "AND entity_id = :entity_id"
    ),
}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that a TaskStart may read, before and after; only the columns that it reads."""

    table: str
    id: Cell
    before: Mapping[str, Cell] | None
    """None for a new row."""
    after: Mapping[str, Cell] | None
    """None for a deleted row."""
    ambiguous: bool = False
    """Whether what names it (a role, a rule's id, what a context is about) names others too."""

    @property
    def columns(self) -> list[str]:
        """The columns that differ; of a new row those that are not null."""
        before, after = self.before or {}, self.after or {}
        return [name for name in after if after[name] != before.get(name)]


@dataclass(frozen=True, slots=True)
class Committed:
    """What other processes have committed since the last look."""

    rows: Sequence[RowChange] = ()
    """Empty when no row changed that a TaskStart reads."""
    unknown: str = ""
    """Why it is not known which rows changed; empty when `rows` tells."""


class RowChanges:
    """Watches one database. Blocking, for one thread at a time."""

    def __init__(self, path: Path, *, largest: int = LARGEST_DATABASE) -> None:
        """Nothing is opened before the first look."""
        self._path = path
        self._largest = largest
        self._connection: sqlite3.Connection | None = None
        self._attached: FileIdentity | None = None
        self._version: int | None = None
        self._copied = False

    def look(self) -> Committed | None:
        """What has been committed since the last look; None if nothing. The first look sees nothing.

        Raises:
            DatabaseError: the database cannot be read now; a later look tells what it missed.
        """
        try:
            return self._look()
        except (sqlite3.Error, OSError) as error:
            raise classify(error, self._path) from error

    def close(self) -> None:
        """Let go of the database."""
        connection, self._connection = self._connection, None
        self._attached = self._version = None
        self._copied = False
        if connection is not None:
            connection.close()

    def _look(self) -> Committed | None:
        connection = self._attach()
        with _transaction(connection):
            version: int = connection.execute("PRAGMA project.data_version").fetchone()[0]
            if version == self._version:
                return None
            first = self._version is None and not self._copied
            found = self._compare(connection)
        self._version = version
        return None if first else found

    def _attach(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is None:
            connection = self._connection = sqlite3.connect(
                ":memory:", uri=True, isolation_level=None, check_same_thread=False, timeout=0.0
            )
        identity = file_identity(self._path)
        if self._attached != identity:
            # Another file may have taken its place: the copy tells in what it differs.
            if self._attached is not None:
                connection.execute("DETACH project")
                self._attached = None
            connection.execute("ATTACH ? AS project", (database_uri(self._path, "ro"),))
            self._attached, self._version = identity, None
        return connection

    def _compare(self, connection: sqlite3.Connection) -> Committed:
        (pages,) = connection.execute("PRAGMA project.page_count").fetchone()
        (size,) = connection.execute("PRAGMA project.page_size").fetchone()
        if pages * size > self._largest:
            self._forget(connection)
            return Committed(unknown=f"the database is larger than {self._largest // 2**20} MB")
        if not self._copied:
            self._copy(connection)
            return Committed(unknown="they were not watched before")
        changes: list[RowChange] = []
        for table, columns in REQUIRED.items():
            room = MOST_ROWS - len(changes)
            changes += read_tolerantly(connection, _Comparison(connection, table, columns, room))
            if len(changes) > MOST_ROWS:
                self._forget(connection)
                self._copy(connection)
                return Committed(unknown=f"more than {MOST_ROWS:,} rows differ")
        for change in changes:
            _follow(connection, change)
        return Committed(rows=tuple(changes))

    def _copy(self, connection: sqlite3.Connection) -> None:
        for table, columns in REQUIRED.items():
            names = ", ".join(columns)
            plain = ", ".join(name for name in columns if name != "id")
            connection.execute(f"CREATE TABLE main.{table} (id INTEGER PRIMARY KEY, {plain})")
            connection.execute(
                f"INSERT INTO main.{table} ({names}) SELECT {names} FROM project.{table}"
            )
        self._copied = True

    def _forget(self, connection: sqlite3.Connection) -> None:
        for table in REQUIRED:
            connection.execute(f"DROP TABLE IF EXISTS main.{table}")
        self._copied = False


class _Comparison:
    """The rows of one table that differ, at most one more than `room`."""

    def __init__(
        self, connection: sqlite3.Connection, table: str, columns: Sequence[str], room: int
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self._limit = room + 1

    def __call__(self) -> list[RowChange]:
        table, columns = self._table, self._columns
        seen = ", ".join(f"seen.{name}" for name in columns)
        now = ", ".join(f"now.{name}" for name in columns)
        # The copy stands on the left, so that its collation, which is by bytes, decides.
        changed = self._connection.execute(
            f"SELECT {seen}, {now} FROM project.{table} AS now "
            f"LEFT JOIN main.{table} AS seen ON seen.id = now.id "
            f"WHERE seen.id IS NULL OR ({seen}) IS NOT ({now}) LIMIT {self._limit}"
        ).fetchall()
        deleted = self._connection.execute(
            f"SELECT {seen} FROM main.{table} AS seen "
            f"WHERE NOT EXISTS (SELECT 1 FROM project.{table} AS now WHERE now.id = seen.id) "
            f"LIMIT {self._limit}"
        ).fetchall()
        half = len(columns)
        return [self._change(row[:half], row[half:]) for row in changed] + [
            RowChange(table, row[0], self._named(row), None) for row in deleted
        ]

    def _change(self, before: Row, after: Row) -> RowChange:
        named = self._named(after)
        question = _AMBIGUOUS.get(self._table)
        ambiguous = question is not None and bool(
            self._connection.execute(question, named).fetchone()[0]
        )
        seen = self._named(before) if before[0] is not None else None
        return RowChange(self._table, after[0], seen, named, ambiguous)

    def _named(self, row: Row) -> dict[str, Cell]:
        return dict(zip(self._columns, row, strict=True))


def _follow(connection: sqlite3.Connection, change: RowChange) -> None:
    """Bring the copy to what has been seen."""
    names = ", ".join(REQUIRED[change.table])
    connection.execute(f"DELETE FROM main.{change.table} WHERE id = ?", (change.id,))
    connection.execute(
        f"INSERT INTO main.{change.table} ({names}) "
        f"SELECT {names} FROM project.{change.table} WHERE id = ?",
        (change.id,),
    )


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One snapshot of the project; what is written is the copy alone."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()
