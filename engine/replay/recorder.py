"""Records live traffic: a workload that can be replayed, and beside it a run, what was measured.

Of each start its time, its task's id, the agent's role and who asked are kept: no prompts, no
texts. What happens gathers in memory and goes to the files once a second as whole lines, so a
process that is killed loses at most its last second. A recording can be continued: its times go
on from its header's start. Each file is limited in size; a full one is kept beside the next.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import platformdirs

from engine.bench.machine import this_machine
from engine.clock import Clock, SystemClock
from engine.errors import WorkloadError
from engine.replay.appending import AppendedFile
from engine.replay.events import Op, WorkloadEvent
from engine.replay.live_traffic import NOT_ANSWERED, LiveEntry, LiveStart, in_order
from engine.replay.recording_file import LONGEST_LINE
from engine.replay.run_file import (
    RUN_FORMAT,
    RunHeader,
    RunLine,
    RunOp,
    encode_start,
    run_path,
)
from engine.replay.waiting import to_the_end
from engine.replay.workload import WORKLOAD_FORMAT, WorkloadHeader, encode_event

FLUSH_EVERY_S = 1.0
MOST_BYTES = 64 * 2**20
SMALLEST_LIMIT = 4_096
FILES_KEPT = 4
"""The file that is written, and the full ones before it (`name.1.jsonl` is the latest)."""
MOST_WAITING = 100_000
"""Entries that wait in memory while a file system hangs; more are counted as lost."""
_OF_A_START = b'"op":"taskstart"'
_log = logging.getLogger(__name__)


def recordings_folder() -> Path:
    """The user's data folder for recordings; it may not exist."""
    return platformdirs.user_data_path("taskstart-console") / "recordings"


