"""Projects for tests of the engine: one made once and shared, or a copy of it to write to."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from engine.demo import make_demo
from tests.core.rig import NOW, Expected, Project, truth


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small demo project with odd rows beside the usual ones; never written to by a test."""
    root = tmp_path_factory.mktemp("template") / "shop"
    make_demo(root, tasks=12, agents=5, now=NOW)
    project = Project(root)
    project.write("UPDATE tasks SET assigned_to = NULL WHERE id = 3")
    project.write("UPDATE tasks SET assigned_to = 'stranger' WHERE id = 4")
    project.write("UPDATE tasks SET quality_metadata = '{broken' WHERE id = 5")
    project.write("DELETE FROM contexts WHERE entity_type = 'task' AND entity_id = 6")
    project.write("UPDATE agents SET file_path = NULL, capabilities = '[]' WHERE id = 5")
    return project


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def expected(template: Project) -> Expected:
    """The baseline's answers to `REQUESTS` in the template."""
    return await truth(template)


@pytest.fixture(autouse=True)
def untuned_garbage_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the collector of the tests' process alone: a full collection takes a tenth of a second."""
    monkeypatch.setattr("engine.core.engine.tune_garbage_collection", lambda engine, lean: None)


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    """A project of the test's own, in rollback-journal mode."""
    return template.copy(tmp_path / "shop")


@pytest.fixture
def wal_project(project: Project) -> Project:
    """A project of the test's own, in WAL mode."""
    project.set_journal_mode("wal")
    return project
