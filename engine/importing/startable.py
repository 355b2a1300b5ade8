"""Which TaskStarts the engine would answer: tasks with all they belong to, and active agents."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.context.agents import LONGEST_ROLE, effective_role
from engine.storage.queries import assigned_role
from engine.storage.rows import TASK_COLUMNS

_TASKS = (
    f"SELECT {', '.join(f't.{name}' for name in TASK_COLUMNS)}, p.id FROM tasks t"
    " JOIN work_items w ON w.id = t.work_item_id JOIN projects p ON p.id = w.project_id"
)
_AGENTS = "SELECT project_id, role, is_active FROM agents"


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A task whose work item and project exist."""

    project: int
    role: str | None = None
    """The role that it is assigned to."""


@dataclass(frozen=True, slots=True)
class Startable:
    """The tasks and agents of a database."""

    tasks: Mapping[int, OwnTask]
    agents: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    """Whether the agent of a role in a project is active."""

    def known_role(self, task_id: int, role: str | None) -> str | None:
        """`role`, if the task's project has an agent of it; None leaves the task its own.

        As for a live start: general-purpose, say, is none of the project's agents.
        """
        if role is None or (self.tasks[task_id].project, role) not in self.agents:
            return None
        return role

    def is_refused(self, task_id: int, role: str | None) -> bool:
        """Whether the agent of such a start is inactive now, so that no replay could start it."""
        task = self.tasks[task_id]
        effective = effective_role(role, task.role)
        return effective is not None and self.agents.get((task.project, effective)) is False


def usable_role(role: str) -> str | None:
    """The role as a workload may hold it; None for what cannot be one, and might be a prompt."""
    return role if 0 < len(role) <= LONGEST_ROLE and role.isprintable() else None


def read_startable(connection: sqlite3.Connection) -> Startable:
    """Read them; blocking."""
    tasks = {
        row[0]: OwnTask(row[-1], assigned_role(row[:-1]))
        for row in connection.execute(_TASKS).fetchall()
    }
    agents = connection.execute(_AGENTS).fetchall()
    return Startable(
        tasks,
        {
            (project, role): bool(active)
            for project, role, active in agents
            if isinstance(role, str)
        },
    )
