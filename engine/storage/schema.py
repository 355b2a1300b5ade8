"""Whether a database has the tables and columns that a TaskStart reads."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from engine.errors import DatabaseSchemaError
from engine.storage import rows

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "tasks": rows.TASK_COLUMNS,
    "work_items": rows.WORK_ITEM_COLUMNS,
    "projects": rows.PROJECT_COLUMNS,
    "contexts": rows.CONTEXT_COLUMNS,
    "agents": rows.AGENT_COLUMNS,
    "work_item_summaries": rows.SUMMARY_COLUMNS,
    "rules": rows.RULE_COLUMNS,
}
"""Every table that a TaskStart reads, with the columns that it reads of it."""

_NAMED_AT_MOST: Final = 6


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that every statement of a TaskStart can be carried out.

    Raises:
        DatabaseSchemaError: tables or columns are missing; the reason names them.
        sqlite3.Error: the database cannot be read at all.
    """
    missing: list[str] = []
    for table, wanted in REQUIRED.items():
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        present = {str(name).lower() for (name,) in found}
        if not present:
            missing.append(f"table {table}")
        else:
            missing.extend(f"column {table}.{name}" for name in wanted if name not in present)
    if not missing:
        return
    named = ", ".join(missing[:_NAMED_AT_MOST])
    more = f" and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
    if len([name for name in missing if name.startswith("table ")]) == len(REQUIRED):
        raise DatabaseSchemaError(
            f"{path} is not an AgentPM database: it has none of AgentPM's tables",
            "run `apm init` in the project, or name another folder with --project",
        )
    raise DatabaseSchemaError(
        f"{path} has an older schema: it lacks {named}{more}",
        "run any `apm` command in the project: AgentPM migrates its database when it opens it",
    )
