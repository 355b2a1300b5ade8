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
    warnings: tuple[str, ...]


def decode_summaries(rows: Iterable[Row]) -> TemporalContext:
    """Decode summaries; an unusable one is left out with a warning, the others stay."""
    entries: list[dict[str, Any]] = []
    warnings: list[str] = []
    for row in rows:
        column, why, entry = _decode(row)
        if entry is None:
            warnings.append(_warning(row, column, why))
            continue
        entries.append(entry)
        if metadata := entry["metadata"]:
            warnings.extend(
                _warning(row, "context_metadata", f"{name} is not a list")
                for name in _ORDER
                if (value := metadata.get(name)) and _items(name, value) is None
            )
    return TemporalContext(tuple(entries), tuple(warnings))


def summary_lines(entry: dict[str, Any]) -> list[str]:
    """A delivered summary as rendered, with an empty line at its end."""
    lines = [
        f"- {entry['summary_type'].title()} ({entry['session_date']})",
        f"  {entry['summary_text'].strip()}",
    ]
    metadata = entry["metadata"]
    for name in _ORDER if metadata else ():
        value = metadata.get(name)
        items = _items(name, value) if value else None
        if items is None:
            continue
        if name in _COUNTED:
            lines.append(f"  {_COUNTED[name]}: {len(items)}")
        else:
            lines.append(f"  {_LISTED[name]}:")
            lines.extend(f"    • {item}" for item in items[:_SHOWN_ITEMS])
    lines.append("")
    return lines


def _items(name: str, value: Any) -> list[Any] | None:
    """A metadata value as a list; None where it is none. Of an object the keys count, but are not shown."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, dict) and name in _COUNTED else None


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


def _warning(row: Row, column: str, why: str) -> str:
    return unusable("work_item_summaries", row[0], column, why)
