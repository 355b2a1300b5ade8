"""Each of the five limits is breached once, so that each alert can be seen."""

from __future__ import annotations

from engine.replay.workload import Workload, WorkloadHeader
from engine.settings import AlertLimits
from scenarios.cast import shuffled
from scenarios.script import Script

_PER_SECOND = 4.0
_EACH = 44
_LIMITS = AlertLimits()


def limits() -> Workload:
    """Two by modeled costs, one by new tasks only, two by a limit that is lowered and put back."""
    script = Script()
    tasks = shuffled("limits")
    script.note(0.0, "Modeled costs, all off: TaskStart and database break their limits.")
    at = script.starts(0.5, tasks[:_EACH], per_second=_PER_SECOND)
    script.setting(at, "all on", optimizations="all")
    script.note(at, "All on, but only new tasks: nothing to hit. The hit rate breaks its limit.")
    at = script.starts(at + 0.5, tasks[_EACH : 2 * _EACH], per_second=_PER_SECOND)
    known = tasks[_EACH : 2 * _EACH]
    script.setting(at, "memory limit 10 MB", limits__memory_mb=10.0)
    script.note(at, "Known tasks only: hits. Memory limit lowered to 10 MB: any process is above.")
    at = script.starts(at + 0.5, known, per_second=_PER_SECOND)
    script.setting(at, "memory limit back", limits__memory_mb=_LIMITS.memory_mb)
    script.setting(at + 0.1, "CPU limit 0.1 %", limits__cpu_percent=0.1)
    script.note(at + 0.1, "Memory limit back. CPU limit lowered to 0.1 %: even idling is more.")
    at = script.starts(at + 0.5, known, per_second=_PER_SECOND)
    script.setting(at, "CPU limit back", limits__cpu_percent=_LIMITS.cpu_percent)
    script.note(at, "All limits as they were. Every alert of this minute is in the list.")
    script.starts(at + 0.5, known, per_second=_PER_SECOND)
    return script.workload(
        WorkloadHeader(
            name="limits",
            line="each of the five limits is breached once, and each alert seen",
            description="TaskStart and database by modeled costs, the hit rate by new tasks only, "
            "memory and CPU by limits that are lowered and put back.",
            modeled=True,
            settings={"profile": "plan-full", "optimizations": "none", "warming": False},
            project="demo",
            result="p50",
        )
    )
