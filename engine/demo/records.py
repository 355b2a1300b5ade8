"""Writes the plan into the database, one table after the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from typing import Any

from engine.demo.backlog import HORIZON, PlannedItem
from engine.demo.catalog import Catalog, Role
from engine.demo.contexts import (
    item_six_w,
    summaries,
    task_six_w,
)
from engine.demo.staff import INACTIVE_ROLE

Record = Mapping[str, Any]
_PROJECT = 1


def stamp(moment: datetime) -> str:
    """A time as SQLite's CURRENT_TIMESTAMP writes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def insert(connection: sqlite3.Connection, table: str, records: Iterable[Record]) -> None:
    """Insert records that all have the columns of the first; times and JSON are put into text."""
    remaining = iter(records)
    first = next(remaining, None)
    if first is None:
        return
    columns = tuple(first)
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        ([_cell(record[name]) for name in columns] for record in chain([first], remaining)),
    )


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value


def project_record(catalog: Catalog, path: Path, now: datetime) -> Record:
    """The row of `projects`."""
    shop = catalog.shop
    return {
        "id": _PROJECT,
        "name": shop.name,
        "description": shop.description,
        "path": str(path),
        "tech_stack": shop.tech_stack,
        "detected_frameworks": shop.frameworks,
        "status": "active",
        "created_at": now - HORIZON - timedelta(days=20),
        "updated_at": now - timedelta(days=1),
    }


def agent_records(
    roles: Sequence[Role], files: Mapping[str, str], now: datetime
) -> Iterator[Record]:
    """Rows of `agents`; `files` are the SOPs' paths by role, relative to the project's root."""
    hired = now - HORIZON
    for number, role in enumerate(roles):
        yield {
            "project_id": _PROJECT,
            "role": role.role,
            "display_name": role.title,
            "description": role.line,
            "capabilities": role.capabilities,
            "is_active": int(role.role != INACTIVE_ROLE),
            "agent_type": role.category,
            "file_path": files.get(role.role),
            "generated_at": hired,
            "tier": 1 + number % 3,
            "created_at": hired,
            "updated_at": hired,
            "functional_category": role.category,
        }


def rule_records(catalog: Catalog, now: datetime) -> Iterator[Record]:
    """Rows of `rules`, all enabled."""
    written = now - HORIZON
    for group in catalog.rules:
        for rule in group.rules:
            yield {
                "project_id": _PROJECT,
                "rule_id": rule.rule_id,
                "name": rule.name,
                "description": rule.description,
                "category": group.category,
                "enforcement_level": rule.level,
                "validation_logic": rule.check or None,
                "error_message": f"{rule.rule_id}: {rule.description}"
                if rule.level == "BLOCK"
                else None,
                "config": rule.config or None,
                "enabled": 1,
                "created_at": written,
                "updated_at": written,
            }


def work_item_records(items: Iterable[PlannedItem]) -> Iterator[Record]:
    """Rows of `work_items`."""
    for item in items:
        yield {
            "id": item.id,
            "project_id": _PROJECT,
            "name": item.name,
            "description": item.epic.goal,
            "type": item.epic.type,
            "business_context": f"{item.epic.value}. If it waits: {item.epic.risk}.",
            "metadata": {"service": item.epic.service},
            "effort_estimate_hours": sum(task.seed.hours for task in item.tasks),
            "priority": item.priority,
            "status": item.status,
            "phase": item.phase,
            "due_date": item.due_date,
            "created_at": item.created_at,
            "updated_at": item.updated_at,
        }


def task_records(items: Iterable[PlannedItem]) -> Iterator[Record]:
    """Rows of `tasks`."""
    for item in items:
        for task in item.tasks:
            done = task.status == "done"
            yield {
                "id": task.id,
                "work_item_id": item.id,
                "name": task.name,
                "description": task.seed.description,
                "type": task.seed.type,
                "quality_metadata": {"tests_passing": done, "coverage_percent": 90 + task.id % 9},
                "effort_hours": task.seed.hours,
                "priority": task.priority,
                "due_date": task.due_date,
                "assigned_to": task.role,
                "status": task.status,
                "blocked_reason": task.blocked_reason,
                "phase": item.phase,
                "created_at": task.created_at,
                "updated_at": task.updated_at,
                "started_at": task.started_at,
                "completed_at": task.completed_at,
            }


def dependency_records(items: Iterable[PlannedItem]) -> Iterator[Record]:
    """Rows of `task_dependencies`: every third task waits for the one before it."""
    for item in items:
        for before, task in pairwise(item.tasks):
            if task.id % 3 == 0:
                yield {
                    "task_id": task.id,
                    "waits_for_task_id": before.id,
                    "strength": "hard",
                    "created_at": item.created_at,
                    "updated_at": item.created_at,
                }


def summary_records(items: Iterable[PlannedItem], random: Random) -> Iterator[Record]:
    """Rows of `work_item_summaries`."""
    for item in items:
        for made in summaries(item, random):
            yield {
                "work_item_id": item.id,
                "session_date": made.session_date,
                "session_duration_hours": made.duration_hours,
                "summary_text": made.text,
                "context_metadata": made.metadata,
                "created_at": f"{made.session_date} 18:00:00",
                "created_by": made.created_by,
                "summary_type": made.summary_type,
            }


def context_records(
    catalog: Catalog, items: Iterable[PlannedItem], now: datetime
) -> Iterator[Record]:
    """Rows of `contexts` on all three levels.

    One task in twelve has none of its own, as in real projects.
    """
    refreshed = now - timedelta(days=1)
    yield {
        **_six_w("project", _PROJECT, catalog.shop.six_w, refreshed),
        "confidence_factors": {"plugin_facts": dict(catalog.shop.technologies)},
    }
    reviewers = catalog.shop.reviewers
    for item in items:
        yield _six_w("work_item", item.id, item_six_w(item), item.updated_at)
        for before, task in pairwise((None, *item.tasks)):
            if task is not None and task.id % 12 != 7:
                reviewer = reviewers[task.id % len(reviewers)]
                six_w = task_six_w(task, before, reviewer)
                yield _six_w("task", task.id, six_w, task.updated_at)


def _six_w(entity: str, entity_id: int, six_w: Mapping[str, Any], updated_at: datetime) -> Record:
    return {
        "project_id": _PROJECT,
        "context_type": f"{entity}_context",
        "entity_type": entity,
        "entity_id": entity_id,
        "six_w_data": dict(six_w),
        "confidence_factors": None,
        "created_at": updated_at,
        "updated_at": updated_at,
    }
