"""A digest of everything that each task's answer takes from the database, by plain table scans.

Reading all tables once and hashing each row costs a tenth of reading every task by its own
statement. Equal digests mean equal rows; different ones may only mean that a row changed that
belongs to something else of the same id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Final

from engine.storage import rows
from engine.storage.connection import ReadTransaction, read_tolerantly
from engine.storage.queries import assigned_role
from engine.storage.rows import Cell, Row, fingerprint
from engine.storage.schema import REQUIRED

_ENTITY_ID: Final = rows.CONTEXT_COLUMNS.index("entity_id")
_ROLE: Final = rows.AGENT_COLUMNS.index("role")
_WORK_ITEM_OF_SUMMARY: Final = rows.SUMMARY_COLUMNS.index("work_item_id")
_WORK_ITEM_OF_TASK: Final = rows.TASK_COLUMNS.index("work_item_id")
_PROJECT_OF_WORK_ITEM: Final = rows.WORK_ITEM_COLUMNS.index("project_id")
_OWN_ROLES: Final = f"SELECT {', '.join(rows.TASK_COLUMNS)} FROM tasks"


class Survey:
    """The tables of one snapshot, as digests."""

    def __init__(self, scan: Callable[[str], Iterable[Row]]) -> None:
        """`scan` gives all rows of a table in the order of their ids."""
        self._tasks: dict[Cell, tuple[bytes, Cell, str | None]] = {}
        for row in scan("tasks"):
            self._tasks[row[0]] = (fingerprint(row), row[_WORK_ITEM_OF_TASK], assigned_role(row))
        self._work_items = {
            row[0]: (fingerprint(row), row[_PROJECT_OF_WORK_ITEM]) for row in scan("work_items")
        }
        self._contexts = _grouped(scan("contexts"), _ENTITY_ID)
        self._summaries = _grouped(scan("work_item_summaries"), _WORK_ITEM_OF_SUMMARY)
        self._agents = _grouped(scan("agents"), _ROLE)
        self._shared = fingerprint([list(scan(table)) for table in ("projects", "rules")])

    def digest(self, task_id: int, agent_role: str | None) -> bytes | None:
        """Of every row that the answer to this request can depend on; None without such a task."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        seen, work_item_id, own_role = task
        work_item, project_id = self._work_items.get(work_item_id, (b"", None))
        return fingerprint(
            (
                seen,
                work_item,
                [self._contexts.get(one, ()) for one in (task_id, work_item_id, project_id)],
                self._summaries.get(work_item_id, ()),
                [self._agents.get(role, ()) for role in (agent_role, own_role)],
                self._shared,
            )
        )

    def own_role(self, task_id: int) -> str | None:
        """The task's own role; None when it has none, or there is no such task."""
        task = self._tasks.get(task_id)
        return task[2] if task is not None else None


def make_survey(connection: sqlite3.Connection) -> Survey:
    """Read everything in one transaction; blocking, for a connection's own thread."""

    def scan(table: str) -> list[Row]:
        names = ", ".join(REQUIRED[table])
        found: list[Row] = connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
        return found

    def read() -> Survey:
        with ReadTransaction(connection):
            return Survey(scan)

    return read_tolerantly(connection, read)


def read_own_roles(connection: sqlite3.Connection) -> list[tuple[int, str | None]]:
    """Every task's id and own role; blocking, for a connection's own thread."""

    def read() -> list[tuple[int, str | None]]:
        found = connection.execute(_OWN_ROLES).fetchall()
        return [(row[0], assigned_role(row)) for row in found]

    return read_tolerantly(connection, read)


def _grouped(found: Iterable[Row], column: int) -> dict[Cell, list[bytes]]:
    groups: dict[Cell, list[bytes]] = {}
    for row in found:
        groups.setdefault(row[column], []).append(fingerprint(row))
    return groups
