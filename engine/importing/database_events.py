"""Rows of an AgentPM database as events of a workload, with what every column gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.importing.columns import RowKind, WriteColumn
from engine.importing.database_rows import DatabaseRows
from engine.importing.moments import ColumnTally
from engine.importing.startable import usable_role
from engine.importing.workload_times import Span
from engine.replay.events import Op, WorkloadEvent
from engine.storage.rows import Cell

SAME_WRITE: Final = timedelta(seconds=1)
"""Two times of one task that are no further apart were set by one write."""
SAME_EVENT: Final = timedelta(seconds=5)
"""A session notes what happened to a task within this of the task's own time."""

STARTED: Final = "task.started"
COMPLETED: Final = "task.completed"
_GAVE: Final = {STARTED: "TaskStarts, each with status active before it", COMPLETED: "status done"}
_SESSION_EVENTS: Final = "session_events.timestamp"
_COMMITS: Final = "commits on the task"
_MADE, _WRITTEN, _STARTED, _ENDED = range(4)
"""The order within one instant: a start sees the write that brought it about."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event at its instant; its own `t` is not set yet."""

    when: datetime
    order: int
    event: WorkloadEvent


class DatabaseEvents:
    """The events that one snapshot tells of, in no order, and a tally of every column."""

    def __init__(self, rows: DatabaseRows, now: datetime, span: Span) -> None:
        self.placed: list[PlacedEvent] = []
        self.tallies: list[ColumnTally] = []
        self._rows = rows
        self._now = now.astimezone(UTC)
        self._span = span
        self._times: dict[int, dict[str, datetime]] = {}
        """Of every task that can be written to: its start and its completion, where known."""
        self._take_tasks()
        self._take_session_events()
        for write, found in rows.writes:
            self._take_write(write, found)
        for write in rows.missing:
            self._tally(write.name, write.gave).present = False

    def _tally(self, column: str, gave: str) -> ColumnTally:
        tally = ColumnTally(column, gave)
        self.tallies.append(tally)
        return tally

    def _add(self, tally: ColumnTally, when: datetime, order: int, op: Op, **fields: Any) -> None:
        if not self._span.holds(when):
            tally.outside += 1
            return
        tally.used += 1
        self._place(tally, when, order, op, **fields)

    def _place(self, tally: ColumnTally, when: datetime, order: int, op: Op, **fields: Any) -> None:
        event = WorkloadEvent(t=0.0, op=op, source=tally.column, **fields)
        self.placed.append(PlacedEvent(when, order, event))

    # ---- tasks ------------------------------------------------------------------------------

    def _take_tasks(self) -> None:
        created = self._tally("tasks.created_at", "task_create")
        started = self._tally("tasks.started_at", _GAVE[STARTED])
        completed = self._tally("tasks.completed_at", _GAVE[COMPLETED])
        updated = self._tally("tasks.updated_at", _COMMITS)
        for task_id, *cells in self._rows.tasks:
            tallies = (created, started, completed, updated)
            made, begun, ended, changed = (
                tally.read(cell, self._now) for tally, cell in zip(tallies, cells, strict=True)
            )
            if not isinstance(task_id, int) or task_id not in self._rows.startable.tasks:
                for tally, moment in zip(tallies, (made, begun, ended, changed), strict=True):
                    tally.orphaned += moment is not None
                continue
            self._times[task_id] = {}
            if made is not None:
                self._add(created, made, _MADE, Op.TASK_CREATE, task_id=task_id)
            if begun is not None:
                self._start(started, task_id, begun)
            if ended is not None and begun is not None and ended < begun:
                completed.unusable["before started_at"] += 1
                ended = None
            if ended is not None:
                self._complete(completed, task_id, ended)
            if changed is not None:
                self._change(updated, task_id, changed, (made, begun, ended))

    def _start(self, tally: ColumnTally, task_id: int, when: datetime) -> None:
        self._times[task_id].setdefault(STARTED, when)
        if self._rows.startable.is_refused(task_id, None):
            tally.unusable["its agent is inactive now, which no replay can start"] += 1
            return
        status = {"status": "active"}
        if self._span.holds(when):
            self._place(tally, when, _WRITTEN, Op.TASK_UPDATE, task_id=task_id, changes=status)
        self._add(tally, when, _STARTED, Op.TASKSTART, task_id=task_id)

    def _complete(self, tally: ColumnTally, task_id: int, when: datetime) -> None:
        self._times[task_id].setdefault(COMPLETED, when)
        status = {"status": "done"}
        self._add(tally, when, _ENDED, Op.TASK_UPDATE, task_id=task_id, changes=status)

    def _change(
        self,
        tally: ColumnTally,
        task_id: int,
        when: datetime,
        others: tuple[datetime | None, ...],
    ) -> None:
        if any(other is not None and abs(when - other) <= SAME_WRITE for other in others):
            tally.same += 1
        else:
            self._add(tally, when, _ENDED, Op.TASK_UPDATE, task_id=task_id)

    # ---- all other rows ---------------------------------------------------------------------

    def _take_session_events(self) -> None:
        tallies: dict[str, ColumnTally] = {}
        if not self._rows.session_events:
            tally = self._tally(_SESSION_EVENTS, _COMMITS)
            tally.present = self._rows.session_events is not None
        for kind, task_id, cell in self._rows.session_events or ():
            name = str(kind)
            if name not in tallies:
                column = f"{_SESSION_EVENTS} ({name})"
                tallies[name] = self._tally(column, _GAVE.get(name, _COMMITS))
            tally = tallies[name]
            when = tally.read(cell, self._now)
            if when is None:
                continue
            if not isinstance(task_id, int) or task_id not in self._times:
                tally.orphaned += 1
                continue
            known = self._times[task_id].get(name)
            if known is not None and abs(when - known) <= SAME_EVENT:
                tally.same += 1
            elif name == STARTED:
                self._start(tally, task_id, when)
            elif name == COMPLETED:
                self._complete(tally, task_id, when)
            else:
                self._add(tally, when, _ENDED, Op.TASK_UPDATE, task_id=task_id)

    def _take_write(self, write: WriteColumn, found: list[tuple[Cell, ...]]) -> None:
        tally = self._tally(write.name, write.gave)
        for key, cell, made in found:
            when = tally.read(cell, self._now)
            if when is None:
                continue
            names = self._names(write.kind, key)
            if made is not None and made == cell:
                tally.making += 1
            elif names is None:
                tally.orphaned += 1
            else:
                self._add(tally, when, _WRITTEN, write.op, **names)

    def _names(self, kind: RowKind, key: Cell) -> dict[str, Any] | None:
        """How an event names the row; None if a replay would not find it."""
        match kind:
            case RowKind.TASK:
                return {"task_id": key} if key in self._times else None
            case RowKind.WORK_ITEM:
                return {"work_item_id": key} if key in self._rows.work_items else None
            case RowKind.AGENT:
                role = usable_role(key) if isinstance(key, str) else None
                return {"agent_role": role} if role is not None else None
            case RowKind.RULE:
                return {"rule_id": key} if isinstance(key, str) else None
            case RowKind.PROJECT:
                project = self._rows.project
                return {} if project is not None and key in (None, project) else None
