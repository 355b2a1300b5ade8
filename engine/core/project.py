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


def resolve_folder(root: Path | str) -> Path:
    """The project's root with links resolved, whether or not there is a database in it yet.

    Raises:
        ProjectError: the folder does not exist or holds no `.agentpm`.
    """
    try:
        path = Path(root).expanduser().resolve()
        is_folder = path.is_dir()
        has_marker = (path / ".agentpm").is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(root, error) from error
    if not is_folder:
        raise ProjectError(f"{path} is not a folder", "give the folder that holds .agentpm")
    if not has_marker:
        raise ProjectError(
            f"{path} is not an AgentPM project (no .agentpm folder)",
            "give --project DIR, or make a demo project: taskstart demo DIR",
        )
    return path


def resolve_root(root: Path | str) -> Path:
    """The project's root with links resolved.

    Raises:
        ProjectError: the folder does not exist or holds no `.agentpm`.
        DatabaseMissingError: there is no database in it.
    """
    path = resolve_folder(root)
    try:
        _require_file(path / DATABASE)
    except OSError as error:
        raise _unreadable(root, error) from error
    return path


def _require_file(database: Path) -> None:
    make = "let AgentPM make it (apm init), or use the demo project: taskstart --demo"
    if not database.exists():
        target = f" (it is a link to {database.readlink()})" if database.is_symlink() else ""
        raise DatabaseMissingError(f"{database} does not exist{target}", make)
    if not database.is_file():
        # Opening a pipe would wait for somebody to write into it.
        kind = "a folder" if database.is_dir() else "a pipe, a socket or a device"
        raise DatabaseMissingError(
            f"{database} is {kind}, not a database file",
            "move it away and restore the database from a backup, or " + make,
        )


def find_project(start: Path | None = None) -> Path | None:
    """The nearest folder upwards that holds `.agentpm`; None if there is none.

    Args:
        start: where to begin, by default in the working folder.

    Raises:
        ProjectError: the working folder is gone, or a folder may not be looked into.
    """
    try:
        start = start or Path.cwd()
        for folder in (start, *start.parents):
            if (folder / ".agentpm").is_dir():
                return folder
    except OSError as error:
        where = start or "the working folder"
        raise ProjectError(
            f"no project can be looked for around {where}: {error.strerror or error}",
            "give --project DIR",
        ) from error
    return None


def _unreadable(root: Path | str, error: Exception) -> ProjectError:
    where = getattr(error, "filename", None) or root
    reason = getattr(error, "strerror", None) or error
    return ProjectError(f"{where} cannot be read: {reason}", "give --project a folder that can")


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
