"""The backlog: which work items and tasks there are, how far each has come, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from engine.demo.catalog import Catalog, Epic, Role, TaskSeed
from engine.demo.staff import INACTIVE_ROLE

HORIZON = timedelta(days=150)
"""The oldest work item began this long ago."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """One task, as it stands now."""

    id: int
    seed: TaskSeed
    name: str
    role: str
    status: str
    priority: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    due_date: datetime | None
    blocked_reason: str | None


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One work item with its tasks, as it stands now."""

    id: int
    epic: Epic
    market: str | None
    """None in the home market; else the roll-out that this is."""
    name: str
    status: str
    phase: str
    priority: int
    created_at: datetime
    updated_at: datetime
    due_date: datetime
    tasks: tuple[PlannedTask, ...]


def plan_backlog(
    catalog: Catalog, roles: Sequence[Role], tasks: int, now: datetime, random: Random
) -> list[PlannedItem]:
    """Exactly `tasks` tasks under their work items, oldest first, ids counted from 1.

    Beyond the catalogue each epic comes again as the roll-out to one more market.
    """
    planned: list[PlannedItem] = []
    chunks = list(_chunks(catalog, tasks))
    names = {role.role for role in roles}
    fallback = [role.role for role in roles if role.role != INACTIVE_ROLE]
    first_id = 1
    for number, (epic, market, seeds) in enumerate(chunks):
        age = HORIZON * (1 - number / len(chunks)) + timedelta(hours=random.uniform(2, 30))
        plan = _ItemPlan(now, now - age, number / len(chunks), market, random)
        made = tuple(
            plan.task(first_id + offset, seed, offset / len(seeds), names, fallback)
            for offset, seed in enumerate(seeds)
        )
        planned.append(plan.item(number + 1, epic, made))
        first_id += len(seeds)
    return planned


def _chunks(catalog: Catalog, tasks: int) -> Iterator[tuple[Epic, str | None, list[TaskSeed]]]:
    left = tasks
    for wave in count():
        for epic in catalog.epics:
            if left <= 0:
                return
            seeds = epic.tasks[:left]
            left -= len(seeds)
            yield epic, _market(catalog, wave), seeds


def _market(catalog: Catalog, wave: int) -> str | None:
    if wave == 0:
        return None
    round_number, index = divmod(wave - 1, len(catalog.shop.markets))
    market = catalog.shop.markets[index]
    return market if round_number == 0 else f"{market}, round {round_number + 1}"


@dataclass(slots=True)
class _ItemPlan:
    """Decides how far one work item and its tasks have come."""

    now: datetime
    created_at: datetime
    position: float
    """0 is the oldest work item, 1 the newest."""
    market: str | None
    random: Random

    def task(
        self, task_id: int, seed: TaskSeed, place: float, names: set[str], fallback: list[str]
    ) -> PlannedTask:
        status = self._task_status(place)
        if seed.role == INACTIVE_ROLE:
            status = "ready"
        created = self._between(self.created_at, place * 0.1)
        finished = status in ("done", "archived", "cancelled")
        begun = finished or status in ("active", "review", "blocked")
        started = self._between(self.created_at, 0.1 + place * 0.5) if begun else None
        completed = self._between(self.created_at, 0.2 + place * 0.55) if finished else None
        updated = completed or self._recently(started or created)
        name = f"{seed.name} ({self.market})" if self.market else seed.name
        # one task stays with the retired agent, as happens in real projects
        keeps_role = seed.role in names and not (self.market and seed.role == INACTIVE_ROLE)
        return PlannedTask(
            id=task_id,
            seed=seed,
            name=name,
            role=seed.role if keeps_role else fallback[task_id % len(fallback)],
            status=status,
            priority=self.random.choices((1, 2, 3, 4, 5), (1, 4, 6, 3, 1))[0],
            created_at=created,
            updated_at=updated,
            started_at=started,
            completed_at=completed,
            due_date=None
            if self.random.random() < 0.6
            else _day(updated + timedelta(days=self.random.randint(2, 21))),
            blocked_reason="Waiting for the carrier's sandbox to come back"
            if status == "blocked"
            else None,
        )

    def item(self, item_id: int, epic: Epic, tasks: tuple[PlannedTask, ...]) -> PlannedItem:
        statuses = {task.status for task in tasks}
        if statuses <= {"done", "archived", "cancelled"}:
            status, phase = "done", "O1_operations"
        elif statuses & {"active", "review", "blocked", "done"}:
            status, phase = "active", "I1_implementation"
        else:
            status, phase = "ready", "P1_plan"
        return PlannedItem(
            id=item_id,
            epic=epic,
            market=self.market,
            name=f"{epic.name} for {self.market}" if self.market else epic.name,
            status=status,
            phase=phase,
            priority=self.random.choices((1, 2, 3, 4), (1, 3, 4, 2))[0],
            created_at=self.created_at,
            updated_at=max(task.updated_at for task in tasks),
            due_date=_day(self.created_at + timedelta(days=self.random.randint(25, 60))),
            tasks=tasks,
        )

    def _task_status(self, place: float) -> str:
        # a front moves through the backlog: all done far behind it, drafts far ahead
        progress = 1.25 - 1.1 * self.position - 0.3 * place + self.random.uniform(-0.12, 0.12)
        if progress > 0.62:
            return "done" if self.random.random() < 0.96 else "cancelled"
        for threshold, status in ((0.54, "review"), (0.38, "active"), (0.24, "ready")):
            if progress > threshold:
                return "blocked" if status == "active" and self.random.random() < 0.08 else status
        return "draft"

    def _between(self, start: datetime, part: float) -> datetime:
        span = min(self.now - start, timedelta(days=45))
        return _second(start + span * min(part + self.random.uniform(0, 0.08), 1.0))

    def _recently(self, earliest: datetime) -> datetime:
        return _second(max(earliest, self.now - timedelta(days=9) * self.random.random()))


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
