"""A warm TaskStart against its floor: the least that proving it fresh can cost.

The floor in WAL mode is one `PRAGMA data_version`, one stat for each file that the answer depends
on (the database among them), and one look-up in a dict. In rollback-journal mode the PRAGMA may
wait for a lock, so there the change counter in the file takes its place; where the system cannot
read that without waiting, the PRAGMA and its stat take one hop to a thread.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic, perf_counter_ns

import msgspec

from engine.bench.budget import Progress
from engine.bench.machine import Machine, this_machine
from engine.bench.samples import Ratio, Summary, ratio_of_medians, summarize
from engine.bench.table import factor, heading, machine_lines, milliseconds, span, table
from engine.bench.worker import answerable_tasks
from engine.core.engine import Engine
from engine.core.project import DATABASE
from engine.errors import TaskStartError
from engine.replay.scratch import scratch_copy
from engine.settings import Settings
from engine.storage.change_counter import ChangeCounter, ReadDescriptors, read_counter
from engine.storage.connection import connect, file_identity

JOURNAL_MODES = ("wal", "delete")
_BLOCK = 100
"""Starts and floors in turn, so many each."""
QUICK_S = 1.0
FULL_S = 10.0


class FloorFound(msgspec.Struct, frozen=True):
    """One journal mode; milliseconds."""

    journal_mode: str
    files: int
    """That the answer depends on, the database included."""
    start_ms: Summary
    floor_ms: Summary
    ratio: Ratio | None


class FloorReport(msgspec.Struct, frozen=True):
    """Warm starts through the Python API, strict, against their floor; native."""

    project: str
    took_s: float
    machine: Machine
    found: list[FloorFound]

    def as_json(self) -> bytes:
        """Indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def as_text(self) -> str:
        """Plain text of at most 100 columns."""
        rows = []
        for one in self.found:
            for name, summary in (("start", one.start_ms), ("floor", one.floor_ms)):
                rows.append(
                    (
                        f"{one.journal_mode}: warm {name}" if name == "start" else "  its floor",
                        milliseconds(summary.p50),
                        span(summary.p50_interval),
                        milliseconds(summary.p99),
                        f"{summary.n:,}",
                        factor(one.ratio) if name == "start" else "",
                    )
                )
        files = ", ".join(f"{one.files} in {one.journal_mode} mode" for one in self.found)
        return "\n".join(
            [
                heading("taskstart bench --floor", self.project),
                *(f"  {line}" for line in machine_lines(self.machine)),
                "",
                "WARM START AGAINST ITS FLOOR, measured (native), strict, interleaved",
                *table(("ms", "p50", "95 % interval", "p99", "n", "start of floor (95 %)"), rows),
                "  the floor: PRAGMA data_version, one stat per file that the answer depends on",
                f"  ({files}), one dict look-up; in delete mode, where",
                "  the PRAGMA may wait for a lock, the change counter in the file takes its place, or,",
                "  where the system cannot read that without waiting, one hop to a thread",
            ]
        )


async def measure_floor(root: Path, *, seconds: float = FULL_S, progress: Progress) -> FloorReport:
    """Measure on scratch copies, one for each journal mode, for so many seconds each.

    Raises:
        TaskStartError: the project cannot be read or copied, or no task has an answer.
    """
    began, machine = monotonic(), this_machine()
    found = []
    for mode in JOURNAL_MODES:
        progress(f"{mode} mode: copying the project")
        async with scratch_copy(root) as scratch:
            await asyncio.to_thread(_set_journal_mode, scratch.root / DATABASE, mode)
            found.append(await _measure(scratch.root, mode, seconds, progress))
    return FloorReport(str(root), monotonic() - began, machine, found)


def _set_journal_mode(database: Path, mode: str) -> None:
    """On a scratch copy only: the user's database keeps its own mode."""
    with closing(sqlite3.connect(database)) as connection:
        (now,) = connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()
    if now != mode:
        raise TaskStartError(
            f"the scratch copy of the database cannot be put into {mode} mode (it says {now})",
            "set TMPDIR to a folder on a local disk",
        )


async def _measure(root: Path, mode: str, seconds: float, progress: Progress) -> FloorFound:
    async with Engine.open(root, settings=Settings(), background=False) as engine:
        asks = await answerable_tasks(engine, 1)
        if not asks:
            raise TaskStartError(
                "no task of this project has an answer to measure",
                "try it on a demo project: taskstart demo DIR",
            )
        task_id, role = asks[0]
        files = engine.watched_files(task_id, role)

        async def start() -> None:
            answer = await engine.task_start(task_id, role, source="bench")
            _ = answer.text

        with closing(_Floor(root / DATABASE, files, mode)) as floor:
            starts, floors = await _in_turn(start, floor.pay, seconds, mode, progress)
    return FloorFound(
        mode,
        len(files) + 1,
        summarize(starts),
        summarize(floors),
        ratio_of_medians(starts, floors),
    )


async def _in_turn(
    start: Callable[[], Awaitable[None]],
    floor: Callable[[], Awaitable[None]],
    seconds: float,
    mode: str,
    progress: Progress,
) -> tuple[list[float], list[float]]:
    """Milliseconds of both, block by block, each block first as often; one block unmeasured."""
    found: dict[Callable[[], Awaitable[None]], list[float]] = {start: [], floor: []}
    for work in found:
        await _block(work)
    began, number = monotonic(), 0
    while monotonic() - began < seconds:
        progress(f"{mode} mode: {100 * (monotonic() - began) / seconds:.0f} %")
        for work in (start, floor) if number % 2 else (floor, start):
            found[work] += await _block(work)
        number += 1
    return found[start], found[floor]


async def _block(work: Callable[[], Awaitable[None]]) -> list[float]:
    taken = [0] * _BLOCK
    for index in range(_BLOCK):
        began = perf_counter_ns()
        await work()
        taken[index] = perf_counter_ns() - began
    return [nanoseconds / 1e6 for nanoseconds in taken]


class _Floor:
    """The least work that proves a held answer fresh."""

    def __init__(self, database: Path, files: Sequence[str], mode: str) -> None:
        self._database = str(database)
        self._files = list(files)
        identity = file_identity(database)
        descriptors = ReadDescriptors(identity)
        self._connection = connect(database, busy_timeout=0.0)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="floor")
        self._held = {(1, None): object()}
        descriptor = descriptors.added()
        self._counter: ChangeCounter | None = None
        if descriptor is not None:
            self._counter, _ = read_counter(self._connection, database, descriptor, identity)
        self.pay = self._pay_by_hop
        if mode == "wal":
            self.pay = self._pay_on_loop
        elif self._counter is not None:
            self.pay = self._pay_by_counter

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()

    def _look(self) -> int:
        os.stat(self._database)  # noqa: PTH116 - the floor is the system call
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    async def _pay_on_loop(self) -> None:
        self._look()
        self._prove()

    async def _pay_by_counter(self) -> None:
        assert self._counter is not None, "chosen where there is one"
        os.stat(self._database)  # noqa: PTH116 - the floor is the system call
        self._counter.is_unmoved()
        self._prove()

    async def _pay_by_hop(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._look)
        self._prove()

    def _prove(self) -> object:
        for path in self._files:
            try:
                os.stat(path)  # noqa: PTH116
            except OSError:
                continue  # an answer may depend on a file's absence: looking costs the same
        return self._held[1, None]
