"""Everything of a database that an import uses, in one snapshot."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.importing.columns import SESSION_EVENTS, TASKS, WRITES, WriteColumn
from engine.importing.project_database import read_database
from engine.importing.startable import Startable, read_startable
from engine.storage.rows import Cell, Row

_TASKS = f"SELECT {', '.join(TASKS)} FROM tasks ORDER BY id"
_SESSION_EVENTS = (
    f"SELECT {', '.join(SESSION_EVENTS)} FROM session_events"
    " WHERE event_type LIKE 'task.%' AND task_id IS NOT NULL ORDER BY id"
)
_PROJECT_WITH_CONTEXT = (
    "SELECT p.id FROM (SELECT id FROM projects ORDER BY id LIMIT 1) p JOIN contexts c"
    " ON c.context_type = 'project_context' AND c.entity_type = 'project' AND c.entity_id = p.id"
)


@dataclass(frozen=True, slots=True)
class DatabaseRows:
    """Undecoded rows."""

    tasks: list[Row]
    session_events: list[Row] | None
    """None where this database does not have them."""
    writes: list[tuple[WriteColumn, list[Row]]]
    missing: list[WriteColumn]
    """Columns that this database does not have."""
    startable: Startable
    work_items: frozenset[Cell]
    project: Cell
    """Id of the project whose context a replay can write to; None when it has none."""


def read_rows(root: Path) -> DatabaseRows:
    """Read the database of the project at `root`.

    Raises:
        DatabaseError: it cannot be read, or lacks AgentPM's tables.
    """
    return read_database(root, _read)


def _read(connection: sqlite3.Connection) -> DatabaseRows:
    def fetch(sql: str) -> list[Row]:
        found: list[Row] = connection.execute(sql).fetchall()
        return found

    there = {write: _has(connection, write.table, write.needs) for write in WRITES}
    project = fetch(_PROJECT_WITH_CONTEXT)
    has_events = _has(connection, "session_events", SESSION_EVENTS)
    return DatabaseRows(
        tasks=fetch(_TASKS),
        session_events=fetch(_SESSION_EVENTS) if has_events else None,
        writes=[(write, fetch(write.sql)) for write in WRITES if there[write]],
        missing=[write for write in WRITES if not there[write]],
        startable=read_startable(connection),
        work_items=frozenset(row[0] for row in fetch("SELECT id FROM work_items")),
        project=project[0][0] if project else None,
    )


def _has(connection: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> bool:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return {str(name).lower() for (name,) in found}.issuperset(columns)
