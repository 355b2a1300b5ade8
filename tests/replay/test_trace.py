"""A workload as accesses of a cache."""

from __future__ import annotations

from typing import Any

import pytest

from engine.replay.events import Op, WorkloadEvent
from engine.replay.trace import ProjectLinks, accesses
from tests.replay.doubles import note, setting, start

LINKS = ProjectLinks(work_item_of={1: 10, 2: 10, 3: 30}, assigned_to={1: "ada", 2: "bob", 3: "ada"})
READS = [start(0, 1), start(0, 1, "bob"), start(0, 2), start(0, 3)]
A1, A1_BOB, A2, A3 = (1, None), (1, "bob"), (2, None), (3, None)


def touched(write: WorkloadEvent, links: ProjectLinks | None = LINKS) -> set[object]:
    listed = list(accesses([*READS, write], links))
    assert [access.op for access in listed[:4]] == ["r"] * 4
    assert all(access.op == "w" and access.t == write.t for access in listed[4:])
    return {access.key for access in listed[4:]}


def event(op: Op, **fields: Any) -> WorkloadEvent:
    return WorkloadEvent(t=5, op=op, **fields)


X = {"name": "x"}


@pytest.mark.parametrize(
    ("write", "keys"),
    [
        (event(Op.TASK_UPDATE, task_id=1, changes=X), {A1, A1_BOB}),
        (event(Op.TASK_UPDATE, task_id=9, changes=X), set()),
        (event(Op.TASK_UPDATE, task_id=1), set()),
        (event(Op.TASK_UPDATE, task_id=1, changes={}), set()),
        (event(Op.TASK_CREATE, task_id=1), set()),
        (event(Op.WORK_ITEM_UPDATE, work_item_id=10, changes=X), {A1, A1_BOB, A2}),
        (event(Op.WORK_ITEM_UPDATE, work_item_id=10), set()),
        (event(Op.CONTEXT_UPDATE, task_id=3, changes={"six_w_data": {}}), {A3}),
        (event(Op.CONTEXT_UPDATE, work_item_id=30, changes={"six_w_data": {}}), {A3}),
        (event(Op.CONTEXT_UPDATE, changes={"six_w_data": {}}), {A1, A1_BOB, A2, A3}),
        (event(Op.SUMMARY_ADD, task_id=1, changes={"summary_text": "x"}), {A1, A1_BOB, A2}),
        (event(Op.SUMMARY_ADD, work_item_id=30, changes={"summary_text": "x"}), {A3}),
        (event(Op.RULE_UPDATE, rule_id="DP-001", changes={"enabled": 0}), {A1, A1_BOB, A2, A3}),
        (event(Op.AGENT_UPDATE, agent_role="bob", changes={"is_active": 0}), {A1_BOB, A2}),
        (event(Op.AGENT_UPDATE, agent_role="ada", changes={"is_active": 0}), {A1, A1_BOB, A3}),
        (event(Op.AGENT_UPDATE, agent_role="ada", changes={"description": "never read"}), set()),
        (event(Op.SOP_WRITE, agent_role="bob", text="x"), {A1_BOB, A2}),
        (event(Op.SOP_WRITE, path=".claude/agents/ada.md", text="x"), {A1, A3}),
        (event(Op.SOP_WRITE, path="docs/any.md", text="x"), {A1, A1_BOB, A2, A3}),
        (setting(5, freshness="ttl"), set()),
        (note(5, "x"), set()),
    ],
)
def test_a_write_touches_the_answers_made_of_what_it_changes(
    write: WorkloadEvent, keys: set[object]
) -> None:
    assert touched(write) == keys


def test_what_is_unknown_of_the_project_counts_as_touched() -> None:
    every = {A1, A1_BOB, A2, A3}
    assert touched(event(Op.WORK_ITEM_UPDATE, work_item_id=10, changes=X), None) == every
    assert touched(event(Op.SUMMARY_ADD, task_id=1, changes=X), None) == every
    assert touched(event(Op.SOP_WRITE, agent_role="bob", text="x"), None) == every
    update = event(Op.TASK_UPDATE, task_id=1, changes=X)
    assert touched(update, None) == {A1, A1_BOB}


def test_a_new_assignment_is_followed() -> None:
    assign = event(Op.TASK_UPDATE, task_id=3, changes={"assigned_to": "bob"})
    sop = event(Op.SOP_WRITE, agent_role="bob", text="x")
    listed = list(accesses([start(0, 3), assign, start(5, 3), sop], LINKS))
    assert [access.op for access in listed] == ["r", "w", "r", "w"]


def test_a_write_is_listed_once_until_the_key_is_read_again() -> None:
    write = event(Op.TASK_UPDATE, task_id=1, changes=X)
    listed = list(accesses([write, start(5, 1), write, write, start(6, 1), write], LINKS))
    assert [(access.op, access.t) for access in listed] == [
        ("r", 5),
        ("w", 5),
        ("r", 6),
        ("w", 5),
    ]