def recording_path(project_name: str, now: datetime) -> Path:
    """A name for a new recording in the user's data folder."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", project_name).strip("-.") or "project"
    return recordings_folder() / f"{word[:60]}-{now:%Y%m%d-%H%M%S}.jsonl"


class Recorder:
    """Writes one recording; an async context manager that owns its flushing."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock | None = None,
        most_bytes: int = MOST_BYTES,
        began_at: float | None = None,
        header: WorkloadHeader | None = None,
        run_header: RunHeader | None = None,
        settle: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Describe a recording; nothing is opened before it is entered.

        Args:
            path: the workload's file; the run's lies beside it.
            clock: the time of what is recorded.
            most_bytes: limit of each file.
            began_at: monotonic seconds of the recording's beginning, when that has passed.
            header: what the workload says about itself; its start is filled in.
            run_header: what the run says about itself; start, workload and machine are filled in.
            settle: awaited before each writing, so that what is noticed late, and has happened
                earlier, still gets its place.
        """
        self.path = path
        self.recorded = 0
        """Starts recorded since this recorder was opened."""
        self.lost = 0
        """Starts that could not be recorded."""
        self.error = ""
        """Why recording has ended by itself; empty while it goes on."""
        self._clock = clock or SystemClock()
        self._most_bytes = max(most_bytes, SMALLEST_LIMIT)
        self._header = header or WorkloadHeader()
        self._run_header = run_header or RunHeader()
        self._settle = settle
        self._waiting: list[LiveEntry] = []
        self._measured: list[LiveStart | tuple[float, RunLine]] = []
        self._workload: AppendedFile[WorkloadHeader] | None = None
        self._run: AppendedFile[RunHeader] | None = None
        self._began_at = began_at
        self._opened_at = 0.0
        self._base_t = 0.0
        self._last_t = 0.0
        self._writing = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Recorder:
        """Open or continue the files.

        Raises:
            WorkloadError: they cannot be written, are another process's recording now, or are no
                recording.
        """
        now, wall = self._clock.monotonic(), self._clock.wall()
        self._opened_at = now if self._began_at is None else self._began_at
        start = wall - timedelta(seconds=now - self._opened_at)
        await to_the_end(asyncio.ensure_future(asyncio.to_thread(self._open, start)))
        self._flushing = asyncio.create_task(self._flush_each_second(), name="recorder")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.wait([self._flushing])
        await to_the_end(asyncio.ensure_future(self._flush_and_close()))

    # ---- what happens -----------------------------------------------------------------------

    def add(self, entry: LiveEntry) -> None:
        """Remember a start as it arrives, or a change. Never waits."""
        is_start = isinstance(entry, LiveStart)
        if self.error or len(self._waiting) >= MOST_WAITING:
            self.lost += is_start
            return
        self._waiting.append(entry)
        self.recorded += is_start

    def add_past(self, entries: Sequence[LiveEntry]) -> None:
        """Remember what has happened before, in any order, and what came of it."""
        # All of a minute comes at once, on the loop that agents wait for: no call for each of them.
        starts = [entry for entry in entries if isinstance(entry, LiveStart)]
        self._waiting += entries
        self._measured += [start for start in starts if start.total_ns != NOT_ANSWERED]
        self.recorded += len(starts)

    def measured(self, start: LiveStart) -> None:
        """Remember what came of a start; one that arrived before the recording began is not in it."""
        if start.at >= self._opened_at:
            self._remember(start)

    def set(self, at: float, changes: Mapping[str, Any]) -> None:
        """Remember that settings were changed at `at`, monotonic seconds."""
        self._remember((at, RunLine(t=0.0, op=RunOp.SETTING, changes=dict(changes))))

    def alert(self, at: float, text: str) -> None:
        """Remember that an alert began or ended."""
        self._remember((at, RunLine(t=0.0, op=RunOp.ALERT, text=text)))

    def _remember(self, measured: LiveStart | tuple[float, RunLine]) -> None:
        if not self.error and len(self._measured) < MOST_WAITING:
            self._measured.append(measured)

    # ---- writing ----------------------------------------------------------------------------

    async def flush(self) -> None:
        """Write what waits, as happens once a second; a failure is kept in `error`."""
        async with self._writing:
            if self._settle is not None:
                await self._settle()
            if (self._waiting or self._measured) and not self.error:
                # Taken here: in the thread, what is just being added could get lost between them.
                waiting, self._waiting = self._waiting, []
                measured, self._measured = self._measured, []
                writing = asyncio.to_thread(self._write, waiting, measured)
                await to_the_end(asyncio.ensure_future(writing))

    async def _flush_each_second(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def _flush_and_close(self) -> None:
        try:
            await self.flush()
        finally:
            await asyncio.to_thread(self._close)

    # ---- the files, in a thread -------------------------------------------------------------

    def _open(self, start: datetime) -> None:
        header = msgspec.structs.replace(
            self._header, start=start, name=self._header.name or self.path.stem
        )
        run_header = msgspec.structs.replace(
            self._run_header, start=start, workload=self.path.name, machine=this_machine()
        )
        workload = self._workload = self._appended(self.path, WORKLOAD_FORMAT, header)
        try:
            run_header = msgspec.structs.replace(run_header, start=workload.header.start)
            self._run = self._appended(run_path(self.path), RUN_FORMAT, run_header)
        except BaseException:
            self._close()
            raise
        elapsed_s = (start - (workload.header.start or start)).total_seconds()
        # The wall clock may have been set back since; a workload's times never go back.
        self._base_t = max(workload.last_t, elapsed_s)
        self._last_t = workload.last_t
        if self._run.continued:
            # What the header says may be out of date, and so it is for the files that follow.
            self._run.header = run_header
            self.set(self._opened_at, run_header.settings)

    def _appended(self, path: Path, form: Any, header: Any) -> AppendedFile[Any]:
        return AppendedFile(path, form, header, most_bytes=self._most_bytes, files_kept=FILES_KEPT)

    def _write(
        self, waiting: list[LiveEntry], measured: list[LiveStart | tuple[float, RunLine]]
    ) -> None:
        assert self._workload is not None, "entered"
        assert self._run is not None, "entered"
        lines = [line for entry in sorted(waiting, key=in_order) if (line := self._line(entry))]
        try:
            self._workload.append(lines)
            self._run.append([self._run_line(one) for one in measured])
        except (OSError, WorkloadError) as error:
            unwritten = sum(_OF_A_START in line for line in lines)
            self.lost += unwritten
            self.recorded -= unwritten
            self.error = _in_words(error, self.path)
            _log.warning("recording has ended: %s", self.error)

    def _line(self, entry: LiveEntry) -> bytes:
        t = self._last_t = max(self._last_t, self._t(entry.at))
        if isinstance(entry, LiveStart):
            event = WorkloadEvent(
                t=t,
                op=Op.TASKSTART,
                task_id=entry.task_id,
                agent_role=entry.agent_role,
                source=entry.source or None,
            )
        else:
            event = msgspec.structs.replace(entry.event, t=t)
        line = encode_event(event) + b"\n"
        return line if len(line) <= LONGEST_LINE else b""

    def _run_line(self, measured: LiveStart | tuple[float, RunLine]) -> bytes:
        if isinstance(measured, LiveStart):
            return encode_start(measured, self._t(measured.at)) + b"\n"
        at, line = measured
        return msgspec.json.encode(msgspec.structs.replace(line, t=self._t(at))) + b"\n"

    def _t(self, at: float) -> float:
        return round(self._base_t + max(0.0, at - self._opened_at), 6)

    def _close(self) -> None:
        for file in (self._workload, self._run):
            if file is not None:
                file.close()


def _in_words(error: OSError | WorkloadError, path: Path) -> str:
    if isinstance(error, WorkloadError):
        return str(error)
    return f"{path}: {error.strerror or error}"
