"""A disk that takes 20 ms for every statement, and the three ways of reading."""

from __future__ import annotations

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled
from scenarios.script import Script

_PER_SECOND = 4.0
_EACH = 48


def slow_disk() -> Workload:
    """The same 48 cold starts with every loading strategy."""
    script = Script()
    tasks = shuffled("slow-disk")[:_EACH]
    script.note(0.0, "Every statement costs 20 ms. One after the other: count the steps.")
    at = script.starts(0.5, tasks, per_second=_PER_SECOND)
    script.setting(at + 0.5, "loading: parallel", clear_caches=True, loading="parallel")
    script.note(at + 0.5, "Same starts, all statements at once: one wait instead of many.")
    at = script.starts(at + 1.0, tasks, per_second=_PER_SECOND)
    script.setting(at + 0.5, "loading: batched", clear_caches=True, loading="batched")
    script.note(at + 0.5, "Same starts, one batched statement: the same wait on one connection.")
    script.note(at + 7.0, "As fast as side by side, and the other connections stay free.")
    script.starts(at + 1.0, tasks, per_second=_PER_SECOND)
    return script.workload(
        WorkloadHeader(
            name="slow-disk",
            line="the disk turns slow: which loading strategy survives?",
            description="20 ms injected for each statement; 48 cold starts read one after the "
            "other, in parallel, and in one batch.",
            modeled=True,
            settings={
                "profile": "slow-disk",
                "optimizations": "1,2,3,7",
                "loading": "sequential",
                "pool_size": 8,
                "warming": False,
            },
            project="demo",
            result="p50",
        )
    )
