"""The project's part of a context: its delivered columns, its 6W level and its plugin facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.context.decode import RowReader
from engine.context.facts import NO_FACTS, PluginFacts
from engine.context.sixw import ContextLevel, decode_level
from engine.errors import NotFoundError
from engine.storage.rows import RowBundle

PROJECT_FIELDS: Final = (
    "id",
    "name",
    "description",
    "path",
    "tech_stack",
    "detected_frameworks",
    "metadata",
    "status",
    "business_domain",
    "business_description",
    "project_type",
    "team",
    "created_at",
    "updated_at",
)
PROJECT_STATUSES: Final = frozenset(("initiated", "active", "on_hold", "completed", "archived"))


@dataclass(frozen=True, slots=True)
class ProjectPart:
    """What the project's row and context row contribute."""

    values: tuple[Any, ...]
    """The delivered columns, in the order of `PROJECT_FIELDS`."""
    level: ContextLevel | None
    facts: PluginFacts
    warnings: tuple[str, ...]


def assemble_project(bundle: RowBundle, facts: PluginFacts) -> ProjectPart:
    """Decode the project and its context; `facts` are those of the same context row.

    A context row that is unusable in any column takes its plugin facts with it.

    Raises:
        NotFoundError: the bundle has no project.
    """
    row = bundle.project
    if row is None:
        raise NotFoundError("Project not found")
    warnings: list[str] = []
    read = RowReader("projects", row[0], warnings)
    values = (
        row[0],
        read.filled_text("name", row[1]),
        read.text("description", row[2]),
        read.filled_text("path", row[3], longest=None),
        read.text_list("tech_stack", row[4]),
        read.text_list("detected_frameworks", row[5]),
        "{}",
        read.choice("status", row[6], PROJECT_STATUSES),
        None,
        None,
        None,
        None,
        read.moment("created_at", row[7]),
        read.moment("updated_at", row[8]),
    )
    warnings.extend(facts.warnings)
    level = (
        None
        if facts.spoils_row
        else decode_level(bundle.project_context, warnings, with_factors=False)
    )
    return ProjectPart(values, level, NO_FACTS if level is None else facts, tuple(warnings))
