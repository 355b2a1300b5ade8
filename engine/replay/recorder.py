"""Records live starts as a workload that can be replayed.

Only the time, the task's id and the agent's role of each start are kept: no prompts, no texts.
Starts gather in memory and go to the file once a second as whole lines, so a process that is
killed loses at most its last second. A recording can be continued: its times go on from its
header's start. Each file is limited in size; a full one is kept beside the next.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import platformdirs

from engine.clock import Clock, SystemClock
from engine.errors import WorkloadError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.recording_file import open_recording
from engine.replay.waiting import to_the_end
from engine.replay.workload import WorkloadHeader, encode_event

FLUSH_EVERY_S = 1.0
MOST_BYTES = 64 * 2**20
SMALLEST_LIMIT = 4_096
FILES_KEPT = 4
"""The file that is written, and the full ones before it (`name.1.jsonl` is the latest)."""
MOST_WAITING = 100_000
"""Starts that wait in memory while a file system hangs; more are counted as lost."""
LONGEST_ROLE = 100
"""AgentPM's own bound on a role; a longer text is no role and might be a prompt."""
_log = logging.getLogger(__name__)


def recording_path(project_name: str, now: datetime) -> Path:
    """A name for a new recording in the user's data folder."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", project_name).strip("-.") or "project"
    folder = platformdirs.user_data_path("taskstart-console") / "recordings"
    return folder / f"{word[:60]}-{now:%Y%m%d-%H%M%S}.jsonl"


class Recorder:
    """Writes one recording; an async context manager that owns its flushing."""

    def __init__(
        self, path: Path, *, clock: Clock | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self.path = path
        self.recorded = 0
        """Starts recorded since this recorder was opened."""
        self.lost = 0
        """Starts that could not be recorded."""
        self.error = ""
        """Why recording has ended by itself; empty while it goes on."""
        self._clock = clock or SystemClock()
        self._most_bytes = max(most_bytes, SMALLEST_LIMIT)
        self._header = WorkloadHeader()
        self._waiting: list[bytes] = []
        self._descriptor = -1
        self._size = 0
        self._base_t = 0.0
        self._opened_at = 0.0
        self._flushing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Recorder:
        """Open or continue the file.

        Raises:
            WorkloadError: it cannot be written, is another process's recording now, or is no
                recording.
        """
        await asyncio.to_thread(self._open)
        self._opened_at = self._clock.monotonic()
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
        await to_the_end(asyncio.ensure_future(asyncio.to_thread(self._close)))

    def record(self, task_id: int, agent_role: str | None) -> None:
        """Remember one start, now. Costs about two microseconds and never waits."""
        if self.error or len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return
        if agent_role is not None and len(agent_role) > LONGEST_ROLE:
            agent_role = None
        t = round(self._base_t + self._clock.monotonic() - self._opened_at, 6)
        event = WorkloadEvent(t=t, op=Op.TASKSTART, task_id=task_id, agent_role=agent_role)
        try:
            self._waiting.append(encode_event(event) + b"\n")
        except UnicodeEncodeError:  # a role with a lone surrogate is no UTF-8 text
            self.lost += 1
        else:
            self.recorded += 1

    # ---- the file, in a thread --------------------------------------------------------------

    async def _flush_each_second(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            if self._waiting and not self.error:
                await to_the_end(asyncio.ensure_future(asyncio.to_thread(self._flush)))

    def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        try:
            while lines:
                lines = self._append(lines)
        except (OSError, WorkloadError) as error:
            self.lost += len(lines)
            self.recorded -= len(lines)
            self.error = f"{self.path}: {getattr(error, 'strerror', None) or error}"
            _log.warning("recording has ended: %s", self.error)

    def _append(self, lines: list[bytes]) -> list[bytes]:
        """Write as many lines as the file has room for; the rest."""
        count = room = 0
        for line in lines:
            if self._size + room + len(line) > self._most_bytes:
                break
            room += len(line)
            count += 1
        self._write(b"".join(lines[:count]))
        if count < len(lines):
            self._next_file()
        return lines[count:]

    def _write(self, content: bytes) -> None:
        written = 0
        try:
            while written < len(content):
                written += os.write(self._descriptor, content[written:])
        except OSError:
            # Half a line must not stay in the file.
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(content)

    def _next_file(self) -> None:
        names = [
            self.path,
            *(self.path.with_suffix(f".{n}{self.path.suffix}") for n in range(1, FILES_KEPT)),
        ]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
        os.close(self._descriptor)
        self._descriptor = -1
        recording = open_recording(self.path, self._header)
        self._descriptor, self._size = recording.descriptor, recording.size

    def _open(self) -> None:
        now = self._clock.wall()
        recording = open_recording(self.path, WorkloadHeader(start=now, name=self.path.stem))
        self._descriptor, self._size = recording.descriptor, recording.size
        self._header = recording.header
        elapsed_s = (now - (recording.header.start or now)).total_seconds()
        # The wall clock may have been set back since; a workload's times never go back.
        self._base_t = max(recording.last_t, elapsed_s)

    def _close(self) -> None:
        try:
            if self._waiting and not self.error:
                self._flush()
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
