"""Task, work item and project columns: what is delivered, and what is said of unusable values."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import NotFoundError
from tests.context.builders import (
    NOW,
    build,
    bundle,
    context_row,
    project_row,
    task_row,
    work_item_row,
)

_WITHOUT_CONTEXT = "No 6W context found at any level"


def _unusable(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """The warnings before AgentPM's own."""
    return warnings[: warnings.index(_WITHOUT_CONTEXT)]


def test_ordinary_columns_are_delivered_decoded() -> None:
    payload = build(bundle(task=task_row(name="  Charge  ", quality_metadata='{"a": [1]}'))).payload
    assert payload["task"] == {
        "id": 45,
        "work_item_id": 7,
        "name": "Charge",
        "description": "A retry must not charge twice.",
        "type": "implementation",
        "quality_metadata": {"a": [1]},
        "effort_hours": 3.0,
        "priority": 2,
        "assigned_to": "payments-engineer",
        "status": "active",
        "blocked_reason": None,
        "due_date": None,
        "created_at": "2026-03-01T08:00:00",
        "updated_at": "2026-03-02T09:30:00",
        "started_at": None,
        "completed_at": None,
    }
    assert payload["work_item"]["originated_from_idea_id"] is None
    assert payload["work_item"]["is_continuous"] is False
    assert payload["project"]["tech_stack"] == ["python", "postgresql"]
    assert payload["project"]["metadata"] == "{}"
    assert payload["project"]["team"] is None


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("name", "   ", "empty"),
        ("name", "x" * 201, "longer than 200 characters"),
        ("name", b"\xff\xfe", "not valid UTF-8"),
        ("description", b"\xff", "not valid UTF-8"),
        ("type", None, "missing"),
        ("type", "dreaming", "unknown value 'dreaming'"),
        ("status", None, "missing"),
        ("status", "", "unknown value ''"),
        ("effort_hours", 8.5, "above 8"),
        ("effort_hours", -1.0, "below 0"),
        ("effort_hours", "long", "not a number"),
        ("quality_metadata", "{", "not JSON"),
        ("quality_metadata", "[1]", "not a JSON object"),
        ("quality_metadata", '"words"', "not JSON"),
        ("quality_metadata", '"[1]"', "not a JSON object"),
        ("quality_metadata", " ", "not JSON"),
        ("assigned_to", b"\xc3", "not valid UTF-8"),
        ("due_date", b"\xff", "not valid UTF-8"),
    ],
)
def test_an_unusable_task_value_is_null_and_told(column: str, cell: Any, why: str) -> None:
    context = build(bundle(task=task_row(**{column: cell})))
    assert context.payload["task"][column] is None
    assert _unusable(context.warnings) == (f"tasks 45: {column} unusable ({why})",)


@pytest.mark.parametrize("cell", [None, 0, 6, 2.5, "high", b"2"])
def test_an_unusable_priority_is_the_default_of_three(cell: Any) -> None:
    context = build(bundle(task=task_row(priority=cell), work_item=work_item_row(priority=cell)))
    assert context.payload["task"]["priority"] == 3
    assert context.payload["work_item"]["priority"] == 3
    first, second = _unusable(context.warnings)
    assert first.startswith("tasks 45: priority unusable (")
    assert second.startswith("work_items 7: priority unusable (")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("name", ""),
        ("type", "chore"),
        ("status", None),
        ("parent_work_item_id", 0),
        ("parent_work_item_id", -4),
        ("effort_estimate_hours", -0.5),
        ("phase", "Z9_never"),
        ("metadata", b"\x80"),
    ],
)
def test_an_unusable_work_item_value_is_null_and_told(column: str, cell: Any) -> None:
    context = build(bundle(work_item=work_item_row(**{column: cell})))
    assert context.payload["work_item"][column] is None
    (warning,) = _unusable(context.warnings)
    assert warning.startswith(f"work_items 7: {column} unusable (")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("name", " "),
        ("path", ""),
        ("status", "asleep"),
        ("tech_stack", None),
        ("tech_stack", "python, django"),
        ("tech_stack", '{"python": 1}'),
        ("detected_frameworks", '["django", 3]'),
        ("detected_frameworks", ""),
    ],
)
def test_an_unusable_project_value_is_null_and_told(column: str, cell: Any) -> None:
    context = build(bundle(project=project_row(**{column: cell})))
    assert context.payload["project"][column] is None
    (warning,) = _unusable(context.warnings)
    assert warning.startswith(f"projects 1: {column} unusable (")


def test_a_text_where_a_list_is_expected_counts_as_a_list_of_one() -> None:
    context = build(bundle(project=project_row(tech_stack='"python"')))
    assert context.payload["project"]["tech_stack"] == ["python"]
    assert _unusable(context.warnings) == ()


def test_a_blob_that_is_utf8_counts_as_its_text() -> None:
    rows = bundle(task=task_row(name="Zahlung ✓".encode(), created_at=b"2026-01-01 00:00:00"))
    payload = build(rows).payload
    assert payload["task"]["name"] == "Zahlung ✓"
    assert payload["task"]["created_at"] == "2026-01-01T00:00:00"


@pytest.mark.parametrize(
    ("stored", "delivered"),
    [
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 10:00:00.5", "2026-03-01T10:00:00.500000"),
        ("2026-03-01T10:00:00+09:00", "2026-03-01T10:00:00+09:00"),
        ("20260301", "2026-03-01T00:00:00"),
        ("2026-W10-7", "2026-03-08T00:00:00"),
        ("soon", None),
        (" 2026-03-01", None),
        ("", None),
        (20260301, None),
    ],
)
def test_date_times_are_read_as_iso_8601_or_are_null(stored: Any, delivered: str | None) -> None:
    context = build(bundle(task=task_row(due_date=stored)))
    assert context.payload["task"]["due_date"] == delivered
    assert _unusable(context.warnings) == ()


@pytest.mark.parametrize(
    ("kind", "column", "continuous"),
    [("feature", 1, True), ("feature", 0, False), ("maintenance", 0, True), ("security", 0, True)],
)
def test_continuous_work(kind: str, column: int, continuous: bool) -> None:
    payload = build(bundle(work_item=work_item_row(type=kind, is_continuous=column))).payload
    assert payload["work_item"]["is_continuous"] is continuous


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("task", "Task 45 not found"),
        ("work_item", "Work item 7 not found"),
        ("project", "Project 1 not found"),
    ],
)
def test_a_missing_row_is_an_error(missing: str, reason: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        build(bundle(**{missing: None}))
    assert caught.value.reason == reason


def test_a_payload_can_be_changed_without_changing_the_context() -> None:
    context = build(bundle(task_context=context_row(six_w={"end_users": ["a"]})), now=NOW)
    context.payload["merged_6w"]["end_users"].append("b")
    context.payload["project"]["tech_stack"].clear()
    assert context.payload["merged_6w"]["end_users"] == ["a"]
    assert context.payload["project"]["tech_stack"] == ["python", "postgresql"]
