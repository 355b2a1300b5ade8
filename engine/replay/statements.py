"""The SQL of a workload's writes, each run within a transaction that its caller holds.

Column names come from `engine.replay.events.COLUMNS` only; every value is a bound parameter.
Each function tells whether it met the row that the event names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.replay.events import COLUMNS, Op, WorkloadEvent
from engine.replay.stand_ins import stand_in

_TABLES: Mapping[Op, tuple[str, str]] = {
    Op.TASK_UPDATE: ("tasks", "id"),
    Op.WORK_ITEM_UPDATE: ("work_items", "id"),
    Op.AGENT_UPDATE: ("agents", "role"),
    Op.RULE_UPDATE: ("rules", "rule_id"),
}
_UNRECORDED = object()
"""In the place of a text that the workload does not hold."""
_TRIGGERED = ("started_at", "completed_at")
"""Columns that the schema's triggers fill with the machine's time when a task's status changes."""


def timestamp(now: datetime) -> str:
    """The form in which AgentPM stores times (UTC)."""
    return now.strftime("%Y-%m-%d %H:%M:%S")


def stored(value: Any) -> Any:
    """A value as a cell: objects and lists become JSON text."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value


def execute_write(connection: sqlite3.Connection, event: WorkloadEvent, now: datetime) -> bool:
    """Carry out one write (all but `sop_write`); False when the row that it names does not exist.

    Raises:
        sqlite3.Error: the database refuses it.
        KeyError: `set` names a column that no writer may change.
    """
    if event.op is Op.COMMIT:
        return True
    write = _WRITES[event.op]
    values: dict[str, Any] = dict.fromkeys(event.texts or (), _UNRECORDED)
    values |= {name: stored(value) for name, value in (event.changes or {}).items()}
    if not values.keys() <= COLUMNS[event.op]:
        raise KeyError(*sorted(values.keys() - COLUMNS[event.op]))
    return write(connection, event, values, now)


def _update(
    connection: sqlite3.Connection, event: WorkloadEvent, values: dict[str, Any], now: datetime
) -> bool:
    table, key = _TABLES[event.op]
    identity = {"id": event.work_item_id, "role": event.agent_role, "rule_id": event.rule_id}[key]
    return _set(connection, table, key, identity, values, now)


def _set(
    connection: sqlite3.Connection,
    table: str,
    key: str,
    identity: Any,
    values: Mapping[str, Any],
    now: datetime,
) -> bool:
    if not values:
        found = connection.execute(f"SELECT 1 FROM {table} WHERE {key} = ?", (identity,))
        return found.fetchone() is not None
    row = {"updated_at": timestamp(now), **values}
    for name in [name for name, value in row.items() if value is _UNRECORDED]:
        sql = f"SELECT {name} FROM {table} WHERE {key} = ?"
        found = connection.execute(sql, (identity,)).fetchone()
        row[name] = stand_in(name, found[0] if found is not None else None)
    columns = ", ".join(f"{name} = ?" for name in row)
    sql = f"UPDATE {table} SET {columns} WHERE {key} = ?"
    return connection.execute(sql, (*row.values(), identity)).rowcount > 0


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    values = [
        stand_in(name, None) if value is _UNRECORDED else value for name, value in row.items()
    ]
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)


def _task_times(connection: sqlite3.Connection, task_id: int | None) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(
        f"SELECT {', '.join(_TRIGGERED)} FROM tasks WHERE id = ?", (task_id,)
    ).fetchone()
    return found


def _update_task(
    connection: sqlite3.Connection, event: WorkloadEvent, values: dict[str, Any], now: datetime
) -> bool:
    before = _task_times(connection, event.task_id)
    if before is None:
        return False
    _set(connection, "tasks", "id", event.task_id, values, now)
    if "status" in values:
        after = _task_times(connection, event.task_id) or before
        moved = {
            name: timestamp(now)
            for name, old, new in zip(_TRIGGERED, before, after, strict=True)
            if new != old and name not in values
        }
        if moved:
            _set(connection, "tasks", "id", event.task_id, moved, now)
    return True


def _create_task(
    connection: sqlite3.Connection, event: WorkloadEvent, values: dict[str, Any], now: datetime
) -> bool:
    if _task_times(connection, event.task_id) is not None:
        return True
    if values.get("work_item_id") is None or values.get("name") is None:
        return False
    time = timestamp(now)
    row = {"id": event.task_id, "created_at": time, "updated_at": time, **values}
    _insert(connection, "tasks", row)
    return True


def _update_context(
    connection: sqlite3.Connection, event: WorkloadEvent, values: dict[str, Any], now: datetime
) -> bool:
    if event.task_id is not None:
        entity, sql = (
            "task",
            (
                "SELECT t.id, w.project_id FROM tasks t "
                "JOIN work_items w ON w.id = t.work_item_id WHERE t.id = ?"
            ),
        )
        identity: tuple[Any, ...] = (event.task_id,)
    elif event.work_item_id is not None:
        entity, sql = "work_item", "SELECT id, project_id FROM work_items WHERE id = ?"
        identity = (event.work_item_id,)
    else:
        entity, sql = "project", "SELECT id, id FROM projects ORDER BY id LIMIT 1"
        identity = ()
    found = connection.execute(sql, identity).fetchone()
    if found is None:
        return False
    row = connection.execute(
        "SELECT id FROM contexts WHERE context_type = ? AND entity_type = ? AND entity_id = ?",
        (f"{entity}_context", entity, found[0]),
    ).fetchone()
    if row is not None:
        return _set(connection, "contexts", "id", row[0], values, now)
    if values:
        time = timestamp(now)
        new = {
            "project_id": found[1],
            "context_type": f"{entity}_context",
            "entity_type": entity,
            "entity_id": found[0],
            "created_at": time,
            "updated_at": time,
            **values,
        }
        _insert(connection, "contexts", new)
    return bool(values)


def _add_summary(
    connection: sqlite3.Connection, event: WorkloadEvent, values: dict[str, Any], now: datetime
) -> bool:
    if event.work_item_id is not None:
        sql, identity = "SELECT id FROM work_items WHERE id = ?", event.work_item_id
    else:
        sql, identity = "SELECT work_item_id FROM tasks WHERE id = ?", event.task_id or 0
    found = connection.execute(sql, (identity,)).fetchone()
    if found is None:
        return False
    row = {
        "work_item_id": found[0],
        "session_date": now.strftime("%Y-%m-%d"),
        "created_at": timestamp(now),
        **values,
    }
    _insert(connection, "work_item_summaries", row)
    return True


_Write = Callable[[sqlite3.Connection, WorkloadEvent, dict[str, Any], datetime], bool]
_WRITES: Mapping[Op, _Write] = {
    Op.TASK_CREATE: _create_task,
    Op.TASK_UPDATE: _update_task,
    Op.WORK_ITEM_UPDATE: _update,
    Op.AGENT_UPDATE: _update,
    Op.CONTEXT_UPDATE: _update_context,
    Op.RULE_UPDATE: _update,
    Op.SUMMARY_ADD: _add_summary,
}
