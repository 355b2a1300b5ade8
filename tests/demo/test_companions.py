"""The tables beside the plan: a schema of a real project's size, and one that works."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest

from engine.demo.companions import SideTable, companions

LONG_AGO = "2020-01-01 00:00:00"


def add_row(connection: sqlite3.Connection, name: str, table: SideTable, **more: str) -> None:
    """A row with no more than it must have; references are to the row with id 1."""
    row = dict.fromkeys(table.references, 1) | dict.fromkeys(table.required, "x") | more
    connection.execute(
        f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        tuple(row.values()),
    )


def test_the_schema_is_as_large_as_a_real_one(empty: sqlite3.Connection) -> None:
    counted = Counter(kind for (kind,) in empty.execute("SELECT type FROM sqlite_schema"))
    assert counted == {"index": 100, "table": 56, "trigger": 24}
    characters = empty.execute("SELECT sum(length(sql)) FROM sqlite_schema").fetchone()[0]
    assert 31_000 < characters < 46_600, "what SQLite parses to open a real project's database"


def test_what_is_referred_to_exists(empty: sqlite3.Connection) -> None:
    references = empty.execute(
        'SELECT refers."table" FROM sqlite_schema AS tables'
        " JOIN pragma_foreign_key_list(tables.name) AS refers WHERE tables.type = 'table'"
    )
    parents = {parent for (parent,) in references}
    tables = {name for (name,) in empty.execute("SELECT name FROM sqlite_schema")}
    assert {"projects", "ideas", "sessions"} <= parents <= tables


@pytest.mark.parametrize("name", companions().table)
def test_a_row_begins_with_the_first_of_its_choices(empty: sqlite3.Connection, name: str) -> None:
    table = companions().table[name]
    add_row(empty, name, table)
    for column, options in table.choices.items():
        assert empty.execute(f"SELECT {column} FROM {name}").fetchone() == (options[0],)
        with pytest.raises(sqlite3.IntegrityError):
            empty.execute(f"UPDATE {name} SET {column} = 'none of them'")


@pytest.mark.parametrize("name", companions().table)
def test_an_update_is_stamped_where_the_specification_says_so(
    empty: sqlite3.Connection, name: str
) -> None:
    table = companions().table[name]
    add_row(empty, name, table, updated_at=LONG_AGO)
    empty.execute(f"UPDATE {name} SET created_at = CURRENT_TIMESTAMP")
    (updated_at,) = empty.execute(f"SELECT updated_at FROM {name}").fetchone()
    assert (updated_at > LONG_AGO) == table.stamped
    empty.execute(f"UPDATE {name} SET updated_at = ?", (LONG_AGO,))
    (updated_at,) = empty.execute(f"SELECT updated_at FROM {name}").fetchone()
    assert updated_at == LONG_AGO, "a time that the writer sets stays"


def test_rows_go_with_what_they_belong_to(empty: sqlite3.Connection) -> None:
    specified = companions().table
    for name, table in specified.items():
        add_row(empty, name, table)
    empty.commit()  # the pragma does nothing inside a transaction
    empty.execute("PRAGMA foreign_keys = ON")
    empty.execute("DELETE FROM projects")
    left = {name for name in specified if empty.execute(f"SELECT * FROM {name}").fetchone()}
    assert left == set()
