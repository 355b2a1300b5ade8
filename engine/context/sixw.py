"""The 6W of one level: who, what, when, where, why and how, as one context row holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.context.decode import UnusableError, as_json, as_moment, as_text, unusable
from engine.context.json_text import JsonTextError, decode_json
from engine.storage.rows import Cell, Row

LIST_FIELDS: Final = (
    "end_users",
    "implementers",
    "reviewers",
    "functional_requirements",
    "technical_constraints",
    "acceptance_criteria",
    "affected_services",
    "repositories",
    "deployment_targets",
    "dependencies_timeline",
    "existing_patterns",
)
TEXT_FIELDS: Final = ("business_value", "risk_if_delayed", "suggested_approach")
SIX_W_FIELDS: Final = (
    *LIST_FIELDS[:9],
    "deadline",
    "dependencies_timeline",
    "business_value",
    "risk_if_delayed",
    "suggested_approach",
    "existing_patterns",
)


@dataclass(frozen=True, slots=True)
class ContextLevel:
    """One usable context row."""

    row_id: Cell
    fields: dict[str, Any] | None
    """The 6W as stored; None where the row has none that can be read."""
    deadline: datetime | None
    updated_at: datetime | None


def decode_level(
    row: Row | None, warnings: list[str], *, with_factors: bool = True
) -> ContextLevel | None:
    """One context row; an unusable one is left out with a warning, as if it did not exist.

    Args:
        with_factors: also decode `confidence_factors`; False where the caller did.
    """
    if row is None:
        return None
    row_id, _, _, _, entity_id, six_w_data, factors, context_data, updated_at = row
    column = "entity_id"
    try:
        if not isinstance(entity_id, int) or entity_id <= 0:
            raise UnusableError("not a positive whole number")
        column = "six_w_data"
        fields = _six_w(six_w_data)
        column = "confidence_factors"
        if with_factors:
            as_optional_object(factors)
        column = "context_data"
        as_optional_object(context_data)
        column = "updated_at"
        moment = as_moment(updated_at)
    except UnusableError as error:
        warnings.append(unusable("contexts", row_id, column, str(error)))
        return None
    deadline: datetime | None = None
    if fields is not None and (stored := fields.get("deadline")):
        if isinstance(stored, str):
            deadline = _deadline(stored)
        else:
            fields = None  # AgentPM gives up this level's 6W on a deadline that is not text
    return ContextLevel(row_id, fields, deadline, moment)


def as_optional_object(cell: Cell) -> dict[str, Any] | None:
    """A cell that holds a JSON object, JSON null, nothing or the empty text.

    Raises:
        UnusableError: it holds anything else.
    """
    if cell is None:
        return None
    value = as_json(cell)
    if value is None or isinstance(value, dict):
        return value
    raise UnusableError("not a JSON object")


def _six_w(cell: Cell) -> dict[str, Any] | None:
    text = as_text(cell)
    if not text:
        return None
    try:
        value = decode_json(text)
    except JsonTextError:
        return None  # AgentPM's own reading: a level without 6W, whose row still counts
    if not isinstance(value, dict):
        raise UnusableError("not a JSON object")
    return value


def _deadline(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
