"""Memory held for all agents, against a reference that keeps everything as plain objects.

Both are measured in a worker process of their own and in the same way: by tracemalloc, as the
bytes that come free when what is held is let go.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from engine.bench.answer_memory import settle, traced
from engine.bench.budget import Progress
from engine.bench.side import open_side
from engine.bench.worker import Ask
from engine.context.sops import AGENTS_FOLDER
from engine.core.engine import Engine
from engine.core.project import DATABASE
from engine.errors import TaskStartError
from engine.optimizations import ALL_OPTIMIZATIONS, Optimization
from engine.settings import Settings
from engine.storage.connection import connect

_AGENT_CACHES = frozenset({Optimization.SOP_PRECOMPILATION, Optimization.AGENT_VALIDATION})
_RELEASED_FIRST = frozenset(
    {
        Optimization.PARALLEL_QUERIES,
        Optimization.PLUGIN_FACTS_CACHE,
        Optimization.PARALLEL_ASSEMBLY,
        Optimization.TIERED_CACHE,
    }
)
_BUSY_TIMEOUT_S = 5.0


class EngineHolds(msgspec.Struct, frozen=True):
    """Bytes that the optimized engine holds."""

    after_start: int
    """Agents and SOPs, when it has just started."""
    after_use: int
    """Agents and SOPs, after every agent was used once."""
    all_caches_after_use: int
    """Likewise with all other caches: finished answers, rows, rules and facts."""
    used: int
    """Agents that were used, those included whose start says that they are inactive."""


class Memory(msgspec.Struct, frozen=True):
    """The engine beside the reference; bytes."""

    agents: int
    reference: int
    """Every agent row as a dict of its columns and every SOP file with its whole text."""
    engine: EngineHolds

    @property
    def saved_after_start(self) -> float:
        """Share of the reference that the engine does without."""
        return 1.0 - self.engine.after_start / self.reference

    @property
    def saved_after_use(self) -> float:
        """Likewise, after every agent was used once."""
        return 1.0 - self.engine.after_use / self.reference


async def measure_memory(root: Path, ask: Ask, progress: Progress) -> Memory | None:
    """Both sides, one after the other; None for a project without agents.

    Raises:
        TaskStartError: the project cannot be read.
    """
    roles = await asyncio.to_thread(read_roles, root)
    if not roles:
        return None
    progress("memory: the reference")
    async with open_side() as side:
        reference = await side.call(reference_bytes, root)
    progress("memory: the engine")
    async with open_side() as side:
        engine = await side.call(engine_bytes, root, ask[0], roles)
    return Memory(len(roles), reference, engine)


def read_roles(root: Path) -> list[str]:
    """The roles of all agents."""
    with closing(connect(root / DATABASE, busy_timeout=_BUSY_TIMEOUT_S)) as connection:
        rows = connection.execute("SELECT role FROM agents WHERE role <> '' ORDER BY id")
        return [row[0] for row in rows if isinstance(row[0], str)]


# ---- the reference, in its worker ---------------------------------------------------------------


def reference_bytes(root: Path) -> int:
    """Bytes of the plain objects."""
    load_reference(root)  # what loading leaves behind in modules is not held for agents
    tracemalloc.start()
    held: tuple[Any, ...] | None = load_reference(root)
    before = traced()
    assert held is not None
    held = None
    freed = before - traced()
    tracemalloc.stop()
    return freed


def load_reference(root: Path) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Every agent row as a dict with its JSON decoded, and every SOP file with its text.

    Files that several agents share are kept once.
    """
    agents: dict[str, dict[str, Any]] = {}
    sops: dict[str, dict[str, Any]] = {}
    with closing(connect(root / DATABASE, busy_timeout=_BUSY_TIMEOUT_S)) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute("SELECT * FROM agents ORDER BY id"):
            agent = dict(row)
            agent["capabilities"] = _decoded(agent.get("capabilities"))
            agents[agent["role"]] = agent
            path = root / (agent.get("file_path") or f"{AGENTS_FOLDER}/{agent['role']}.md")
            if str(path) in sops:
                continue
            try:
                text, status = path.read_text(encoding="utf-8"), path.stat()
            except (OSError, ValueError):
                continue  # an agent without a readable SOP has none to keep
            sops[str(path)] = {
                "path": str(path),
                "text": text,
                "size": status.st_size,
                "modified": status.st_mtime,
            }
    return agents, sops


def _decoded(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


# ---- the engine, in its worker ------------------------------------------------------------------


def engine_bytes(root: Path, task_id: int, roles: list[str]) -> EngineHolds:
    """Bytes that the optimized engine holds for agents and SOPs."""
    return asyncio.run(_engine_bytes(root, task_id, roles))


async def _engine_bytes(root: Path, task_id: int, roles: list[str]) -> EngineHolds:
    await _hold(root, task_id, roles[:1])  # imports and the like are not held for agents
    tracemalloc.start()
    _, after_start = await _hold(root, task_id, [])
    all_caches, after_use = await _hold(root, task_id, roles)
    tracemalloc.stop()
    return EngineHolds(after_start, after_use, all_caches, len(roles))


async def _hold(root: Path, task_id: int, roles: list[str]) -> tuple[int, int]:
    """Bytes in all caches, and in those of agents and SOPs, after these roles were used once."""
    async with Engine.open(root, settings=Settings(), background=False) as engine:
        for role in roles:
            await _use(engine, task_id, role)
        await settle(engine, (task_id, None))
        full = traced()
        await engine.apply(Settings(optimizations=ALL_OPTIMIZATIONS - _RELEASED_FIRST))
        agents = traced()
        await engine.apply(
            Settings(optimizations=ALL_OPTIMIZATIONS - _RELEASED_FIRST - _AGENT_CACHES)
        )
        empty = traced()
    return full - empty, agents - empty


async def _use(engine: Engine, task_id: int, role: str) -> None:
    try:
        await engine.task_start(task_id, role, source="bench")
    except TaskStartError:
        # An inactive agent is looked up and kept like any other before its start is refused.
        return
