"""Is an answer ever out of date? Another process commits, and every answer is compared.

A start's answer must show at least what had been committed when the start began. In bounded mode
it may be older, by as much as its bound; by how much it was is measured.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.bench.budget import Progress
from engine.bench.committing import WRITTEN_TASKS, Stage, committing, shown_revision
from engine.bench.freshness_writer import REMEMBERED
from engine.core.engine import Engine
from engine.core.project import DATABASE
from engine.errors import DatabaseBusyError, TimeoutExceededError
from engine.replay.scratch import scratch_copy
from engine.settings import Freshness, Settings

STARTS = 20_000
FULL_STARTS = 100_000
"""Half a million in all five situations."""
QUICK_STARTS = 1_000
AGENTS = 32
"""Starts that are under way at once."""
RATE = 300.0
"""Commits a second that the writer tries for."""
BOUND_MS = 10.0
SETTLED_AFTER_S = 1.0

_OWN_WRITES = 200
_PROCESS_SECONDS = 20.0
_PATIENT_S = 30.0
_TRY_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0.05, isolation_level=None)
try:
    connection.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError:
    print("locked")
else:
    print("free")
"""


class Situation(msgspec.Struct, kw_only=True, frozen=True):
    """One stretch of starts beside a writer process."""

    name: str
    journal: str
    synchronous: str
    freshness: str
    starts: int
    warm: int
    commits: int
    seconds: float
    stale: int
    """Answers that lacked something committed before their start began."""
    oldest_ms: float
    """How long before, of the oldest of them."""
    refused: int
    """Starts that failed because the writer's lock was not given up in time; never stale."""
    stale_in_the_end: int
    """Tasks whose answer is still out of date when things have settled after the last commit."""


class FreshnessReport(msgspec.Struct, kw_only=True, frozen=True):
    """What came of it."""

    situations: list[Situation]
    own_writes: int
    own_stale: int
    """Starts that lacked what this very process had committed before."""
    locks_seen: bool
    """Whether another process found the database locked while this one held a lock."""

    def as_json(self) -> bytes:
        """For a program."""
        return msgspec.json.encode(self)

    def as_text(self) -> str:
        """For a person."""
        head = (
            f"{'':34} {'starts':>8} {'warm':>7} {'commits/s':>10} {'stale':>6} {'oldest':>9} "
            f"{'after 1 s':>9} {'refused':>7}"
        )
        lines = ["Answers compared with what another process had committed before they began", head]
        for one in self.situations:
            oldest = f"{one.oldest_ms:.1f} ms" if one.stale else "–"
            lines.append(
                f"{one.name:34} {one.starts:>8,} {100 * one.warm / max(one.starts, 1):>5.1f} % "
                f"{one.commits / one.seconds:>10.0f} {one.stale:>6,} {oldest:>9} "
                f"{one.stale_in_the_end:>9} {one.refused:>7}"
            )
        lines.append(
            f"own commits not seen by the next start: {self.own_stale} of {self.own_writes:,}"
        )
        seen = "yes" if self.locks_seen else "NO"
        lines.append(f"another process sees the locks of this one: {seen}")
        return "\n".join(lines)


async def measure_freshness(
    root: Path,
    *,
    starts: int,
    progress: Progress,
    rate: float = RATE,
    settled_after_s: float = SETTLED_AFTER_S,
) -> FreshnessReport:
    """Compare `starts` answers in each situation, on scratch copies of the project at `root`.

    Args:
        rate: commits a second that the writer tries for.
        settled_after_s: how long after the last commit every answer must be right again.

    Raises:
        TaskStartError: the project cannot be read or copied.
    """
    # A writer that never pauses keeps the lock of a rollback journal for most of the time.
    strict = Settings(busy_timeout_seconds=_PATIENT_S, start_timeout_seconds=2 * _PATIENT_S)
    bounded = msgspec.structs.replace(strict, freshness=Freshness.BOUNDED, bounded_ms=BOUND_MS)
    situations = []
    for name, journal, synchronous, settings, cursor in (
        ("strict, WAL, synchronous FULL", "wal", "full", strict, False),
        ("strict, WAL, synchronous NORMAL", "wal", "normal", strict, False),
        ("strict, WAL, a leftover cursor", "wal", "normal", strict, True),
        ("strict, rollback journal", "delete", "full", strict, False),
        (f"bounded ({BOUND_MS:g} ms), WAL", "wal", "normal", bounded, False),
    ):
        progress(name)
        async with committing(root, journal, synchronous, rate) as stage:
            situations.append(
                await _situation(
                    name, stage, settings, starts, settled_after_s=settled_after_s, cursor=cursor
                )
            )
    progress("own commits and locks")
    async with scratch_copy(root) as scratch, Engine.open(scratch.root) as engine:
        tasks = await engine.sample_tasks(WRITTEN_TASKS)
        own_stale = await _own_writes(engine, scratch.root / DATABASE, tasks)
        seen = await _locks_are_seen(engine, scratch.root / DATABASE, tasks)
    return FreshnessReport(
        situations=situations, own_writes=_OWN_WRITES, own_stale=own_stale, locks_seen=seen
    )


