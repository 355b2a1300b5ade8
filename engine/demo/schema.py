"""The database's schema: what a TaskStart reads, as in AgentPM's newest, and much beside it."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from importlib.resources import files

from engine.demo.companions import companion_statements, companions

# (number, what it did); two migrations also recorded a long name of their own
MIGRATIONS: tuple[tuple[str, str, str | None], ...] = (
    ("0018_consolidated", "Base schema", "migration_system"),
    ("0018", "No description", None),
    ("0019_expand_context_types", "More kinds of context", "migration_system"),
    ("0019", "No description", None),
    *(
        (number, "No description", None)
        for number in (
            *("0020", "0021", "0022", "0023", "0024", "0025", "0026", "0029", "0031", "0032"),
            *("0036", "0037", "0038", "0039", "0040", "0041", "0042", "0043", "0044", "0045"),
            *("0046", "0047", "0048", "0049", "0050"),
        )
    ),
)


def create_schema(connection: sqlite3.Connection, migrated_at: datetime) -> None:
    """Create every schema object and record the migrations, a second apart, up to `migrated_at`."""
    folder = files("engine.demo") / "ddl"
    for script in sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql")):
        connection.executescript((folder / script).read_text(encoding="utf-8"))
    for statement in companion_statements(companions()):
        connection.execute(statement)
    first = migrated_at - timedelta(seconds=len(MIGRATIONS))
    connection.executemany(
        "INSERT INTO schema_migrations (version, description, applied_by, applied_at)"
        " VALUES (?, ?, ?, ?)",
        [
            (*migration, (first + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S"))
            for number, migration in enumerate(MIGRATIONS)
        ],
    )
