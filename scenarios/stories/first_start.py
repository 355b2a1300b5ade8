"""The first start of the day: with empty caches, and after the engine has warmed itself."""

from __future__ import annotations

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import active
from scenarios.script import Script

_TASKS = 20
_PER_SECOND = 2.5


def first_start() -> Workload:
    """The same twenty tasks three times: cold, again, and after a restart with warming."""
    script = Script()
    tasks = active("first-start")[:_TASKS]
    script.note(0.0, "Morning. Every cache is empty: each start has to ask the database.")
    at = script.starts(1.0, tasks, per_second=_PER_SECOND)
    script.note(at, "The same twenty again: their answers are finished, nothing is built.")
    at = script.starts(at + 0.5, tasks, per_second=_PER_SECOND)
    script.setting(at, "restarted, warming on", clear_caches=True, warming=True)
    script.note(at, "Restarted: caches empty again, but now the engine warms itself. Wait for it.")
    script.note(at + 5.0, "The first start of the day once more. Watch the first dot.")
    script.starts(at + 5.5, tasks, per_second=_PER_SECOND)
    return script.workload(
        WorkloadHeader(
            name="first-start",
            line="the first start of the day, cold, then warmed",
            description="Twenty tasks, three times: on empty caches, again, and after a restart "
            "with warming in the background.",
            settings={"warming": False},
            project="demo",
            result="first",
        )
    )
