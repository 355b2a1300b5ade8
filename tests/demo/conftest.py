"""One default demo project, made once and only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo import DemoProject, make_demo
from engine.demo.schema import create_schema

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MIGRATED = datetime(2026, 1, 1)


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoProject:
    return make_demo(tmp_path_factory.mktemp("demo") / "shop", now=NOW)


@pytest.fixture
def rows(demo: DemoProject) -> Iterator[sqlite3.Connection]:
    with closing(open_database(demo.root)) as connection:
        yield connection


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    """The schema with one project, one work item and one task."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_schema(connection, MIGRATED)
        connection.execute("INSERT INTO projects (id, name, path) VALUES (1, 'shop', '/shop')")
        connection.execute(
            "INSERT INTO work_items (id, project_id, name, type) VALUES (1, 1, 'w', 'feature')"
        )
        connection.execute(
            "INSERT INTO tasks (id, work_item_id, name, description) VALUES (1, 1, 'kettle', 'lid')"
        )
        yield connection


def open_database(root: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{root}/.agentpm/data/agentpm.db?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection
