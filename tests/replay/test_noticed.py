"""What other processes write, as events of a workload that a replay can repeat."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.clock import VirtualClock
from engine.core.project import DATABASE
from engine.replay.beginning import beginnings
from engine.replay.events import Op, WorkloadEvent
from engine.replay.noticed import events_of
from engine.replay.scratch import scratch_copy
from engine.replay.session import open_replay
from engine.replay.stand_ins import stand_in
from engine.replay.workload import Workload, encode_event, read_workload
from engine.replay.writer import ScratchWriter
from engine.storage.row_changes import Committed, RowChanges
from engine.trace import Namespace, Outcome


class Other:
    """Another process's connection, and what is noticed of it."""

    def __init__(self, project: Path) -> None:
        self._path = project / DATABASE
        self._changes = RowChanges(self._path)
        assert self._changes.look() is None

    def write(self, sql: str, *parameters: object, texts: bool = False) -> list[WorkloadEvent]:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute(sql, parameters)
        committed = self._changes.look()
        assert committed is not None
        return events_of(committed, texts=texts)


@pytest.fixture
def other(project: Path) -> Other:
    return Other(project)


def test_values_are_recorded_and_texts_are_named(other: Other) -> None:
    (event,) = other.write(
        "UPDATE tasks SET priority = 5, description = 'secret words', updated_at = '2026-05-05' "
        "WHERE id = 1"
    )
    assert (event.op, event.task_id, event.source) == (Op.TASK_UPDATE, 1, "noticed")
    assert event.changes is not None
    assert event.changes["priority"] == 5
    assert event.texts == ["description"]
    assert event.was is not None
    assert event.was.keys() == event.changes.keys()
    assert b"secret" not in encode_event(event)


def test_texts_are_recorded_when_asked_for(other: Other) -> None:
    (event,) = other.write("UPDATE tasks SET description = 'x' WHERE id = 1", texts=True)
    assert event.texts is None
    assert (event.changes or {})["description"] == "x"


@pytest.mark.parametrize(
    ("sql", "op"),
    [
        ("UPDATE work_items SET priority = 1 + priority % 5 WHERE id = 1", Op.WORK_ITEM_UPDATE),
        ("UPDATE agents SET is_active = 1 - is_active WHERE id = 1", Op.AGENT_UPDATE),
        ("UPDATE rules SET enabled = 1 - enabled WHERE id = 1", Op.RULE_UPDATE),
        (
            "UPDATE contexts SET six_w_data = six_w_data || ' ' WHERE entity_type = 'project'",
            Op.CONTEXT_UPDATE,
        ),
        (
            "INSERT INTO work_item_summaries (work_item_id, session_date, summary_text) "
            "VALUES (1, '2026-03-01', 'said much')",
            Op.SUMMARY_ADD,
        ),
        (
            "INSERT INTO tasks (id, work_item_id, name, type) VALUES (900, 1, 'n', 'bugfix')",
            Op.TASK_CREATE,
        ),
        ("DELETE FROM tasks WHERE id = 2", Op.NOTE),
        ("UPDATE projects SET description = 'other'", Op.NOTE),
        ("UPDATE tasks SET priority = priority", Op.COMMIT),
    ],
)
async def test_each_write_that_a_workload_knows_can_be_repeated(
    other: Other, project: Path, tmp_path: Path, sql: str, op: Op
) -> None:
    events = other.write(sql)
    assert {event.op for event in events} == {op}
    file = tmp_path / "w.jsonl"
    file.write_bytes(b"".join(encode_event(event) + b"\n" for event in events))
    read = read_workload(file).events
    clock = VirtualClock()
    async with scratch_copy(project) as scratch, ScratchWriter(scratch, clock) as writer:
        assert all([await writer.apply(event) for event in read if event.op.is_write])


def test_what_is_not_known_is_a_note() -> None:
    (event,) = events_of(Committed(unknown="the database is larger than 32 MB"))
    assert event.op is Op.NOTE
    assert "larger than" in (event.text or "")


def test_a_stand_in_differs_from_what_it_replaces() -> None:
    for column in ("description", "six_w_data", "capabilities"):
        seen: list[object] = [None, "", "words", '{"a": 1}']
        for cell in seen:
            once = stand_in(column, cell)
            assert once != (cell or "")
            assert stand_in(column, once) != once
    assert stand_in("description", "words") == "words [revision 1, its text was not recorded]"
    assert stand_in("description", stand_in("description", "words")).count("revision") == 1


def test_the_beginning_is_what_each_row_had_first() -> None:
    def event(t: float, task_id: int, **was: object) -> WorkloadEvent:
        return WorkloadEvent(
            t=t, op=Op.TASK_UPDATE, task_id=task_id, changes={"priority": 9}, was=was or None
        )

    found = beginnings(
        [event(1, 1, priority=2), event(2, 1, priority=3, status="draft"), event(3, 2)]
    )
    assert [(one.task_id, one.changes) for one in found] == [
        (1, {"priority": 2, "status": "draft"})
    ]


async def test_a_replay_shows_the_same_invalidations(other: Other, project: Path) -> None:
    starts = [WorkloadEvent(t=t, op=Op.TASKSTART, task_id=1) for t in (0.0, 1.0, 3.0, 5.0, 7.0)]
    # The project moves on: at the replay it already holds what was written.
    writes = [
        (2.0, "UPDATE tasks SET priority = 1 + priority % 5 WHERE id = 1"),
        (4.0, "UPDATE tasks SET description = 'other words' WHERE id = 1"),
        (6.0, "UPDATE tasks SET priority = priority"),
    ]
    events = [*starts]
    for t, sql in writes:
        events += [msgspec.structs.replace(event, t=t) for event in other.write(sql)]
    events.sort(key=lambda event: event.t)
    outcomes: list[Outcome] = []
    async with open_replay(project, Workload(events), fixed={"warming": False}, speed=0) as replay:
        await replay.player.run()
        monitor = replay.engine.monitor
        for view in reversed(monitor.starts().starts):
            detail = monitor.start(view.id)
            assert detail is not None
            outcomes += [
                Outcome(one.outcome)
                for one in detail.lookups
                if one.cache == Namespace.ANSWERS.label
            ]
    assert outcomes == [
        Outcome.FIRST_TIME,
        Outcome.HIT,
        Outcome.CHANGED,
        Outcome.CHANGED,
        Outcome.CONFIRMED,
    ]
