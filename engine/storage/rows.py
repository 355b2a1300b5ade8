"""The raw rows of one TaskStart, as loaded, before any decoding.

A cell is `str`, `int`, `float`, `None` or `bytes`; bytes are a BLOB or a text that is not valid
UTF-8, and the decoder tells them apart. The column tuples below are the order of the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import msgspec

Cell = str | int | float | bytes | None
Row = tuple[Cell, ...]

TASK_COLUMNS = (
    "id",
    "work_item_id",
    "name",
    "description",
    "type",
    "quality_metadata",
    "effort_hours",
    "priority",
    "assigned_to",
    "status",
    "blocked_reason",
    "due_date",
    "created_at",
    "updated_at",
    "started_at",
    "completed_at",
)
WORK_ITEM_COLUMNS = (
    "id",
    "project_id",
    "parent_work_item_id",
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
PROJECT_COLUMNS = (
    "id",
    "name",
    "description",
    "path",
    "tech_stack",
    "detected_frameworks",
    "status",
    "created_at",
    "updated_at",
)
CONTEXT_COLUMNS = (
    "id",
    "project_id",
    "context_type",
    "entity_type",
    "entity_id",
    "six_w_data",
    "confidence_factors",
    "context_data",
    "updated_at",
)
AGENT_COLUMNS = (
    "id",
    "project_id",
    "role",
    "display_name",
    "capabilities",
    "is_active",
    "file_path",
)
SUMMARY_COLUMNS = (
    "id",
    "work_item_id",
    "session_date",
    "session_duration_hours",
    "summary_text",
    "context_metadata",
    "summary_type",
)
RULE_COLUMNS = (
    "id",
    "project_id",
    "rule_id",
    "name",
    "description",
    "category",
    "enforcement_level",
    "validation_logic",
    "error_message",
    "config",
    "enabled",
)

_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class RowBundle:
    """All rows of one TaskStart but the rules; `None` is a row that does not exist.

    `agent` is the row of the effective role, `assigned_agent` that of the task's own
    `assigned_to` (which decides the rule filter); without an override they are the same row.
    """

    task: Row | None
    work_item: Row | None = None
    project: Row | None = None
    project_context: Row | None = None
    work_item_context: Row | None = None
    task_context: Row | None = None
    agent: Row | None = None
    assigned_agent: Row | None = None
    summaries: tuple[Row, ...] = ()

    def fingerprint(self) -> bytes:
        """16 bytes that differ when any cell differs; stable across processes."""
        return fingerprint(
            (
                self.task,
                self.work_item,
                self.project,
                self.project_context,
                self.work_item_context,
                self.task_context,
                self.agent,
                self.assigned_agent,
                self.summaries,
            )
        )


def fingerprint(content: object) -> bytes:
    """A 128-bit BLAKE2b hash of plain data, by way of its MessagePack form."""
    return blake2b(_encoder.encode(content), digest_size=16).digest()
