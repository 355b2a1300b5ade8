"""Many agents start at the same moment; the slowest of them is the one who waits."""

from __future__ import annotations

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled
from scenarios.script import Script

_BURSTS = ((3.0, 8), (9.0, 16), (15.0, 40))


def fan_out() -> Workload:
    """Bursts of 8, 16 and 40 with everything off, then the same bursts with everything on."""
    script = Script()
    tasks = shuffled("fan-out")
    script.note(0.0, "Eight agents will start at once, everything off. Who waits longest?")
    _bursts(script, 0.0, tasks)
    script.note(8.0, "Sixteen at once: each waits for those before it. A staircase.")
    script.note(14.0, "Forty at once. Look at the highest dot, not at the average.")
    script.note(21.0, "All eight on, and warmed in between. Same bursts, same tasks.")
    script.setting(21.0, "all on", optimizations="all")
    _bursts(script, 21.0, tasks)
    script.note(29.0, "Sixteen at once: the staircase is gone.")
    script.note(35.0, "Forty at once, and the last waits hardly longer than the first.")
    script.note(39.0, "Slowest of forty, before and after: the result line has both.")
    return script.workload(
        WorkloadHeader(
            name="fan-out",
            line="40 agents at once: how long does the last one wait?",
            description="Bursts of 8, 16 and 40 starts of different tasks at the same moment, all "
            "off, then the same with all on.",
            settings={"optimizations": "none"},
            project="demo",
            result="worst",
        )
    )


def _bursts(script: Script, begin: float, tasks: list[int]) -> None:
    first = 0
    for at, size in _BURSTS:
        for task_id in tasks[first : first + size]:
            script.start(begin + at, task_id)
        first += size
