"""The SQL of a TaskStart: every statement by name, in the three forms that the loaders use.

Columns are named in the order of `engine.storage.rows`. Context rows are read with the context
type that belongs to the entity, so that another kind of context never stands in for it.
"""

from __future__ import annotations

import enum
import sqlite3
from typing import Final

from engine.storage import rows


class StatementName(enum.StrEnum):
    """One statement of a TaskStart, as statistics and cost profiles call it."""

    TASK = "task"
    WORK_ITEM = "work_item"
    PROJECT = "project"
    PROJECT_CONTEXT = "project_context"
    WORK_ITEM_CONTEXT = "work_item_context"
    TASK_CONTEXT = "task_context"
    AGENT = "agent"
    SUMMARIES = "summaries"
    RULES = "rules"
    BATCH = "batch"
    """One JOIN that reads all of the above but the rules."""


SUMMARY_LIMIT: Final = 3

UNICODE_WHITESPACE: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.strip` removes; SQLite's own `trim` would remove spaces only."""


def _trimmed(column: str) -> str:
    # A blank role is no role, even if some agent should bear an empty one.
    return f"nullif(trim({column}, :whitespace), '')"


def _columns(names: tuple[str, ...], table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


_TASK = f"SELECT {_columns(rows.TASK_COLUMNS, 'tasks')} FROM tasks WHERE id = "
_WORK_ITEM = f"SELECT {_columns(rows.WORK_ITEM_COLUMNS, 'work_items')} FROM work_items WHERE id = "
_PROJECT = f"SELECT {_columns(rows.PROJECT_COLUMNS, 'projects')} FROM projects WHERE id = "
_CONTEXT = f"SELECT {_columns(rows.CONTEXT_COLUMNS, 'contexts')} FROM contexts WHERE "
_AGENT = f"SELECT {_columns(rows.AGENT_COLUMNS, 'agents')} FROM agents WHERE "
_SUMMARIES = (
    f"SELECT {_columns(rows.SUMMARY_COLUMNS, 'work_item_summaries')} FROM work_item_summaries "
    "WHERE work_item_id = {work_item} "
    f"ORDER BY session_date DESC, id DESC LIMIT {SUMMARY_LIMIT}"
)
_RULES = (
    f"SELECT {_columns(rows.RULE_COLUMNS, 'rules')} FROM rules "
    "WHERE project_id = {project} AND enabled = 1 ORDER BY enforcement_level, rule_id"
)


def _context(entity: str, entity_id: str) -> str:
    return (
        f"{_CONTEXT}context_type = '{entity}_context' AND entity_type = '{entity}' "
        f"AND entity_id = {entity_id}"
    )


BY_ID: Final[dict[StatementName, str]] = {
    StatementName.TASK: f"{_TASK}:id",
    StatementName.WORK_ITEM: f"{_WORK_ITEM}:id",
    StatementName.PROJECT: f"{_PROJECT}:id",
    StatementName.PROJECT_CONTEXT: _context("project", ":id"),
    StatementName.WORK_ITEM_CONTEXT: _context("work_item", ":id"),
    StatementName.TASK_CONTEXT: _context("task", ":id"),
    StatementName.AGENT: f"{_AGENT}project_id = :id AND role = :role",
    StatementName.SUMMARIES: _SUMMARIES.format(work_item=":id"),
    StatementName.RULES: _RULES.format(project=":id"),
}
"""Each statement by the id of its own entity: the chain in which each row names the next."""

_WORK_ITEM_OF_TASK = "(SELECT work_item_id FROM tasks WHERE id = :task)"
_PROJECT_OF_TASK = (
    "(SELECT projects.id FROM tasks JOIN work_items ON work_items.id = tasks.work_item_id "
    "JOIN projects ON projects.id = work_items.project_id WHERE tasks.id = :task)"
)
_WORK_ITEM_ID_OF_TASK = (
    "(SELECT work_items.id FROM tasks JOIN work_items ON work_items.id = tasks.work_item_id "
    "WHERE tasks.id = :task)"
)

BY_TASK: Final[dict[StatementName, str]] = {
    StatementName.TASK: f"{_TASK}:task",
    StatementName.WORK_ITEM: f"{_WORK_ITEM}{_WORK_ITEM_OF_TASK}",
    StatementName.PROJECT: f"{_PROJECT}{_PROJECT_OF_TASK}",
    StatementName.PROJECT_CONTEXT: _context("project", _PROJECT_OF_TASK),
    StatementName.WORK_ITEM_CONTEXT: _context("work_item", _WORK_ITEM_ID_OF_TASK),
    StatementName.TASK_CONTEXT: _context("task", ":task"),
    StatementName.AGENT: (
        f"{_AGENT}project_id = {_PROJECT_OF_TASK} AND role = coalesce(:role, "
        f"(SELECT {_trimmed('assigned_to')} FROM tasks WHERE id = :task))"
    ),
    StatementName.SUMMARIES: _SUMMARIES.format(work_item=_WORK_ITEM_ID_OF_TASK),
    StatementName.RULES: _RULES.format(project=_PROJECT_OF_TASK),
}
"""The same rows with every id found by a sub-select, so that all can be read at the same time."""

_BATCH_PARTS: Final = (
    ("task", rows.TASK_COLUMNS),
    ("work_item", rows.WORK_ITEM_COLUMNS),
    ("project", rows.PROJECT_COLUMNS),
    ("project_context", rows.CONTEXT_COLUMNS),
    ("work_item_context", rows.CONTEXT_COLUMNS),
    ("task_context", rows.CONTEXT_COLUMNS),
    ("agent", rows.AGENT_COLUMNS),
    ("assigned_agent", rows.AGENT_COLUMNS),
    ("summary", rows.SUMMARY_COLUMNS),
)


def _batch_slices() -> dict[str, slice]:
    slices = {}
    start = 0
    for alias, columns in _BATCH_PARTS:
        slices[alias] = slice(start, start + len(columns))
        start += len(columns)
    return slices


BATCH_SLICES: Final[dict[str, slice]] = _batch_slices()
"""Which cells of a result row of `BATCH` belong to which row; a first cell of NULL is no row."""


def _context_join(entity: str) -> str:
    alias = f"{entity}_context"
    return (
        f"LEFT JOIN contexts AS {alias} ON {alias}.context_type = '{entity}_context' "
        f"AND {alias}.entity_type = '{entity}' AND {alias}.entity_id = {entity}.id "
    )


BATCH: Final = (
    f"SELECT {', '.join(_columns(columns, alias) for alias, columns in _BATCH_PARTS)} "
    "FROM tasks AS task "
    "LEFT JOIN work_items AS work_item ON work_item.id = task.work_item_id "
    "LEFT JOIN projects AS project ON project.id = work_item.project_id "
    f"{_context_join('project')}{_context_join('work_item')}{_context_join('task')}"
    "LEFT JOIN agents AS agent ON agent.project_id = project.id "
    f"AND agent.role = coalesce(:role, {_trimmed('task.assigned_to')}) "
    "LEFT JOIN agents AS assigned_agent ON assigned_agent.project_id = project.id "
    f"AND assigned_agent.role = {_trimmed('task.assigned_to')} "
    "LEFT JOIN work_item_summaries AS summary ON summary.id IN ("
    "SELECT id FROM work_item_summaries WHERE work_item_id = work_item.id "
    f"ORDER BY session_date DESC, id DESC LIMIT {SUMMARY_LIMIT}) "
    "WHERE task.id = :task ORDER BY summary.session_date DESC, summary.id DESC"
)
"""One statement, hence one snapshot. The summaries make it up to three result rows."""


def statement_text(name: StatementName) -> str:
    """The SQL of a statement; the form by task where there are two."""
    return BATCH if name is StatementName.BATCH else BY_TASK[name]


def query_plan(connection: sqlite3.Connection, name: StatementName) -> tuple[str, ...]:
    """How SQLite carries the statement out, one line a step (`EXPLAIN QUERY PLAN`)."""
    parameters = {"task": 0, "role": None, "whitespace": UNICODE_WHITESPACE}
    found = connection.execute(f"EXPLAIN QUERY PLAN {statement_text(name)}", parameters)
    return tuple(str(detail) for _, _, _, detail in found.fetchall())
