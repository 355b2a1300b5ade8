"""Traffic that an engine recorded, or that a replay has played, as a workload to play again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.replay.events import Op, WorkloadEvent
from engine.replay.workload import Workload, WorkloadHeader

if TYPE_CHECKING:
    from engine.core.request import Request
    from engine.forecast.recorder import Recorded


def recorded_workload(
    recorded: Recorded, names: Mapping[int, Request], *, wall: datetime, monotonic: float
) -> Workload:
    """The recorded starts at their times, on a project that is in its present state.

    What was written is not recorded, only that an answer had changed: an edit of its task's
    description stands in for each change. `wall` and `monotonic` are the same moment of the
    engine's two clocks. A mark that `names` does not know is left out.
    """
    events: list[WorkloadEvent] = []
    began: float | None = None
    edits = 0
    for at, mark, is_write in recorded.accesses():
        request = names.get(mark)
        if request is None:
            continue
        began = at if began is None else began
        if is_write:
            edits += 1
            change = {"description": f"Revision {edits}, standing in for a recorded change."}
            events.append(
                WorkloadEvent(
                    t=at - began, op=Op.TASK_UPDATE, task_id=request.task_id, changes=change
                )
            )
        else:
            events.append(
                WorkloadEvent(
                    t=at - began,
                    op=Op.TASKSTART,
                    task_id=request.task_id,
                    agent_role=request.agent_role,
                )
            )
    start = wall - timedelta(seconds=monotonic - (monotonic if began is None else began))
    return Workload(events, WorkloadHeader(start=start), "recorded traffic")


def played_part(workload: Workload, until_s: float) -> Workload:
    """The starts and writes of `workload` up to a moment, without its settings and captions."""
    events = [
        event
        for event in workload.events
        if event.t <= until_s and event.op not in (Op.SETTING, Op.NOTE)
    ]
    return Workload(events, WorkloadHeader(start=workload.header.start), workload.name)
