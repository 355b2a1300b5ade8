"""The work item's part of a context: its delivered columns and its 6W level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.context.decode import RowReader
from engine.context.sixw import ContextLevel, decode_level
from engine.context.task_part import STATUSES
from engine.errors import NotFoundError
from engine.storage.rows import RowBundle

WORK_ITEM_FIELDS: Final = (
    "id",
    "project_id",
    "parent_work_item_id",
    "originated_from_idea_id",
    "name",
    "description",
    "type",
    "business_context",
    "metadata",
    "is_continuous",
    "effort_estimate_hours",
    "priority",
    "status",
    "phase",
    "due_date",
    "not_before",
    "created_at",
    "updated_at",
)
CONTINUOUS_TYPES: Final = frozenset(
    ("maintenance", "monitoring", "documentation", "security", "fix_bugs_issues")
)
WORK_ITEM_TYPES: Final = CONTINUOUS_TYPES | frozenset(
    (
        "feature",
        "enhancement",
        "bugfix",
        "research",
        "analysis",
        "planning",
        "refactoring",
        "infrastructure",
    )
)
PHASES: Final = frozenset(
    ("D1_discovery", "P1_plan", "I1_implementation", "R1_review", "O1_operations", "E1_evolution")
)


@dataclass(frozen=True, slots=True)
class WorkItemPart:
    """What the work item's row and context row contribute."""

    values: tuple[Any, ...]
    """The delivered columns, in the order of `WORK_ITEM_FIELDS`."""
    level: ContextLevel | None
    warnings: tuple[str, ...]


def assemble_work_item(bundle: RowBundle) -> WorkItemPart:
    """Decode the work item and its context.

    Raises:
        NotFoundError: the bundle has no work item.
    """
    row = bundle.work_item
    if row is None:
        raise NotFoundError("Work item not found")
    warnings: list[str] = []
    read = RowReader("work_items", row[0], warnings)
    kind = read.choice("type", row[5], WORK_ITEM_TYPES)
    values = (
        row[0],
        row[1],
        read.positive_id("parent_work_item_id", row[2]),
        None,  # originated_from_idea_id: AgentPM never copies it from the row
        read.filled_text("name", row[3]),
        read.text("description", row[4]),
        kind,
        read.text("business_context", row[6]),
        read.text("metadata", row[7]),
        row[8] == 1 or kind in CONTINUOUS_TYPES,
        read.number("effort_estimate_hours", row[9]),
        read.priority("priority", row[10]),
        read.choice("status", row[11], STATUSES),
        read.choice("phase", row[12], PHASES, optional=True),
        read.moment("due_date", row[13]),
        read.moment("not_before", row[14]),
        read.moment("created_at", row[15]),
        read.moment("updated_at", row[16]),
    )
    level = decode_level(bundle.work_item_context, warnings)
    return WorkItemPart(values, level, tuple(warnings))
