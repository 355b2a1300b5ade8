"""What other processes have committed, as events of a workload: what is known, and no more.

A changed row becomes a write of its values. Texts are not recorded unless asked for: their columns
are named (`texts`), and a replay changes them in some way of its own. What no write of a workload
can repeat becomes a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.replay.events import COLUMNS, Op, WorkloadEvent
from engine.storage.row_changes import Committed, RowChange
from engine.storage.rows import Cell

LONGEST_VALUE = 100
"""Characters; a longer value is a text."""
_VALUES = frozenset(
    [
        "assigned_to",
        "category",
        "completed_at",
        "created_at",
        "due_date",
        "effort_estimate_hours",
        "effort_hours",
        "enabled",
        "enforcement_level",
        "file_path",
        "is_active",
        "is_continuous",
        "not_before",
        "phase",
        "priority",
        "session_date",
        "session_duration_hours",
        "started_at",
        "status",
        "summary_type",
        "type",
        "updated_at",
        "work_item_id",
    ]
)
"""Columns whose values are no texts."""
SOURCE = "noticed"
"""Where such events come from."""
_UPDATES: Mapping[str, Op] = {
    "tasks": Op.TASK_UPDATE,
    "work_items": Op.WORK_ITEM_UPDATE,
    "agents": Op.AGENT_UPDATE,
    "contexts": Op.CONTEXT_UPDATE,
    "rules": Op.RULE_UPDATE,
}
_ADDITIONS: Mapping[str, Op] = {
    "tasks": Op.TASK_CREATE,
    "contexts": Op.CONTEXT_UPDATE,
    "work_item_summaries": Op.SUMMARY_ADD,
}


def events_of(committed: Committed, *, texts: bool = False) -> list[WorkloadEvent]:
    """The events, at time 0; `texts` records texts too."""
    if committed.unknown:
        return [_note(f"another process changed the database; rows unknown: {committed.unknown}")]
    if not committed.rows:
        return [WorkloadEvent(t=0.0, op=Op.COMMIT, source=SOURCE)]
    return [_event(change, texts) for change in committed.rows]


def _event(change: RowChange, texts: bool) -> WorkloadEvent:
    after, columns = change.after, change.columns
    op = (_UPDATES if change.before is not None else _ADDITIONS).get(change.table)
    if after is None:
        return _unrepeatable(change, "deleted")
    identity = _identity(change.table, after)
    if op is None or identity is None or change.ambiguous:
        return _unrepeatable(change, "changed" if change.before is not None else "added")
    allowed = [name for name in columns if name in COLUMNS[op]]
    if op in _UPDATES.values() and change.before is not None and len(allowed) < len(columns):
        return _unrepeatable(change, "changed")
    if op is Op.SUMMARY_ADD:
        allowed = [name for name in allowed if name != "work_item_id"]
    known = {name: after[name] for name in allowed if _is_recorded(name, after[name], texts)}
    before = change.before
    return WorkloadEvent(
        t=0.0,
        op=op,
        changes=known or None,
        texts=[name for name in allowed if name not in known] or None,
        was={name: before[name] for name in known if _is_recorded(name, before[name], texts)}
        or None
        if before is not None
        else None,
        source=SOURCE,
        **identity,
    )


def _identity(table: str, row: Mapping[str, Cell]) -> dict[str, Any] | None:
    """What names a row in a workload; None when nothing does."""
    match table:
        case "tasks":
            return {"task_id": row["id"]}
        case "work_items":
            return {"work_item_id": row["id"]}
        case "work_item_summaries":
            return {"work_item_id": row["work_item_id"]}
        case "agents":
            return {"agent_role": row["role"]} if isinstance(row["role"], str) else None
        case "rules":
            return {"rule_id": row["rule_id"]} if isinstance(row["rule_id"], str) else None
        case "contexts":
            return _context_identity(row)
        case _:
            return None


def _context_identity(row: Mapping[str, Cell]) -> dict[str, Any] | None:
    match (row["context_type"], row["entity_type"]):
        case ("task_context", "task"):
            return {"task_id": row["entity_id"]}
        case ("work_item_context", "work_item"):
            return {"work_item_id": row["entity_id"]}
        case ("project_context", "project"):
            return {}
        case _:
            return None


def _is_recorded(name: str, value: Cell, texts: bool) -> bool:
    if isinstance(value, bytes):
        return False
    if texts:
        return True
    return name in _VALUES and not (isinstance(value, str) and len(value) > LONGEST_VALUE)


def _unrepeatable(change: RowChange, what: str) -> WorkloadEvent:
    columns = f" ({', '.join(change.columns)})" if what == "changed" else ""
    return _note(
        f"another process: row {change.id!r} of {change.table} was {what}{columns}; "
        "a replay does not repeat it"
    )


def _note(text: str) -> WorkloadEvent:
    return WorkloadEvent(t=0.0, op=Op.NOTE, text=text, source=SOURCE)
