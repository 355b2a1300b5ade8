"""The three levels of 6W merged into one: the task's word counts most, the project's least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.context.decode import unusable
from engine.context.sixw import LIST_FIELDS, SIX_W_FIELDS, TEXT_FIELDS, ContextLevel

ANY_ITEM_FIELDS: Final = frozenset(("technical_constraints", "acceptance_criteria"))
"""Lists whose items need not be texts: one is never rendered, the other item by item."""
_ONLY_TEXT: Final = frozenset((str,))
_STRUCTURE_TEXT_FIELD: Final = "risk_if_delayed"
"""The one text field of which AgentPM can print a list or an object."""


_Level = tuple[dict[str, Any], ContextLevel]
"""A level that has a 6W, with that 6W before it."""


@dataclass(frozen=True, slots=True)
class MergedSixW:
    """The merged 6W."""

    values: tuple[Any, ...]
    """In the order of `SIX_W_FIELDS`; the deadline is a `datetime` or None."""
    warnings: tuple[str, ...]

    @property
    def completeness(self) -> float:
        """The share of the 15 fields that are filled, from 0 to 1."""
        filled = sum(1 for value in self.values if value)
        return filled / len(SIX_W_FIELDS)

    def as_dict(self) -> dict[str, Any]:
        """The delivered form: the deadline as ISO 8601 text."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in zip(SIX_W_FIELDS, self.values, strict=True)
        }


def merge(levels: Sequence[ContextLevel | None]) -> MergedSixW:
    """Merge field by field; `levels` go from the task (which wins) to the project.

    A list replaces the lists below it; none are joined. A value of a type that cannot be used is
    passed over with a warning, but only where no level above it has one.
    """
    warnings: list[str] = []
    present = [(level.fields, level) for level in levels if level is not None and level.fields]
    merged = {name: _pick_list(name, present, warnings) for name in LIST_FIELDS}
    for name in TEXT_FIELDS:
        merged[name] = _pick_text(name, present, warnings)
    deadlines = [level.deadline for _, level in present if level.deadline is not None]
    merged["deadline"] = deadlines[0] if deadlines else None
    return MergedSixW(tuple([merged[name] for name in SIX_W_FIELDS]), tuple(warnings))


def _pick_list(name: str, levels: list[_Level], warnings: list[str]) -> Any:
    for fields, level in levels:
        value = fields.get(name)
        if value is None or value == []:
            continue
        if type(value) is list:
            value = _usable_items(name, value, level, warnings)
        elif isinstance(value, str):
            value = [value] if value else []
        elif not isinstance(value, dict):
            _warn(level, f"{name} is not a list", warnings)
            continue
        if value:
            return value
    return []


def _usable_items(
    name: str, items: list[Any], level: ContextLevel, warnings: list[str]
) -> list[Any]:
    if name in ANY_ITEM_FIELDS or _ONLY_TEXT.issuperset(map(type, items)):
        return items
    _warn(level, f"{name} has items that are not text", warnings)
    return [item for item in items if type(item) is str]


def _pick_text(name: str, levels: list[_Level], warnings: list[str]) -> Any:
    for fields, level in levels:
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, str):
            if value.strip():
                return value
            continue
        if not value or (name == _STRUCTURE_TEXT_FIELD and isinstance(value, (list, dict))):
            return value
        _warn(level, f"{name} is not text", warnings)
    return None


def _warn(level: ContextLevel, why: str, warnings: list[str]) -> None:
    warnings.append(unusable("contexts", level.row_id, "six_w_data", why))
