"""An AgentPM database's own times as a workload of TaskStarts and writes.

AgentPM holds when each task was first started and completed, and when rows were last changed. Of
many starts of one task, or many changes of one row, only one is held; nothing is added for the rest.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from engine.importing.columns import UNUSED
from engine.importing.database_events import DatabaseEvents, PlacedEvent
from engine.importing.database_report import DatabaseCoverage, column_view
from engine.importing.database_rows import read_rows
from engine.importing.workload_times import Span, check_extent, seconds_since
from engine.replay.events import Op
from engine.replay.workload import Workload, WorkloadHeader


def import_database(
    root: Path, now: datetime, span: Span | None = None
) -> tuple[Workload | None, DatabaseCoverage]:
    """The starts and writes that the database of the project at `root` tells of.

    The workload is None when it tells of no start.

    Args:
        now: the present moment; times beyond it are of no use.

    Raises:
        DatabaseError: the database cannot be read.
        ImportRefusedError: the workload would be too long.
    """
    rows = read_rows(root)
    found = DatabaseEvents(rows, now, span or Span())
    report = DatabaseCoverage(
        project=str(root),
        tasks=len(rows.tasks),
        columns=[column_view(tally) for tally in found.tallies],
        unused=dict(sorted(UNUSED.items())),
    )
    placed = sorted(found.placed, key=lambda one: (one.when, one.order))
    report.starts = sum(one.event.op is Op.TASKSTART for one in placed)
    report.writes = len(placed) - report.starts
    if not report.starts:
        return None, report
    report.first, report.last = placed[0].when, placed[-1].when
    return _assemble(placed, report), report


def _assemble(placed: list[PlacedEvent], report: DatabaseCoverage) -> Workload:
    first, last = placed[0].when, placed[-1].when
    check_extent(first, last, len(placed))
    events = [
        msgspec.structs.replace(one.event, t=seconds_since(first, one.when)) for one in placed
    ]
    header = WorkloadHeader(
        start=first,
        line=f"{report.starts:,} first starts of tasks, from an AgentPM database's own times",
        description=(
            f"From the times that the database holds: {report.starts:,} starts and {report.writes:,} "
            "writes. Later starts of a task, and all but the last change of a row, are not held."
        ),
    )
    return Workload(events, header)
