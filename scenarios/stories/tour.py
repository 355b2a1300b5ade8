"""One minute of traffic on which every panel has something to show."""

from __future__ import annotations

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import MISSING_TASK, broken_sop_task, retired_task, shuffled, task_name
from scenarios.script import Script


def tour() -> Workload:
    """What the panels mean, in the order in which one looks at them."""
    script = Script()
    tasks = shuffled("tour")[:10]
    script.note(0.0, "A dot is one start: an agent waited that long for its context.")
    script.starts(0.5, tasks, per_second=1.0)
    script.note(10.0, "'where the time goes': what a start waited for. Here: the database.")
    script.starts(10.5, tasks, per_second=1.0)
    script.note(12.0, "The same tasks again: finished answers, so warm starts and hits.")
    script.task_update(20.0, tasks[0], name=f"{task_name(tasks[0])}, second try")
    script.note(20.0, "Somebody edited a task. Its next start asks the database, others do not.")
    script.starts(20.5, tasks, per_second=1.0)
    script.note(30.5, "This agent's SOP is not readable: the answer comes, with a warning.")
    script.start(31.0, broken_sop_task())
    script.note(35.0, f"Task #{MISSING_TASK} does not exist: an error with its reason, not a text.")
    script.start(36.0, MISSING_TASK)
    script.note(
        40.0, "And this task belongs to an agent that has retired. TaskStarts has them all."
    )
    script.start(41.0, retired_task())
    script.note(46.0, "Key 2 shows the caches. Halve a TTL there, then press u to take it back.")
    script.starts(46.5, tasks, per_second=1.0)
    script.note(57.0, "Press s to choose a scenario. The workday is the one to begin with.")
    script.starts(57.5, tasks[:3], per_second=1.0)
    return script.workload(
        WorkloadHeader(
            name="tour",
            line="what every panel means, on one minute of traffic",
            description="A minute of starts, an edit, a warning and two errors, with a caption for "
            "each panel.",
            settings={"warming": False},
            project="demo",
        )
    )
