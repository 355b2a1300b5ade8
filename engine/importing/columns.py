"""Which times of an AgentPM database tell of a write, and what that becomes in a workload.

Only statuses are repeated with their value: the schema's own triggers tie `started_at` and
`completed_at` to them. All other writes become commits that change no delivered value, since the
database does not hold what was there before.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.replay.events import Op


class RowKind(enum.Enum):
    """What the key of a write names."""

    TASK = enum.auto()
    WORK_ITEM = enum.auto()
    PROJECT = enum.auto()
    AGENT = enum.auto()
    RULE = enum.auto()


@dataclass(frozen=True, slots=True)
class WriteColumn:
    """A column whose values are times of writes."""

    table: str
    column: str
    op: Op
    kind: RowKind
    key: str | None
    """The column that names the row that was written; None: there is one project."""
    making: str | None = None
    """The column with the time of the row's making, for which a workload has no operation."""
    where: str = ""
    """A condition on the table's rows, in SQL."""

    @property
    def name(self) -> str:
        """`table.column`."""
        return f"{self.table}.{self.column}"

    @property
    def gave(self) -> str:
        """What its values become, in words."""
        owner = self.kind.name.lower().replace("_", " ")
        row = f"{owner}'s context" if self.op is Op.CONTEXT_UPDATE else owner
        return f"commits on the {row}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that a database must have for it."""
        return tuple(name for name in (self.key, self.column, self.making) if name is not None)

    @property
    def sql(self) -> str:
        """Key, time and time of making of every row."""
        condition = f" WHERE {self.where}" if self.where else ""
        return (
            f"SELECT {self.key or 'NULL'}, {self.column}, {self.making or 'NULL'}"
            f" FROM {self.table}{condition}"
        )


def _context(entity: str, kind: RowKind) -> WriteColumn:
    where = f"entity_type = '{entity}' AND context_type = '{entity}_context'"
    return WriteColumn(
        "contexts", "updated_at", Op.CONTEXT_UPDATE, kind, "entity_id", "created_at", where
    )


def _updated(table: str, op: Op, kind: RowKind, key: str) -> WriteColumn:
    return WriteColumn(table, "updated_at", op, kind, key, "created_at")


def _on_task(table: str, column: str, key: str = "task_id", where: str = "") -> WriteColumn:
    return WriteColumn(table, column, Op.TASK_UPDATE, RowKind.TASK, key, None, where)


def _on_work_item(table: str, column: str, key: str, where: str = "") -> WriteColumn:
    return WriteColumn(table, column, Op.WORK_ITEM_UPDATE, RowKind.WORK_ITEM, key, None, where)


def _on_project(table: str, column: str) -> WriteColumn:
    return WriteColumn(table, column, Op.CONTEXT_UPDATE, RowKind.PROJECT, None)


WRITES: Final[tuple[WriteColumn, ...]] = (
    _updated("work_items", Op.WORK_ITEM_UPDATE, RowKind.WORK_ITEM, "id"),
    _context("task", RowKind.TASK),
    _context("work_item", RowKind.WORK_ITEM),
    _context("project", RowKind.PROJECT),
    _updated("agents", Op.AGENT_UPDATE, RowKind.AGENT, "role"),
    _updated("rules", Op.RULE_UPDATE, RowKind.RULE, "rule_id"),
    _on_work_item("work_item_summaries", "created_at", "work_item_id"),
    _on_task("summaries", "created_at", "entity_id", "entity_type = 'task'"),
    _on_work_item("summaries", "created_at", "entity_id", "entity_type = 'work_item'"),
    _on_task("task_blockers", "created_at"),
    _on_task("task_blockers", "resolved_at"),
    _on_task("task_dependencies", "created_at"),
    _on_project("sessions", "start_time"),
    _on_project("sessions", "end_time"),
)
"""Beside the times of tasks and of the events of sessions."""

TASKS: Final = ("id", "created_at", "started_at", "completed_at", "updated_at")
"""Read of every task."""

SESSION_EVENTS: Final = ("event_type", "task_id", "timestamp")
"""Read of every event of a session that tells of a task."""

UNUSED: Final[Mapping[str, str]] = {
    "work_items.created_at": "a workload has no operation that makes a work item",
    "contexts.created_at": "a workload has no operation that only makes a context",
    "agents.created_at": "a workload has no operation that makes an agent",
    "agents.generated_at": "what the SOP file was generated as is not kept",
    "rules.created_at": "a workload has no operation that makes a rule",
    "work_item_summaries.session_date": "a day without its time; created_at is read instead",
    "projects.updated_at": "a workload has no operation on projects",
}
"""Times that are not read, and why."""
