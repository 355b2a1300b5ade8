"""The tables beside those that a TaskStart reads, generated from `content/companions.toml`.

Nobody reads them. They are there because a real project has them: opening a connection costs by
the size of the schema, which SQLite parses as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec


class SideTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table. Every table also has `id`, `created_at` and `updated_at`."""

    references: dict[str, str]
    """Column -> the table whose `id` it holds; the row goes when that one goes. Each is indexed."""
    required: list[str] = []
    """Texts that must be there."""
    choices: dict[str, list[str]] = {}
    """Column -> the texts it may hold; the first is what it holds at first."""
    texts: list[str] = []
    counts: list[str] = []
    """Whole numbers from 0, 0 at first."""
    amounts: list[str] = []
    """Real numbers from 0, or unknown."""
    flags: list[str] = []
    """0 or 1, 0 at first."""
    times: list[str] = []
    unique: list[str] = []
    """The columns by which a row is unique, if any."""
    indexes: list[list[str]] = []
    """Further indexes, each by its columns."""
    stamped: bool = False
    """Whether a trigger keeps `updated_at`."""


class Companions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, in the order of creation."""

    table: dict[str, SideTable]
    search: dict[str, list[str]]
    """FTS5 table -> its columns."""


@cache
def companions() -> Companions:
    """The specification, read once."""
    source = files("engine.demo") / "content" / "companions.toml"
    return msgspec.toml.decode(source.read_text(encoding="utf-8"), type=Companions)


def companion_statements(specified: Companions) -> Iterator[str]:
    """The SQL statements that create them; the same for the same specification."""
    for name, table in specified.table.items():
        yield _table(name, table)
        for columns in _indexes(table):
            yield f"CREATE INDEX idx_{name}_{'_'.join(columns)} ON {name} ({', '.join(columns)})"
        if table.stamped:
            yield _stamping(name)
    for name, columns in specified.search.items():
        yield f"CREATE VIRTUAL TABLE {name} USING fts5 ({', '.join(columns)})"


def _indexes(table: SideTable) -> list[list[str]]:
    # the first column of a UNIQUE constraint is found by the constraint's own index
    first = table.unique[:1]
    return [[column] for column in table.references if column not in first] + table.indexes


def _table(name: str, table: SideTable) -> str:
    lines = [
        "id INTEGER PRIMARY KEY AUTOINCREMENT",
        *(
            f"{column} INTEGER NOT NULL REFERENCES {parent} (id) ON DELETE CASCADE"
            for column, parent in table.references.items()
        ),
        *(f"{column} TEXT NOT NULL" for column in table.required),
        *(_choice(column, options) for column, options in table.choices.items()),
        *(f"{column} TEXT" for column in table.texts),
        *(f"{column} INTEGER NOT NULL DEFAULT 0 CHECK ({column} >= 0)" for column in table.counts),
        *(f"{column} REAL CHECK ({column} >= 0)" for column in table.amounts),
        *(
            f"{column} INTEGER NOT NULL DEFAULT 0 CHECK ({column} IN (0, 1))"
            for column in table.flags
        ),
        *(f"{column} TIMESTAMP" for column in table.times),
        *(
            f"{column} TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"
            for column in ("created_at", "updated_at")
        ),
        *([f"UNIQUE ({', '.join(table.unique)})"] if table.unique else []),
    ]
    return f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + "\n)"


def _choice(column: str, options: list[str]) -> str:
    allowed = ", ".join(f"'{option}'" for option in options)
    return f"{column} TEXT NOT NULL DEFAULT '{options[0]}' CHECK ({column} IN ({allowed}))"


def _stamping(name: str) -> str:
    return (
        f"CREATE TRIGGER {name}_updated_at AFTER UPDATE ON {name}\n"
        "WHEN NEW.updated_at IS OLD.updated_at\n"
        f"BEGIN\n  UPDATE {name} SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;\nEND"
    )
