"""The plan's eight steps under the plan's own costs, one by one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.optimizations import Optimization
from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled, tasks_of
from scenarios.script import Script

_FIRST_SECONDS = 11.5
"""With everything off one start runs at a time: half of this time is idle, so that a machine that
is slower, or busy, shows the plan's figure and not a queue."""
_STEP_SECONDS = 7.5
_EACH = 41
"""Starts with the same settings: the 40 that a measured saving needs before and after, and one
that may still be under way when the settings change."""
_PER_SECOND = _EACH / _STEP_SECONDS
_REVIEWER = "second-pair-of-eyes"

_CAPTIONS = {
    Optimization.PARALLEL_QUERIES: "+1: one trip to the database, not a dozen. The dots fall below 100.",
    Optimization.PLUGIN_FACTS_CACHE: "+2: plugin facts are kept. In one batch they had cost 2 ms, not 20.",
    Optimization.SOP_PRECOMPILATION: "+3: SOPs compiled once. 'agent SOPs' leaves where the time goes.",
    Optimization.PARALLEL_ASSEMBLY: "+4: three assemblies side by side: only the longest of them counts.",
    Optimization.AGENT_VALIDATION: "+5: the plan counts its agent check apart, so nothing moves here.",
    Optimization.TIERED_CACHE: "+6: three levels. A new task is in none of them, so nothing moves.",
    Optimization.CONNECTION_POOL: "+7: connections stay open. Connecting had cost 5 ms, closing 2.",
    Optimization.LEAN_MEMORY: "+8: lean memory. Look at the memory, not at the dots.",
}


def the_plan() -> Workload:
    """Each step on new tasks only, so that finished answers cannot hide it; then tasks repeat."""
    script = Script()
    new = _new_starts()
    script.note(0.0, "The plan's costs, all eight off. Every dot is one start: about 145 ms.")
    _send(script, 0.0, [next(new) for _ in range(_EACH)], per_second=_EACH / _FIRST_SECONDS)
    for number, item in enumerate(Optimization, start=1):
        begin = _FIRST_SECONDS + (number - 1) * _STEP_SECONDS
        script.switch_on(begin, item)
        script.note(begin, _CAPTIONS[item])
        last = [next(new) for _ in range(_EACH)]
        _send(script, begin, last)
    end = _FIRST_SECONDS + len(Optimization) * _STEP_SECONDS
    script.note(end, "Now tasks come back, as in real work: their answers are finished already.")
    # a little denser, so that the last settings' median is one of a known task
    _send(script, end, [*last, *last[:10]], per_second=51 / _STEP_SECONDS)
    script.note(end + 5.0, "That was the plan's arithmetic. This is your machine.")
    return script.workload(
        WorkloadHeader(
            name="the-plan",
            line="eight steps of the plan, switched on one by one",
            description="The costs that the plan publishes, injected; each step meets new tasks "
            "only. Everything that happens here is modeled.",
            modeled=True,
            settings={"profile": "plan", "optimizations": "none", "warming": False},
            then="workday",
            project="demo",
            result="p50",
        )
    )


def _new_starts() -> Iterator[tuple[int, str | None]]:
    """Starts that no cache can know: every task for its own agent, then once more for a reviewer."""
    tasks = shuffled("the-plan")
    yield from ((task_id, None) for task_id in tasks)
    reviewed = set(tasks_of(_REVIEWER))
    yield from ((task_id, _REVIEWER) for task_id in tasks if task_id not in reviewed)


def _send(
    script: Script,
    begin: float,
    starts: list[tuple[int, str | None]],
    per_second: float = _PER_SECOND,
) -> None:
    for number, (task_id, role) in enumerate(starts):
        script.start(begin + 0.05 + number / per_second, task_id, role)
