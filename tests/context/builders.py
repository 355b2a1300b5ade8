"""Made-up rows of a small project, each column of which a test may change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.context.agents import decode_agent, effective_role, require_active
from engine.context.amalgamations import scan_amalgamations
from engine.context.assembly import assemble, require_rows
from engine.context.facts import decode_plugin_facts
from engine.context.payload import Context
from engine.context.project_part import assemble_project
from engine.context.rules import compile_rules
from engine.context.sops import read_sop, sop_candidates
from engine.context.summaries import decode_summaries
from engine.context.task_part import assemble_task
from engine.context.work_item_part import assemble_work_item
from engine.storage.rows import (
    AGENT_COLUMNS,
    CONTEXT_COLUMNS,
    PROJECT_COLUMNS,
    RULE_COLUMNS,
    SUMMARY_COLUMNS,
    TASK_COLUMNS,
    WORK_ITEM_COLUMNS,
    Row,
    RowBundle,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

_TASK: dict[str, Any] = {
    "id": 45,
    "work_item_id": 7,
    "name": "Charge the card once",
    "description": "A retry must not charge twice.",
    "type": "implementation",
    "effort_hours": 3.0,
    "priority": 2,
    "assigned_to": "payments-engineer",
    "status": "active",
    "created_at": "2026-03-01 08:00:00",
    "updated_at": "2026-03-02 09:30:00",
}
_WORK_ITEM: dict[str, Any] = {
    "id": 7,
    "project_id": 1,
    "name": "Checkout",
    "type": "feature",
    "metadata": "{}",
    "is_continuous": 0,
    "priority": 3,
    "status": "active",
    "phase": "I1_implementation",
    "created_at": "2026-02-01 08:00:00",
    "updated_at": "2026-02-01 08:00:00",
}
_PROJECT: dict[str, Any] = {
    "id": 1,
    "name": "Web shop",
    "path": ".",
    "tech_stack": '["python", "postgresql"]',
    "detected_frameworks": '["django"]',
    "status": "active",
    "created_at": "2026-01-01 08:00:00",
    "updated_at": "2026-01-01 08:00:00",
}
_AGENT: dict[str, Any] = {
    "id": 12,
    "project_id": 1,
    "role": "payments-engineer",
    "display_name": "Payments Engineer",
    "capabilities": "[]",
    "is_active": 1,
}
_SUMMARY: dict[str, Any] = {
    "id": 5,
    "work_item_id": 7,
    "session_date": "2026-03-08",
    "session_duration_hours": 1.5,
    "summary_text": "Moved the retry into the queue.",
    "context_metadata": '{"key_decisions": ["Idempotency keys"], "tasks_completed": [41, 42]}',
    "summary_type": "session",
}
_RULE: dict[str, Any] = {
    "id": 3,
    "project_id": 1,
    "rule_id": "DP-001",
    "name": "time-boxing",
    "category": "Development Principles",
    "enforcement_level": "BLOCK",
    "config": '{"max_hours": 4.0}',
    "enabled": 1,
}


def _row(columns: tuple[str, ...], defaults: dict[str, Any], changes: dict[str, Any]) -> Row:
    unknown = changes.keys() - set(columns)
    assert not unknown, f"no such column: {unknown}"
    values = defaults | changes
    return tuple(values.get(column) for column in columns)


def task_row(**changes: Any) -> Row:
    return _row(TASK_COLUMNS, _TASK, changes)


def work_item_row(**changes: Any) -> Row:
    return _row(WORK_ITEM_COLUMNS, _WORK_ITEM, changes)


def project_row(**changes: Any) -> Row:
    return _row(PROJECT_COLUMNS, _PROJECT, changes)


def agent_row(**changes: Any) -> Row:
    return _row(AGENT_COLUMNS, _AGENT, changes)


def summary_row(**changes: Any) -> Row:
    return _row(SUMMARY_COLUMNS, _SUMMARY, changes)


def rule_row(**changes: Any) -> Row:
    return _row(RULE_COLUMNS, _RULE, changes)


def context_row(entity: str = "task", six_w: object = None, **changes: Any) -> Row:
    """A context row; `six_w` is stored as JSON, or as it is when it is text or bytes."""
    stored = six_w if six_w is None or isinstance(six_w, (str, bytes)) else json.dumps(six_w)
    defaults = {
        "id": {"task": 100, "work_item": 200, "project": 300}[entity],
        "project_id": 1,
        "context_type": f"{entity}_context",
        "entity_type": entity,
        "entity_id": {"task": 45, "work_item": 7, "project": 1}[entity],
        "six_w_data": stored,
        "updated_at": "2026-03-09 12:00:00",
    }
    return _row(CONTEXT_COLUMNS, defaults, changes)


def bundle(**changes: Any) -> RowBundle:
    """All rows of task 45; contexts, agents and summaries only where given."""
    rows: dict[str, Any] = {
        "task": task_row(),
        "work_item": work_item_row(),
        "project": project_row(),
    }
    return RowBundle(**(rows | changes))


def build(
    rows: RowBundle,
    root: Path | str = "/nonexistent",
    *,
    agent_role: str | None = None,
    rules: tuple[Row, ...] = (),
    now: datetime = NOW,
) -> Context:
    """The whole way from rows and files to a context, as one TaskStart goes it."""
    require_rows(rows, 45)
    task = assemble_task(rows, now)
    work_item = assemble_work_item(rows)
    project = assemble_project(rows, decode_plugin_facts(rows.project_context))
    role = effective_role(agent_role, task.assigned_to)
    agent = decode_agent(rows.agent, role) if role else None
    require_active(agent)
    assigned = decode_agent(rows.assigned_agent, task.assigned_to) if task.assigned_to else None
    return assemble(
        task,
        work_item,
        project,
        agent_role=agent_role,
        agent=agent,
        assigned_agent=assigned,
        sop=read_sop(sop_candidates(root, role, agent)) if role else None,
        summaries=decode_summaries(rows.summaries),
        rules=compile_rules(rules),
        amalgamations=scan_amalgamations(root),
    )
