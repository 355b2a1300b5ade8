"""Whom the scenarios are played by: the tasks of the default demo project, as its generator plans it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from random import Random

from engine.demo import DEFAULT_SEED
from engine.demo.backlog import PlannedTask, plan_backlog
from engine.demo.catalog import catalog
from engine.demo.sops import sop_text
from engine.demo.staff import BROKEN_SOP_ROLE, INACTIVE_ROLE, staff

_ANY_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - ids, names and roles do not depend on the date
TASKS = 300
MISSING_TASK = 404
"""No task of the default demo has this id."""


@cache
def all_tasks() -> tuple[PlannedTask, ...]:
    """Every task of the default demo project, by id."""
    content = catalog()
    items = plan_backlog(
        content, staff(content, 40), TASKS, _ANY_DAY, Random(f"{DEFAULT_SEED}/backlog")
    )
    return tuple(task for item in items for task in item.tasks)


def startable() -> list[int]:
    """Ids of the tasks that start without an error, oldest first."""
    return [task.id for task in all_tasks() if task.role != INACTIVE_ROLE]


def shuffled(seed: str) -> list[int]:
    """The startable tasks in an order of their own for each story."""
    tasks = startable()
    Random(seed).shuffle(tasks)
    return tasks


def active(seed: str) -> list[int]:
    """The tasks that agents have in hand, in an order of their own for each story."""
    tasks = [task.id for task in all_tasks() if task.status == "active"]
    Random(seed).shuffle(tasks)
    return tasks


def tasks_of(role: str) -> list[int]:
    """Ids of the tasks assigned to a role."""
    return [task.id for task in all_tasks() if task.role == role]


def retired_task() -> int:
    """The task that is still assigned to the inactive agent."""
    return tasks_of(INACTIVE_ROLE)[0]


def broken_sop_task() -> int:
    """A task whose agent's SOP cannot be read."""
    return tasks_of(BROKEN_SOP_ROLE)[0]


def task_name(task_id: int) -> str:
    """The task's name, without which a story is only numbers."""
    return all_tasks()[task_id - 1].name


def task_text(task_id: int) -> str:
    """The task's description."""
    return all_tasks()[task_id - 1].seed.description


def sop_of(role: str) -> str:
    """The role's SOP as the demo's generator writes it."""
    content = catalog()
    found = next(item for item in content.roles if item.role == role)
    return sop_text(found, content.crafts, Random(f"{DEFAULT_SEED}/{role}"))
