"""Another process commits 300 times a second while agents start."""

from __future__ import annotations

from itertools import cycle

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled, task_text
from scenarios.script import Script

_COMMITS_PER_SECOND = 300
_STARTS_PER_SECOND = 20.0
_TASKS = 20
_STORM = 15.0


def write_storm() -> Workload:
    """The same storm twice: trusting the TTL, then checking every start."""
    script = Script()
    script.note(0.0, "Twenty agents, trusting the TTL. Calm so far: hits, low dots, all green.")
    _starts(script, 0.5, 4.5)
    script.note(
        5.0, "Now another process commits 300 times a second. Still green. Look at 'stale'."
    )
    _storm(script, 5.0, "first")
    script.note(
        13.0, "Every stale answer is an agent working from the past. v shows old beside new."
    )
    script.note(20.0, "Calm again.")
    script.setting(22.0, "check every start", freshness="strict")
    script.note(22.0, "Check every start. Same storm, and the stale count stops dead.")
    _starts(script, 22.5, 2.5)
    _storm(script, 25.0, "second")
    script.note(34.0, "The price is the difference of the dots. The gain is that each one is true.")
    script.note(40.0, "Two storms, one number: stale before, stale after.")
    return script.workload(
        WorkloadHeader(
            name="write-storm",
            line="300 commits/s: who gets an answer from the past?",
            description="A writer commits 300 times a second while twenty tasks start over and "
            "over: trusting the TTL, then checking every start.",
            settings={"freshness": "ttl", "warming": False},
            project="demo",
            result="stale",
        )
    )


def _starts(script: Script, begin: float, seconds: float) -> None:
    tasks = cycle(shuffled("write-storm")[:_TASKS])
    count = int(seconds * _STARTS_PER_SECOND)
    script.starts(begin, [next(tasks) for _ in range(count)], per_second=_STARTS_PER_SECOND)


def _storm(script: Script, begin: float, which: str) -> None:
    _starts(script, begin, _STORM)
    read = shuffled("write-storm")[:_TASKS]
    for number in range(int(_STORM * _COMMITS_PER_SECOND)):
        at = begin + number / _COMMITS_PER_SECOND
        if number % 60:
            # most commits change nothing that these agents are given
            script.task_update(at, read[number % _TASKS])
        else:
            task_id = read[(number // 60) % _TASKS]
            script.context_update(
                at,
                task_id,
                functional_requirements=[f"{task_text(task_id)} ({which} storm, edit {number})"],
            )
