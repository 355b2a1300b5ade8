"""Temporal context: the newest session summaries of the task's work item."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from engine.context.decode import UnusableError, as_object, as_text, unusable
from engine.storage.rows import Row

SHORTEST_TEXT: Final = 10
SUMMARY_TYPES: Final = frozenset(("session", "milestone", "decision", "retrospective"))
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHOWN_ITEMS: Final = 3
_LISTED: Final = {"key_decisions": "Key Decisions", "next_steps": "Next Steps"}
_COUNTED: Final = {"tasks_completed": "Tasks Completed", "blockers_resolved": "Blockers Resolved"}
_ORDER: Final = ("key_decisions", "tasks_completed", "blockers_resolved", "next_steps")


@dataclass(frozen=True, slots=True)
class TemporalContext:
    """The usable summaries, newest first."""

    entries: tuple[dict[str, Any], ...]
    """As delivered in the payload."""
    lines: tuple[str, ...]
    """As rendered; each summary ends with an empty line."""
    warnings: tuple[str, ...]


def decode_summaries(rows: Iterable[Row]) -> TemporalContext:
    """Decode summaries; an unusable one is left out with a warning, the others stay."""
    entries: list[dict[str, Any]] = []
    lines: list[str] = []
    warnings: list[str] = []
    for row in rows:
        column, why, entry = _decode(row)
        if entry is None:
            warnings.append(_warning(row, column, why))
            continue
        entries.append(entry)
        lines.append(f"- {entry['summary_type'].title()} ({entry['session_date']})")
        lines.append(f"  {entry['summary_text'].strip()}")
        lines.extend(_metadata_lines(entry["metadata"], row, warnings))
        lines.append("")
    return TemporalContext(tuple(entries), tuple(lines), tuple(warnings))


def _decode(row: Row) -> tuple[str, str, dict[str, Any] | None]:
    """The delivered form; or the column that spoils the row, and why."""
    _, _, date_cell, duration, text_cell, metadata_cell, type_cell = row
    column = "session_date"
    try:
        date = as_text(date_cell)
        if date is None or not _DATE.fullmatch(date):
            return column, "not a date like 2026-01-31", None
        column = "session_duration_hours"
        if duration is not None and (not isinstance(duration, (int, float)) or duration < 0):
            return column, "not a number of at least 0", None
        column = "summary_text"
        text = as_text(text_cell)
        if text is None or len(text) < SHORTEST_TEXT:
            return column, f"shorter than {SHORTEST_TEXT} characters", None
        column = "summary_type"
        kind = as_text(type_cell)
        if kind not in SUMMARY_TYPES:
            return column, "missing" if kind is None else "unknown value", None
        column = "context_metadata"
        metadata = as_object(metadata_cell) or {}
    except UnusableError as error:
        return column, str(error), None
    entry = {
        "summary_text": text,
        "summary_type": kind,
        "session_date": date,
        "session_duration_hours": None if duration is None else float(duration),
        "metadata": metadata,
    }
    return "", "", entry


def _metadata_lines(metadata: dict[str, Any], row: Row, warnings: list[str]) -> list[str]:
    lines: list[str] = []
    for name in _ORDER:
        value = metadata.get(name)
        if not value:
            continue
        if isinstance(value, str):
            value = [value]
        if name in _COUNTED:
            if isinstance(value, (list, dict)):
                lines.append(f"  {_COUNTED[name]}: {len(value)}")
                continue
        elif isinstance(value, list):
            lines.append(f"  {_LISTED[name]}:")
            lines.extend(f"    • {item}" for item in value[:_SHOWN_ITEMS])
            continue
        warnings.append(_warning(row, "context_metadata", f"{name} is not a list"))
    return lines


def _warning(row: Row, column: str, why: str) -> str:
    return unusable("work_item_summaries", row[0], column, why)
