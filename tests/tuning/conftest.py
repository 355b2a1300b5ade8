"""The same projects as the engine's tests use."""

from tests.core.conftest import expected, project, template, wal_project

__all__ = ["expected", "project", "template", "wal_project"]
