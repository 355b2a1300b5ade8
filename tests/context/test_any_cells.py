"""Whatever the cells hold: a context that can be written and encoded, or an error on purpose."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.context.render import render
from engine.errors import TaskStartError
from engine.storage.rows import Row, RowBundle
from tests.context.builders import (
    agent_row,
    build,
    bundle,
    context_row,
    rule_row,
    summary_row,
)

_UNUSABLE = re.compile(r"[a-z_]+ \d+: \w+ unusable \(")
_CELLS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.binary(max_size=6),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "{",
            "[1]",
            "null",
            "NaN",
            '"words"',
            '"{}"',
            '{"plugin_facts": {"a": {"version": [1]}, "b": 1e999}}',
            '{"end_users": {"a": 1}, "implementers": 3, "risk_if_delayed": [1], "deadline": "x"}',
            r'{"end_users": ["\ud800"], "business_value": true}',
            '{"key_decisions": 1, "tasks_completed": "a", "next_steps": [null]}',
            "2026-01-01T00:00:00+25:00",
            "9999-12-31T23:59:59-12:00",
            "../../../etc/passwd",
            "x" * 300,
        ]
    ),
)
_ROWS = bundle(
    task_context=context_row(six_w={"end_users": ["a"]}),
    work_item_context=context_row("work_item", six_w={}),
    project_context=context_row("project", six_w={}),
    agent=agent_row(),
    assigned_agent=agent_row(),
)


@st.composite
def _spoiled(draw: st.DrawFn, row: Row) -> Row:
    """The row with some cells replaced; its id stays."""
    cells = list(row)
    for index in draw(st.sets(st.integers(1, len(row) - 1), max_size=4)):
        cells[index] = draw(_CELLS)
    return tuple(cells)


@st.composite
def _bundles(draw: st.DrawFn) -> RowBundle:
    rows: dict[str, Any] = {
        field.name: draw(_spoiled(getattr(_ROWS, field.name)))
        for field in fields(RowBundle)
        if field.name != "summaries"
    }
    return RowBundle(**rows, summaries=tuple(draw(st.lists(_spoiled(summary_row()), max_size=3))))


@settings(max_examples=300)
@given(_bundles(), st.lists(_spoiled(rule_row()), max_size=3), st.none() | st.text(max_size=8))
def test_any_cells(rows: RowBundle, rules: list[Row], agent_role: str | None) -> None:
    try:
        context = build(rows, agent_role=agent_role, rules=tuple(rules))
    except TaskStartError as error:
        assert error.reason
        return
    render(context).text(0).encode("utf-8")
    json.dumps(context.payload, ensure_ascii=False).encode("utf-8")
    ours = [bool(_UNUSABLE.match(warning)) for warning in context.warnings]
    assert ours == sorted(ours, reverse=True)
