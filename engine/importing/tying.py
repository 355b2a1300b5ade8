"""Which task a start in a transcript means: one that is named, else the one active task of its role.

A start of last week means the task that was active last week. The database holds no history of
statuses, only when each task was first started and completed, and whose it is now; where these do
not tell, the answer is none, never the likeliest.
"""

from __future__ import annotations

import enum
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.importing.moments import UnusableMomentError, read_moment
from engine.importing.project_database import read_database
from engine.importing.startable import Startable, read_startable, usable_role
from engine.storage.rows import Cell

_TASKS = "SELECT id, status, started_at, completed_at FROM tasks"
_ENDED = frozenset({"done", "archived"})


class How(enum.StrEnum):
    """By what a start was tied to its task."""

    EXPLICIT = "explicit id"
    ROLE = "the one active task of the role"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tie:
    """The task of a start, or None; and why there is none, for the report."""

    how: How
    task_id: int | None = None
    why_none: str = ""


class Activity(enum.Enum):
    """Whether a task was active at some moment."""

    ACTIVE = enum.auto()
    NOT_ACTIVE = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """What the database still tells of a task's past."""

    status: Cell
    started: datetime | None
    completed: datetime | None
    sure: bool = True
    """False when one of its times is of no use."""

    def at(self, when: datetime) -> Activity:
        """Whether it was active then.

        The time of its first start is set whenever a task becomes active, so without one it never
        was; between that and its completion a task counts as active.
        """
        if not self.sure:
            return Activity.UNKNOWN
        if self.started is None:
            return Activity.UNKNOWN if self.status == "active" else Activity.NOT_ACTIVE
        if when < self.started:
            return Activity.NOT_ACTIVE
        if self.completed is not None:
            if when < self.completed:
                return Activity.ACTIVE
            return Activity.NOT_ACTIVE if self.status in _ENDED else Activity.UNKNOWN
        return Activity.ACTIVE if self.status == "active" else Activity.UNKNOWN


class ProjectHistory:
    """The tasks and roles of a project, and the tasks' past."""

    def __init__(self, root: Path, startable: Startable, past: Mapping[int, TaskHistory]) -> None:
        self.root = root
        self._startable = startable
        self._past = past
        self._by_role: dict[str, list[int]] = defaultdict(list)
        for task_id, task in startable.tasks.items():
            if task.role:
                self._by_role[task.role].append(task_id)

    def tie(self, tasks: tuple[int, ...], role: str, when: datetime) -> Tie:
        """The task that is meant by a start of `role` whose prompt names `tasks`."""
        tie = named_tie(tasks) or self._of_role(role, when)
        if tie.task_id is None:
            return tie
        if tie.task_id not in self._startable.tasks:
            return Tie(How.NONE, why_none="names a task that the project does not have")
        if self._startable.is_refused(tie.task_id, self.role_of(tie.task_id, role)):
            return Tie(How.NONE, why_none="its agent is inactive now, which no replay can start")
        return tie

    def role_of(self, task_id: int, role: str) -> str | None:
        """The role under which the start is replayed; None leaves the task its own."""
        return self._startable.known_role(task_id, usable_role(role))

    def _of_role(self, role: str, when: datetime) -> Tie:
        if not role:
            return Tie(How.NONE, why_none="names no task, and has no role")
        candidates = self._by_role.get(role, [])
        past = {task_id: self._past[task_id].at(when) for task_id in candidates}
        active = [task_id for task_id, then in past.items() if then is Activity.ACTIVE]
        if Activity.UNKNOWN in past.values():
            why = "names no task, and the database does not tell which of its role was active then"
        elif len(active) == 1:
            return Tie(How.ROLE, active[0])
        elif active:
            why = "names no task, and several of its role were active then"
        else:
            why = "names no task, and none of its role was active then"
        return Tie(How.NONE, why_none=why)


def named_tie(tasks: tuple[int, ...]) -> Tie | None:
    """The tie to the one task that a prompt names; None if it names none."""
    if len(tasks) == 1:
        return Tie(How.EXPLICIT, tasks[0])
    if tasks:
        return Tie(How.NONE, why_none="names several tasks")
    return None


def tie_without_project(tasks: tuple[int, ...]) -> Tie:
    """The tie where no project tells which tasks and roles there are."""
    why = "names no task, and there is no project in which to look for its role's"
    return named_tie(tasks) or Tie(How.NONE, why_none=why)


def read_history(root: Path, now: datetime) -> ProjectHistory:
    """The tasks of the project at `root`, with their past.

    Raises:
        DatabaseError: its database cannot be read.
    """

    def read(connection: sqlite3.Connection) -> ProjectHistory:
        startable = read_startable(connection)
        rows = connection.execute(_TASKS).fetchall()
        past = {task_id: _past(*cells, now=now.astimezone(UTC)) for task_id, *cells in rows}
        return ProjectHistory(root, startable, past)

    return read_database(root, read)


def _past(status: Cell, started_cell: Cell, completed_cell: Cell, *, now: datetime) -> TaskHistory:
    try:
        started, completed = read_moment(started_cell, now), read_moment(completed_cell, now)
    except UnusableMomentError:
        return TaskHistory(status, None, None, sure=False)
    sure = started is None or completed is None or started <= completed
    return TaskHistory(status, started, completed, sure)
