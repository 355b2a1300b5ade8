from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from engine.storage.connection import connect, read_tolerantly
from engine.storage.packed_rules import PackedRules, proof_of, read_rules
from engine.storage.rows import Row
from engine.storage.statements import BY_ID, StatementName
from tests.storage.project import execute


def row_by_row(path: Path) -> tuple[Row, ...]:
    with closing(connect(path, busy_timeout=1.0)) as connection:
        return tuple(
            read_tolerantly(
                connection,
                lambda: connection.execute(BY_ID[StatementName.RULES], {"id": 1}).fetchall(),
            )
        )


def packed(path: Path) -> object:
    with closing(connect(path, busy_timeout=1.0)) as connection:
        return read_tolerantly(connection, lambda: read_rules(connection, 1))


def test_packed_rules_are_the_same_rows_in_the_same_order(database: Path) -> None:
    found = packed(database)
    assert isinstance(found, PackedRules)
    assert found == row_by_row(database)
    assert len(found) == len(row_by_row(database))
    assert found[0] == row_by_row(database)[0]


def test_the_proof_follows_the_content(database: Path) -> None:
    before = packed(database)
    assert isinstance(before, PackedRules)
    assert proof_of(before) == proof_of(PackedRules(before._text))
    execute(database, "UPDATE rules SET description = 'other' WHERE rule_id = 'AB-001'")
    after = packed(database)
    assert isinstance(after, PackedRules)
    assert proof_of(after) != proof_of(before)


@pytest.mark.parametrize(
    "cell",
    ["x'00ff'", "CAST(x'fffe' AS TEXT)", "CAST(x'61006200' AS TEXT)", "1.5", "NULL", "'é\"\\'"],
)
def test_any_cell_comes_as_it_is(database: Path, cell: str) -> None:
    execute(database, f"UPDATE rules SET config = {cell} WHERE rule_id = 'AB-001'")
    assert list(packed(database)) == list(row_by_row(database))  # type: ignore[call-overload]


def test_a_project_without_rules_has_none(database: Path) -> None:
    with closing(connect(database, busy_timeout=1.0)) as connection:
        assert list(read_rules(connection, 999)) == []
