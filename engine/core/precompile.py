"""Reading and compiling SOPs at start-up, so that no start has to."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from engine.clock import Clock
from engine.context.agents import decode_agent
from engine.context.sops import Sop, read_sop, sop_candidates
from engine.core.caches import Caches
from engine.core.sop_source import SopSource
from engine.core.storage_access import StorageAccess
from engine.core.traffic import CacheTraffic
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.storage.connection import read_tolerantly
from engine.storage.rows import AGENT_COLUMNS, Row

_AGENTS = f"SELECT {', '.join(AGENT_COLUMNS)} FROM agents"
_OF_OPEN_TASKS = (
    f"{_AGENTS} WHERE role IN (SELECT trim(assigned_to) FROM tasks "
    "WHERE status IN ('active', 'ready', 'draft'))"
)
_ROLE = AGENT_COLUMNS.index("role")


async def compile_sops(
    root: Path, storage: StorageAccess, caches: Caches, clock: Clock, settings: Settings
) -> None:
    """Fill the `sops` cache.

    With lean memory only the agents of open tasks are compiled; the others follow when they are
    first needed.

    Raises:
        DatabaseError: the agents cannot be read.
    """
    statement = _OF_OPEN_TASKS if settings.has(Optimization.LEAN_MEMORY) else _AGENTS
    loaded_at = clock.monotonic()

    def read(connection: sqlite3.Connection) -> list[Row]:
        return read_tolerantly(connection, lambda: connection.execute(statement).fetchall())

    rows = await storage.run(read)
    limit = settings.caches[caches.sops.namespace].max_entries
    sops = await asyncio.to_thread(_read_all, root, rows[:limit])
    source = SopSource(root, caches.sops, storage, CacheTraffic(1))
    for sop in sops:
        source.keep(sop, loaded_at, settings)


def _read_all(root: Path, rows: list[Row]) -> list[Sop]:
    found = []
    for row in rows:
        role = row[_ROLE]
        if isinstance(role, str) and role:
            found.append(read_sop(sop_candidates(root, role, decode_agent(row, role))))
    return found
