"""The plan's eight steps under the plan's own costs, one by one."""

from __future__ import annotations

from engine.optimizations import Optimization
from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled
from scenarios.script import Script

_PER_SECOND = 5.0
_ALL_OFF = 40
_EACH = 32
"""All off and eight steps take 296 of the 299 tasks that start: each is met only once."""

_CAPTIONS = {
    Optimization.PARALLEL_QUERIES: "+1: one trip to the database instead of a dozen. Watch the dots fall.",
    Optimization.PLUGIN_FACTS_CACHE: "+2: plugin facts are kept. The alert clears, below the limit of 100.",
    Optimization.SOP_PRECOMPILATION: "+3: SOPs compiled once. 'agent SOPs' leaves where the time goes.",
    Optimization.PARALLEL_ASSEMBLY: "+4: three assemblies side by side, so only the longest counts.",
    Optimization.AGENT_VALIDATION: "+5: the plan counts its agent check apart: nothing to gain here.",
    Optimization.TIERED_CACHE: "+6: three levels. New tasks are never in them, so hits stay rare.",
    Optimization.CONNECTION_POOL: "+7: connections stay open. Connecting was 5 ms, closing was 2.",
    Optimization.LEAN_MEMORY: "+8: packed SOPs. Look at memory, not at the dots.",
}


def the_plan() -> Workload:
    """Each step on new tasks only, so that finished answers cannot hide it; then tasks repeat."""
    script = Script()
    tasks = shuffled("the-plan")
    script.note(0.0, "The plan's costs, all eight off. Every dot is one start: about 145 ms.")
    at = script.starts(0.1, tasks[:_ALL_OFF], per_second=_PER_SECOND) - 0.1
    used = _ALL_OFF
    for item in Optimization:
        script.switch_on(at, item)
        script.note(at, _CAPTIONS[item])
        new = tasks[used : used + _EACH]
        at = script.starts(at + 0.1, new, per_second=_PER_SECOND) - 0.1
        used += _EACH
    script.note(at, "Now tasks come back, as in real work: their answers are finished already.")
    known = tasks[used - 2 * _EACH : used]
    script.starts(at + 0.1, (known * 2)[:85], per_second=_PER_SECOND)
    script.note(at + 13.0, "That was the plan's arithmetic. This is your machine.")
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
