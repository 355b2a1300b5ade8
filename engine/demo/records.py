"""Writes the plan into the database, one table after the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from engine.demo.backlog import HORIZON, PlannedItem
from engine.demo.catalog import Catalog, Role
from engine.demo.contexts import (
    FactsShape,
    confidence_factors,
    item_six_w,
    summaries,
    task_six_w,
)
from engine.demo.staff import INACTIVE_ROLE

_PROJECT = 1


def stamp(moment: datetime) -> str:
    """A time as SQLite's CURRENT_TIMESTAMP writes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_project(
    connection: sqlite3.Connection, catalog: Catalog, path: Path, now: datetime
) -> None:
    """The one project row."""
    shop = catalog.shop
    _insert(
        connection,
        "projects",
        (
            "id",
            "name",
            "description",
            "path",
            "tech_stack",
            "detected_frameworks",
            "status",
            "created_at",
            "updated_at",
        ),
        [
            (
                _PROJECT,
                shop.name,
                shop.description,
                str(path),
                _json(shop.tech_stack),
                _json(shop.frameworks),
                "active",
                stamp(now - HORIZON - timedelta(days=20)),
                stamp(now - timedelta(days=1)),
            )
        ],
    )


def write_agents(
    connection: sqlite3.Connection, roles: Sequence[Role], files: dict[str, str], now: datetime
) -> None:
    """One row per role; `files` are the SOPs' paths by role, relative to the project's root."""
    hired = stamp(now - HORIZON)
    _insert(
        connection,
        "agents",
        (
            "project_id",
            "role",
            "display_name",
            "description",
            "capabilities",
            "is_active",
            "agent_type",
            "file_path",
            "generated_at",
            "tier",
            "created_at",
            "updated_at",
            "functional_category",
        ),
        [
            (
                _PROJECT,
                role.role,
                role.title,
                role.line,
                _json(role.capabilities),
                int(role.role != INACTIVE_ROLE),
                role.category,
                files.get(role.role),
                hired,
                1 + number % 3,
                hired,
                hired,
                role.category,
            )
            for number, role in enumerate(roles)
        ],
    )


def write_rules(connection: sqlite3.Connection, catalog: Catalog, now: datetime) -> None:
    """The catalogue's rules, all enabled."""
    written = stamp(now - HORIZON)
    _insert(
        connection,
        "rules",
        (
            "project_id",
            "rule_id",
            "name",
            "description",
            "category",
            "enforcement_level",
            "validation_logic",
            "error_message",
            "config",
            "enabled",
            "created_at",
            "updated_at",
        ),
        [
            (
                _PROJECT,
                rule.rule_id,
                rule.name,
                rule.description,
                group.category,
                rule.level,
                rule.check or None,
                f"{rule.rule_id}: {rule.description}" if rule.level == "BLOCK" else None,
                rule.config or None,
                1,
                written,
                written,
            )
            for group in catalog.rules
            for rule in group.rules
        ],
    )


def write_backlog(
    connection: sqlite3.Connection, items: Sequence[PlannedItem], random: Random
) -> None:
    """Work items, tasks, their order and their session summaries."""
    _insert(
        connection,
        "work_items",
        (
            "id",
            "project_id",
            "name",
            "description",
            "type",
            "business_context",
            "metadata",
            "effort_estimate_hours",
            "priority",
            "status",
            "phase",
            "due_date",
            "created_at",
            "updated_at",
        ),
        [
            (
                item.id,
                _PROJECT,
                item.name,
                item.epic.goal,
                item.epic.type,
                f"{item.epic.value}. If it waits: {item.epic.risk}.",
                _json({"service": item.epic.service}),
                sum(task.seed.hours for task in item.tasks),
                item.priority,
                item.status,
                item.phase,
                stamp(item.due_date),
                stamp(item.created_at),
                stamp(item.updated_at),
            )
            for item in items
        ],
    )
    _insert(
        connection,
        "tasks",
        (
            "id",
            "work_item_id",
            "name",
            "description",
            "type",
            "quality_metadata",
            "effort_hours",
            "priority",
            "due_date",
            "assigned_to",
            "status",
            "blocked_reason",
            "phase",
            "created_at",
            "updated_at",
            "started_at",
            "completed_at",
        ),
        _task_rows(items),
    )
    _insert(
        connection,
        "task_dependencies",
        ("task_id", "depends_on_task_id", "dependency_type", "created_at"),
        [
            (task.id, before.id, "hard", stamp(item.created_at))
            for item in items
            for before, task in zip(item.tasks, item.tasks[1:], strict=False)
            if task.id % 3 == 0
        ],
    )
    _insert(
        connection,
        "work_item_summaries",
        (
            "work_item_id",
            "session_date",
            "session_duration_hours",
            "summary_text",
            "context_metadata",
            "created_at",
            "created_by",
            "summary_type",
        ),
        [
            (
                item.id,
                made.session_date,
                made.duration_hours,
                made.text,
                _json(made.metadata),
                f"{made.session_date} 18:00:00",
                made.created_by,
                made.summary_type,
            )
            for item in items
            for made in summaries(item, random)
        ],
    )


def _task_rows(items: Sequence[PlannedItem]) -> Iterator[tuple[Any, ...]]:
    def when(moment: datetime | None) -> str | None:
        return stamp(moment) if moment else None

    for item in items:
        for task in item.tasks:
            done = task.completed_at is not None
            yield (
                task.id,
                item.id,
                task.name,
                task.seed.description,
                task.seed.type,
                _json({"tests_passing": done, "coverage_percent": 90 + task.id % 9}),
                task.seed.hours,
                task.priority,
                when(task.due_date),
                task.role,
                task.status,
                task.blocked_reason,
                item.phase,
                stamp(task.created_at),
                stamp(task.updated_at),
                when(task.started_at),
                when(task.completed_at),
            )


def write_contexts(
    connection: sqlite3.Connection,
    catalog: Catalog,
    items: Sequence[PlannedItem],
    facts: FactsShape,
    now: datetime,
) -> None:
    """6W rows of all three levels; one task in twelve has none of its own, as in real projects."""
    refreshed = now - timedelta(days=1)
    rows: list[tuple[Any, ...]] = [
        (
            "project_context",
            "project",
            _PROJECT,
            _json(catalog.shop.six_w),
            _json(confidence_factors(catalog, facts, stamp(refreshed))),
            stamp(refreshed),
        )
    ]
    for item in items:
        six_w = _json(item_six_w(item))
        rows.append(
            ("work_item_context", "work_item", item.id, six_w, None, stamp(item.updated_at))
        )
        for before, task in zip((None, *item.tasks), item.tasks, strict=False):
            if task.id % 12 == 7:
                continue
            reviewers = catalog.shop.reviewers
            six_w = _json(task_six_w(task, before, reviewers[task.id % len(reviewers)]))
            rows.append(("task_context", "task", task.id, six_w, None, stamp(task.updated_at)))
    _insert(
        connection,
        "contexts",
        (
            "context_type",
            "entity_type",
            "entity_id",
            "six_w_data",
            "confidence_factors",
            "updated_at",
            "project_id",
        ),
        [(*row, _PROJECT) for row in rows],
    )


def _insert(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterator[tuple[Any, ...]] | Sequence[tuple[Any, ...]],
) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
