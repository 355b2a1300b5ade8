"""Reading the rows of many TaskStarts in one hop and one transaction, for background work."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from engine.storage.connection import ReadTransaction, read_tolerantly
from engine.storage.packed_rules import read_rules
from engine.storage.queries import batch, split_batch
from engine.storage.rows import Row, RowBundle


@dataclass(frozen=True, slots=True)
class BulkLoaded:
    """All of one snapshot."""

    bundles: list[tuple[RowBundle, bytes]]
    """In the order asked for, each with its fingerprint."""
    rules: dict[int, Sequence[Row]]
    """The rules of every project of these bundles, by its id; empty when not asked for."""


def load_many(
    connection: sqlite3.Connection,
    requests: Sequence[tuple[int, str | None]],
    *,
    want_rules: bool,
) -> BulkLoaded:
    """Read the rows of every (task id, agent role); blocking, for a connection's own thread.

    Fingerprints are made here too, so that the event loop only compares them.
    """

    def read() -> BulkLoaded:
        bundles = []
        rules: dict[int, Sequence[Row]] = {}
        with ReadTransaction(connection):
            for task_id, agent_role in requests:
                query = batch(task_id, agent_role)
                found = connection.execute(query.sql, query.parameters).fetchall()
                bundle = split_batch(found, agent_role)
                bundles.append((bundle, bundle.fingerprint()))
                project = bundle.project[0] if bundle.project is not None else None
                if want_rules and isinstance(project, int) and project not in rules:
                    rules[project] = read_rules(connection, project)
        return BulkLoaded(bundles, rules)

    return read_tolerantly(connection, read)
