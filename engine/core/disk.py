"""L3 of an engine: finished answers in the user's cache directory, kept across restarts.

Only `answers` are kept there. A SOP file is read and compiled in about the time that reading its
compiled form from disk would take, so that keeping it would gain nothing.
"""

from __future__ import annotations

import sqlite3
from importlib.metadata import version
from pathlib import Path

import platformdirs

from engine.cache.disk import DiskStore
from engine.cache.disk_identity import DiskIdentity
from engine.core.storage_access import StorageAccess
from engine.storage.rows import fingerprint

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"


def user_cache_folder() -> Path:
    """Where engines that serve agents keep L3."""
    return platformdirs.user_cache_path("taskstart-console") / "answers"


async def open_disk(folder: Path, storage: StorageAccess) -> DiskStore:
    """The opened store of the project of `storage`; trouble with it is told by its `problem`.

    Raises:
        DatabaseError: the project's database cannot be read.
    """
    identity = await storage.run(lambda connection: _identity(storage.path, connection))
    store = DiskStore(folder, identity)
    await store.open()
    return store


def _identity(database: Path, connection: sqlite3.Connection) -> DiskIdentity:
    found = database.stat()
    schema = fingerprint(connection.execute(_SCHEMA).fetchall())
    return DiskIdentity(
        database.resolve(), found.st_dev, found.st_ino, schema, version("taskstart-console")
    )
