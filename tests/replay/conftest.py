"""A small project, made once; tests copy it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.demo.project import make_demo

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 12 tasks that no test may write to."""
    return make_demo(tmp_path_factory.mktemp("demo") / "shop", tasks=12, agents=8, now=NOW).root


@pytest.fixture
def project(demo: Path, tmp_path: Path) -> Path:
    """A copy of it of the test's own."""
    return Path(shutil.copytree(demo, tmp_path / "shop"))
