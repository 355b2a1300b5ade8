"""The task's part of a context: its delivered columns, its 6W level and its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.context.decode import RowReader
from engine.context.sixw import ContextLevel, decode_level
from engine.errors import NotFoundError
from engine.storage.rows import TASK_COLUMNS, RowBundle

TASK_FIELDS: Final = TASK_COLUMNS
TASK_TYPES: Final = frozenset(
    (
        "design",
        "implementation",
        "testing",
        "bugfix",
        "refactoring",
        "documentation",
        "deployment",
        "review",
        "analysis",
        "research",
        "maintenance",
        "optimization",
        "integration",
        "training",
        "meeting",
        "planning",
        "dependency",
        "blocker",
        "simple",
        "other",
    )
)
STATUSES: Final = frozenset(
    ("draft", "ready", "active", "review", "done", "archived", "blocked", "cancelled")
)
MOST_EFFORT_HOURS: Final = 8.0

AGE_UNKNOWN_DAYS: Final = 999
"""The age that AgentPM gives a task without a dated context."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task's delivered columns."""

    values: tuple[Any, ...]
    """In the order of `TASK_FIELDS`."""

    @property
    def task_id(self) -> int:
        task_id: int = self.values[0]
        return task_id

    @property
    def work_item_id(self) -> int:
        work_item_id: int = self.values[1]
        return work_item_id

    @property
    def name(self) -> str | None:
        name: str | None = self.values[2]
        return name

    @property
    def type(self) -> str | None:
        kind: str | None = self.values[4]
        return kind

    @property
    def effort_hours(self) -> float | None:
        hours: float | None = self.values[6]
        return hours

    @property
    def assigned_to(self) -> str | None:
        role: str | None = self.values[8]
        return role


@dataclass(frozen=True, slots=True)
class TaskPart:
    """What the task's own row and context row contribute."""

    record: TaskRecord
    level: ContextLevel | None
    freshness_days: int
    """Whole days since the task's context was updated; negative if that is in the future."""
    valid_until: datetime | None
    """The instant, in UTC, at which `freshness_days` next changes; None if it never does."""
    warnings: tuple[str, ...]

    @property
    def assigned_to(self) -> str | None:
        """The role that the task itself is assigned to."""
        return self.record.assigned_to


def assemble_task(bundle: RowBundle, now: datetime) -> TaskPart:
    """Decode the task and its context; `now` is the wall time (UTC where it has no zone).

    Raises:
        NotFoundError: the bundle has no task.
    """
    row = bundle.task
    if row is None:
        raise NotFoundError("Task not found")
    warnings: list[str] = []
    read = RowReader("tasks", row[0], warnings)
    values = (
        row[0],
        row[1],
        read.filled_text("name", row[2]),
        read.text("description", row[3]),
        read.choice("type", row[4], TASK_TYPES),
        read.json_object("quality_metadata", row[5]),
        read.number("effort_hours", row[6], most=MOST_EFFORT_HOURS),
        read.priority("priority", row[7]),
        read.text("assigned_to", row[8]),
        read.choice("status", row[9], STATUSES),
        read.text("blocked_reason", row[10]),
        *(read.moment(TASK_COLUMNS[index], row[index]) for index in range(11, 16)),
    )
    level = decode_level(bundle.task_context, warnings)
    days, valid_until = age(None if level is None else level.updated_at, now)
    return TaskPart(TaskRecord(values), level, days, valid_until, tuple(warnings))


def age(updated_at: datetime | None, now: datetime) -> tuple[int, datetime | None]:
    """Whole days from `updated_at` to `now`, and when that number next changes.

    Both times are compared in UTC; one without a zone is taken for UTC, which is what SQLite
    stores.
    """
    if updated_at is None:
        return AGE_UNKNOWN_DAYS, None
    present = in_utc(now)
    elapsed = present - in_utc(updated_at)
    try:
        return elapsed.days, present + (_DAY - elapsed % _DAY)
    except OverflowError:
        return elapsed.days, None


def in_utc(moment: datetime) -> datetime:
    """The moment with its zone; UTC where it has none."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
