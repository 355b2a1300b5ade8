"""Where a project is and what it is called."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DatabaseMissingError, ProjectError

DATABASE = Path(".agentpm") / "data" / "agentpm.db"
DEMO_MARKER = Path(".agentpm") / "taskstart-demo"
"""A file that the demo generator leaves, so that screens can say that the data is made up."""


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """What screens say of the project."""

    name: str
    root: Path
    tasks: int
    agents: int
    journal_mode: str
    demo: bool


def resolve_root(root: Path | str) -> Path:
    """The project's root with links resolved.

    Raises:
        ProjectError: the folder does not exist or holds no `.agentpm`.
        DatabaseMissingError: there is no database in it.
    """
    try:
        path = Path(root).expanduser().resolve()
        is_folder = path.is_dir()
        has_marker = (path / ".agentpm").is_dir()
        has_database = (path / DATABASE).is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise ProjectError(f"{root} cannot be read: {error}") from error
    if not is_folder:
        raise ProjectError(f"{path} is not a folder", "give the folder that holds .agentpm")
    if not has_marker:
        raise ProjectError(
            f"{path} is not an AgentPM project (no .agentpm folder)",
            "give --project DIR, or make a demo project: taskstart demo DIR",
        )
    if not has_database:
        raise DatabaseMissingError(
            f"{path / DATABASE} does not exist",
            "let AgentPM make it (apm init), or use the demo project: taskstart --demo",
        )
    return path


def find_project(start: Path) -> Path | None:
    """The nearest folder from `start` upwards that holds `.agentpm`; None if there is none."""
    for folder in (start, *start.parents):
        if (folder / ".agentpm").is_dir():
            return folder
    return None


def read_project_info(connection: sqlite3.Connection, root: Path) -> ProjectInfo:
    """Name and counts, by one statement; blocking, for a connection's own thread."""
    row = connection.execute(
        "SELECT (SELECT name FROM projects ORDER BY id LIMIT 1), (SELECT count(*) FROM tasks),"
        " (SELECT count(*) FROM agents)"
    ).fetchone()
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    name = row[0] if isinstance(row[0], str) and row[0].strip() else root.name
    demo = (root / DEMO_MARKER).exists()
    return ProjectInfo(name.strip(), root, row[1], row[2], str(mode), demo)