async def _situation(
    name: str,
    stage: Stage,
    settings: Settings,
    starts: int,
    *,
    settled_after_s: float,
    cursor: bool,
) -> Situation:
    async with Engine.open(stage.root, settings=settings) as engine:
        with closing(sqlite3.connect(stage.root / DATABASE)) as application:
            if cursor:
                # A statement that was begun and never finished keeps its read transaction open.
                left = application.execute("SELECT id FROM tasks")
                left.fetchone()
            began, before = time.monotonic(), stage.commits
            counts = await _compare(engine, stage, starts)
            seconds, commits = time.monotonic() - began, stage.commits - before
        await stage.stop_writer()
        await asyncio.sleep(settled_after_s)
        settled = await _compare(engine, stage, len(stage.tasks))
    return Situation(
        name=name,
        journal=stage.journal,
        synchronous=stage.synchronous,
        freshness=settings.freshness.value,
        starts=starts,
        warm=counts.warm,
        commits=commits,
        seconds=seconds,
        stale=counts.stale,
        oldest_ms=counts.oldest_ns / 1e6,
        refused=counts.refused,
        stale_in_the_end=settled.stale + settled.refused,
    )


@dataclass(slots=True)
class _Counts:
    warm: int = 0
    stale: int = 0
    refused: int = 0
    oldest_ns: int = 0


async def _compare(engine: Engine, stage: Stage, starts: int) -> _Counts:
    """Start the tasks in turn, as many agents at once, and compare each answer with the board."""
    counts = _Counts()
    numbers = iter(range(starts))
    async with asyncio.TaskGroup() as agents:
        for _ in range(AGENTS):
            agents.create_task(_compare_on(engine, stage, numbers, counts))
    return counts


async def _compare_on(
    engine: Engine, stage: Stage, numbers: Iterator[int], counts: _Counts
) -> None:
    for number in numbers:
        place = number % len(stage.tasks)
        committed, began_ns = stage.board.revision(place), time.monotonic_ns()
        try:
            answer = await engine.task_start(stage.tasks[place])
        except (DatabaseBusyError, TimeoutExceededError):
            counts.refused += 1
            continue
        counts.warm += answer.trace.warm
        shown = shown_revision(answer.text)
        if shown < committed:
            counts.stale += 1
            if committed - shown < REMEMBERED:
                moment_ns = stage.board.committed_ns(place, shown + 1)
                counts.oldest_ns = max(counts.oldest_ns, began_ns - moment_ns)
        if number % 64 == 0:
            # Starts that need no waiting would keep the background work from its turn.
            await asyncio.sleep(0)


async def _own_writes(engine: Engine, database: Path, tasks: list[int]) -> int:
    """Commit in this process and start at once; how often the commit was not seen."""
    stale = 0
    with closing(sqlite3.connect(database, isolation_level=None, timeout=5.0)) as application:
        for number in range(1, _OWN_WRITES + 1):
            task = tasks[number % len(tasks)]
            application.execute(
                "UPDATE tasks SET name = ? WHERE id = ?", (f"revision {number}", task)
            )
            stale += shown_revision((await engine.task_start(task)).text) != number
    return stale


async def _locks_are_seen(engine: Engine, database: Path, tasks: list[int]) -> bool:
    """Hold a write lock here, use the engine, and have another process try for the same lock.

    Closing any other descriptor of the file would have dropped the lock unseen.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as application:
        application.execute("BEGIN IMMEDIATE")
        for task in tasks:
            await engine.task_start(task)
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _TRY_LOCK, str(database)), stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(_PROCESS_SECONDS):
                told, _ = await other.communicate()
        finally:
            if other.returncode is None:
                other.kill()
                await other.wait()
        application.execute("ROLLBACK")
    return told.strip() == b"locked"
