"""What tests of the engine work with: a project that can be written to, and engines on it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.clock import Clock, VirtualClock
from engine.core.answer import Answer
from engine.core.engine import Engine
from engine.optimizations import ALL_OPTIMIZATIONS, NO_OPTIMIZATIONS, Optimization
from engine.settings import Settings
from engine.trace import Namespace, Outcome, Trace

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the template was made, and when the tests' clocks begin."""

Expected = dict[tuple[int, str | None], tuple[str, str]]

REQUESTS: tuple[tuple[int, str | None], ...] = (
    (1, None),  # a usual task
    (3, None),  # without an agent
    (4, None),  # of a role without row and SOP
    (5, None),  # with unusable cells
    (6, None),  # without a context of its own, hence of unknown age
    (11, None),  # of an agent without file and capabilities
    (1, "refund-detective"),
    (1, "checkout-captain"),  # its own
)
"""One of each kind in the template."""

ALL = Settings()
NONE = Settings(optimizations=NO_OPTIMIZATIONS)


def with_only(*numbers: int) -> Settings:
    """Settings with these optimizations alone."""
    return Settings(optimizations=frozenset(map(Optimization, numbers)))


def without(*numbers: int) -> Settings:
    """Settings with all optimizations but these."""
    return Settings(optimizations=ALL_OPTIMIZATIONS - set(map(Optimization, numbers)))


def changed(settings: Settings, **values: Any) -> Settings:
    """`settings` with other values."""
    return msgspec.structs.replace(settings, **values)


@dataclass(frozen=True)
class Project:
    """A project on disk, as another program sees it."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / ".agentpm" / "data" / "agentpm.db"

    def copy(self, root: Path) -> Project:
        """The same project in another folder; times of files are kept."""
        shutil.copytree(self.root, root)
        return Project(root)

    def write(self, sql: str, *parameters: object) -> None:
        """Write as another connection would, and commit."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # no test survives a power cut
            connection.execute(sql, parameters)
            connection.commit()

    def set_journal_mode(self, mode: str) -> None:
        """Change the journal mode for good."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute(f"PRAGMA journal_mode = {mode}")

    def sop(self, role: str) -> Path:
        """Where the SOP of a role is."""
        return self.root / ".claude" / "agents" / f"{role}.md"

    @property
    def amalgamations(self) -> Path:
        """The folder of contexts files."""
        return self.root / ".agentpm" / "contexts"


@asynccontextmanager
async def opened(
    project: Project, settings: Settings = ALL, *, clock: Clock | None = None
) -> AsyncIterator[Engine]:
    """An engine without background work, under a clock that stands at `NOW` by default."""
    clock = clock or VirtualClock(NOW)
    async with Engine.open(
        project.root, settings=settings, clock=clock, background=False
    ) as engine:
        yield engine


def plain(answer: Answer) -> tuple[str, str]:
    """What of an answer must be the same in all ways: its text but for the time, and its payload."""
    text, times = re.subn(r"(?m)^(\*\*Assembly Time\*\*: )\d+ms$", r"\1?", answer.text)
    assert times == 1, "each answer says once how long it took"
    return text, json.dumps(answer.payload, ensure_ascii=False)


async def truth(
    project: Project,
    requests: Iterable[tuple[int, str | None]] = REQUESTS,
    *,
    clock: Clock | None = None,
) -> Expected:
    """What a new engine without any optimization answers."""
    async with opened(project, NONE, clock=clock) as engine:
        return {request: plain(await engine.task_start(*request)) for request in requests}


def outcomes(trace: Trace) -> dict[Namespace, Outcome]:
    """How each cache's look-up ended; every cache is asked at most once."""
    found = {lookup.namespace: lookup.outcome for lookup in trace.lookups}
    assert len(found) == len(trace.lookups), trace.lookups
    return found


def statement_counts(engine: Engine) -> dict[str, int]:
    """How often each statement ran."""
    return {view.name: view.count for view in engine.statement_views()}
