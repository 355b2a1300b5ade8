"""A pen for scenarios: what happens when, in the words of the story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.optimizations import Optimization
from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader


class Script:
    """Collects events at any times; `workload` brings them into order."""

    def __init__(self) -> None:
        self._events: list[WorkloadEvent] = []

    def note(self, t: float, text: str) -> None:
        """The caption from `t` on."""
        self._add(t, Op.NOTE, text=text)

    def setting(self, t: float, label: str, *, clear_caches: bool = False, **changes: Any) -> None:
        """Change settings; a path's dots are written as two underscores."""
        paths = {name.replace("__", "."): value for name, value in changes.items()}
        self._add(t, Op.SETTING, changes=paths, label=label, clear_caches=clear_caches)

    def switch_on(self, t: float, item: Optimization) -> None:
        """Switch one optimization on, with the mark that the console uses for it."""
        changes = {f"optimizations.{int(item)}": True}
        self._add(t, Op.SETTING, changes=changes, label=f"+{int(item)} {item.label}")

    def start(self, t: float, task_id: int, role: str | None = None) -> None:
        """One TaskStart."""
        self._add(t, Op.TASKSTART, task_id=task_id, agent_role=role)

    def starts(self, t: float, tasks: Sequence[int], *, per_second: float) -> float:
        """One TaskStart after the other at a steady rate; the time at which the next would be."""
        for number, task_id in enumerate(tasks):
            self.start(t + number / per_second, task_id)
        return t + len(tasks) / per_second

    def task_update(self, t: float, task_id: int, **columns: Any) -> None:
        """A write to a task's row."""
        self._add(t, Op.TASK_UPDATE, task_id=task_id, changes=columns or None)

    def context_update(self, t: float, task_id: int, **six_w: Any) -> None:
        """A write to a task's 6W context, which replaces the whole of it."""
        self._add(t, Op.CONTEXT_UPDATE, task_id=task_id, changes={"six_w_data": six_w})

    def summary(self, t: float, task_id: int, text: str) -> None:
        """A session summary on the task's work item."""
        self._add(t, Op.SUMMARY_ADD, task_id=task_id, changes={"summary_text": text})

    def sop(self, t: float, role: str, text: str) -> None:
        """The agent's SOP is saved with this text."""
        self._add(t, Op.SOP_WRITE, agent_role=role, text=text)

    def workload(self, header: WorkloadHeader) -> Workload:
        """All events in the order of their times; those of one time as they were written down."""
        events = sorted(self._events, key=lambda event: event.t)
        return Workload(events, header, header.name)

    def _add(self, t: float, op: Op, **fields: Any) -> None:
        self._events.append(WorkloadEvent(t=round(t, 3), op=op, **fields))
