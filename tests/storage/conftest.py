from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.project import make_database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path / "agentpm.db")


@pytest.fixture(params=["delete", "wal"])
def database_in_either_mode(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_database(tmp_path / "agentpm.db", request.param)
