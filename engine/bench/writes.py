"""Commits of somebody else: another row of the scratch copy changes, never one that is asked for."""

from __future__ import annotations

import itertools

from engine.replay.events import Op, WorkloadEvent
from engine.replay.writer import ScratchWriter

_NO_TASK = 0


class OtherRow:
    """Changes one task's description, each time to another text."""

    def __init__(self, writer: ScratchWriter, task_id: int | None) -> None:
        """`task_id`: a task that the benchmark does not ask for.

        None where there is no other task: then each commit moves a counter in a table that belongs
        to no TaskStart.
        """
        self._writer = writer
        self._task_id = task_id
        self._numbers = itertools.count(1)

    async def change(self) -> None:
        """Commit once more.

        Raises:
            TaskStartError: the scratch copy cannot be written.
        """
        text = f"changed by the benchmark, time {next(self._numbers)}"
        event = WorkloadEvent(
            t=0.0,
            op=Op.TASK_UPDATE,
            task_id=self._task_id or _NO_TASK,
            changes={"description": text},
        )
        await self._writer.apply(event)
