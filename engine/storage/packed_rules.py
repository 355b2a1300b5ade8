"""Rules as one JSON text: proving them unchanged then needs no row of them in Python.

A project has hundreds of rules that hardly ever change, and every commit of anybody makes them be
read again. One text costs SQLite less than the cells of all rows cost Python (270 us against 600
for 223 rules), and it is taken apart only when it differs from what is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, overload

import msgspec

from engine.storage.rows import RULE_COLUMNS, Row, fingerprint
from engine.storage.statements import BY_ID, StatementName

# SQLite keeps the order of a sub-select for aggregates like this one.
_PACKED: Final = (
    f"SELECT json_group_array(json_array({', '.join(RULE_COLUMNS)})) "
    f"FROM ({BY_ID[StatementName.RULES]})"
)


class PackedRules(Sequence[Row]):
    """The rows of a project's rules, decoded when the first of them is asked for."""

    __slots__ = ("_rows", "_text")

    def __init__(self, text: str) -> None:
        """`text` is a JSON array of arrays of cells."""
        self._text = text
        self._rows: tuple[Row, ...] | None = None

    @property
    def proof(self) -> bytes:
        """16 bytes that differ when any cell differs."""
        return blake2b(self._text.encode(), digest_size=16).digest()

    def _decoded(self) -> tuple[Row, ...]:
        if self._rows is None:
            self._rows = tuple(tuple(row) for row in msgspec.json.decode(self._text))
        return self._rows

    def __len__(self) -> int:
        return len(self._decoded())

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._decoded()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._decoded() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._text)


def read_rules(connection: sqlite3.Connection, project_id: object) -> Sequence[Row]:
    """The enabled rules of a project, packed where they can be.

    A BLOB or a text that is not UTF-8 has no JSON form; such rules are read row by row.
    """
    try:
        (text,) = connection.execute(_PACKED, {"id": project_id}).fetchone()
    except sqlite3.OperationalError:
        text = None
    if isinstance(text, str):
        return PackedRules(text)
    found: list[Row] = connection.execute(BY_ID[StatementName.RULES], {"id": project_id}).fetchall()
    return tuple(found)


def proof_of(rules: Sequence[Row]) -> bytes:
    """A fingerprint of rules; packed and unpacked ones of the same content have different ones."""
    return rules.proof if isinstance(rules, PackedRules) else fingerprint(tuple(rules))
