"""Session summaries: what is delivered, what is left out, how they read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.summaries import TemporalContext, decode_summaries, summary_lines
from tests.context.builders import summary_row


def _lines(decoded: TemporalContext) -> tuple[str, ...]:
    return tuple(line for entry in decoded.entries for line in summary_lines(entry))


def test_a_summary_as_delivered_and_as_rendered() -> None:
    metadata = {
        "key_decisions": ["a", "b", "c", "d"],
        "tasks_completed": [1, 2],
        "blockers_resolved": ["x"],
        "next_steps": ["n"],
    }
    decoded = decode_summaries(
        [summary_row(context_metadata=json.dumps(metadata), summary_text="  Did a lot.  ")]
    )
    assert decoded.entries == (
        {
            "summary_text": "  Did a lot.  ",
            "summary_type": "session",
            "session_date": "2026-03-08",
            "session_duration_hours": 1.5,
            "metadata": metadata,
        },
    )
    assert _lines(decoded) == (
        "- Session (2026-03-08)",
        "  Did a lot.",
        "  Key Decisions:",
        "    • a",
        "    • b",
        "    • c",
        "  Tasks Completed: 2",
        "  Blockers Resolved: 1",
        "  Next Steps:",
        "    • n",
        "",
    )
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("summary_text", "too short"),
        ("summary_text", b"\xff" * 20),
        ("session_date", "8 March"),
        ("session_date", None),
        ("summary_type", None),
        ("summary_type", "gossip"),
        ("session_duration_hours", -1.0),
        ("session_duration_hours", "long"),
        ("context_metadata", "{"),
        ("context_metadata", "[1]"),
        ("context_metadata", '"[1]"'),
    ],
)
def test_one_unusable_summary_is_left_out_and_told_and_the_others_stay(
    column: str, cell: Any
) -> None:
    rows = [summary_row(id=1), summary_row(id=2, **{column: cell}), summary_row(id=3)]
    decoded = decode_summaries(rows)
    assert len(decoded.entries) == 2
    (warning,) = decoded.warnings
    assert warning.startswith(f"work_item_summaries 2: {column} unusable (")


@pytest.mark.parametrize("stored", [None, "", "{}", "null", '"{}"'])
def test_empty_metadata(stored: str | None) -> None:
    decoded = decode_summaries([summary_row(context_metadata=stored)])
    assert decoded.entries[0]["metadata"] == {}
    assert len(_lines(decoded)) == 3


def test_metadata_written_twice_is_decoded_twice() -> None:
    stored = json.dumps(json.dumps({"tasks_completed": [1]}))
    assert "  Tasks Completed: 1" in _lines(
        decode_summaries([summary_row(context_metadata=stored)])
    )


@pytest.mark.parametrize(
    ("metadata", "line"),
    [
        ({"key_decisions": "Use a queue"}, "    • Use a queue"),
        ({"next_steps": "Ship it"}, "    • Ship it"),
        ({"tasks_completed": "all of them"}, "  Tasks Completed: 1"),
        ({"blockers_resolved": {"a": 1, "b": 2}}, "  Blockers Resolved: 2"),
        ({"key_decisions": [7, None]}, "    • 7"),
    ],
)
def test_metadata_of_other_forms_is_rendered_as_far_as_it_can_be(
    metadata: dict[str, Any], line: str
) -> None:
    decoded = decode_summaries([summary_row(context_metadata=json.dumps(metadata))])
    assert line in _lines(decoded)
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    "metadata",
    [
        {"tasks_completed": 4},
        {"blockers_resolved": True},
        {"key_decisions": 1},
        {"next_steps": {"a": 1}},
    ],
)
def test_metadata_that_cannot_be_listed_is_passed_over_and_told(metadata: dict[str, Any]) -> None:
    decoded = decode_summaries([summary_row(context_metadata=json.dumps(metadata))])
    (name,) = metadata
    assert decoded.warnings == (
        f"work_item_summaries 5: context_metadata unusable ({name} is not a list)",
    )
    assert decoded.entries[0]["metadata"] == metadata
    assert len(_lines(decoded)) == 3


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=5,
)
_NAMES = ("key_decisions", "tasks_completed", "blockers_resolved", "next_steps", "other")


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON))
def test_any_metadata_can_be_rendered(metadata: dict[str, Any]) -> None:
    decoded = decode_summaries([summary_row(context_metadata=json.dumps(metadata))])
    assert decoded.entries[0]["metadata"] == metadata
    assert _lines(decoded)[-1] == ""
