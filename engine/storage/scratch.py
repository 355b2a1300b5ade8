"""Copying a project to a scratch folder, where a replay may write."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.errors import ProjectError
from engine.storage.connection import classify, connect
from engine.storage.schema import check_schema

DATABASE: Final = Path(".agentpm/data/agentpm.db")
"""Where AgentPM keeps its database, relative to the project's root."""

COPIED_FOLDERS: Final = (Path(".claude/agents"), Path(".agentpm/contexts"))
"""What a TaskStart reads besides the database."""

_BUSY_TIMEOUT_SECONDS: Final = 5.0


async def copy_project(root: Path, destination: Path) -> Path:
    """Copy what a TaskStart reads of a project; the original is only read.

    The database is copied by SQLite's backup API, hence as one snapshot even while somebody
    writes. Links are copied as the files they lead to if those lie in the project, and left out
    otherwise.

    Args:
        root: the project.
        destination: a folder that need not exist; the copy becomes the project root there.

    Returns:
        The root of the copy.

    Raises:
        DatabaseError: the database cannot be read.
        ProjectError: a file cannot be copied.
    """
    return await asyncio.to_thread(_copy, root, destination)


def _copy(root: Path, destination: Path) -> Path:
    root, destination = root.resolve(), destination.absolute()
    try:
        (destination / DATABASE.parent).mkdir(parents=True, exist_ok=True)
        _copy_database(root / DATABASE, destination / DATABASE)
        for folder in COPIED_FOLDERS:
            for source in _files_inside(root, root / folder):
                target = destination / source.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
    except OSError as error:
        raise ProjectError(
            f"cannot copy {root} to {destination}: {error}", "check the space and the rights there"
        ) from error
    return destination


def _copy_database(source: Path, target: Path) -> None:
    try:
        with closing(connect(source, busy_timeout=_BUSY_TIMEOUT_SECONDS)) as reading:
            # One step in one read transaction: a backup in several starts again with each commit.
            reading.execute("BEGIN")
            # Else whoever opens the copy would say what is wrong of the copy.
            check_schema(reading, source)
            with closing(sqlite3.connect(target)) as writing:
                reading.backup(writing)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise ProjectError(
                f"cannot copy {source} to {target}: no room is left there",
                "free some space there, or set TMPDIR to another folder",
            ) from error
        raise classify(error, source) from error


def _files_inside(root: Path, folder: Path) -> Iterator[Path]:
    """Regular files below `folder` that lie within `root`, by their own names.

    Linked folders are not entered: an inward one could lead in circles.
    """
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(parent, name)
            if path.resolve().is_relative_to(root) and path.is_file():
                yield path
