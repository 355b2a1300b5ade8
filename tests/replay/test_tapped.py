"""A replay can be recorded: its starts and its writes, as they are played."""

from __future__ import annotations

from pathlib import Path

from engine.replay.events import Op, WorkloadEvent
from engine.replay.recorder import Recorder
from engine.replay.run_file import read_run, run_path
from engine.replay.session import open_replay
from engine.replay.workload import Workload, read_workload


def events() -> list[WorkloadEvent]:
    return [
        WorkloadEvent(t=0, op=Op.NOTE, text="a caption"),
        WorkloadEvent(t=1, op=Op.TASKSTART, task_id=1),
        WorkloadEvent(t=2, op=Op.TASK_UPDATE, task_id=1, changes={"description": "new words"}),
        WorkloadEvent(t=3, op=Op.TASKSTART, task_id=2),
        WorkloadEvent(t=3, op=Op.TASK_UPDATE, task_id=2, changes={"priority": 1}),
        WorkloadEvent(t=3, op=Op.TASKSTART, task_id=1, agent_role="nobody-has-this-role"),
        WorkloadEvent(t=4, op=Op.TASKSTART, task_id=999),
        WorkloadEvent(t=5, op=Op.SOP_WRITE, path=".claude/agents/a.md", text="x"),
    ]


async def test_what_is_played_is_recorded_with_its_writes(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recorders: list[Recorder] = []
    async with (
        open_replay(
            project,
            Workload(events()),
            speed=0,
            tap=lambda: recorders[0] if recorders else None,
        ) as replay,
        Recorder(path, clock=replay.engine.clock) as recorder,
    ):
        recorders.append(recorder)
        await replay.player.run()
        recorders.clear()
    recorded = read_workload(path).events
    played = [event for event in events() if event.op is not Op.NOTE]
    assert [
        (one.t, one.op, one.task_id, one.agent_role, one.changes, one.text) for one in recorded
    ] == [(one.t, one.op, one.task_id, one.agent_role, one.changes, one.text) for one in played]
    run = read_run(run_path(path))
    assert [line.t for line in run.lines] == [1, 3, 3, 4]
    assert [line.error for line in run.lines][-1] == "not_found"
