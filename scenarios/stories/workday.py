"""A thin day of a few agents, twice: trusting the TTL, then checking every start."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import active, shuffled, task_name
from scenarios.script import Script

_DAY = 86_400.0
_HOUR = 3_600.0
_STARTS = 90
_TASKS = 24
_WRITES = 120
_WRITES_PER_EDIT = 14
"""One write in so many changes what the agents of this day are given."""
_BURST = 8
_MEETINGS = (2.5 * _HOUR, 6.0 * _HOUR)


def workday() -> Workload:
    """Starts minutes apart with two small bursts; the second day repeats the first to the second."""
    script = Script()
    revisions = count(1)
    script.note(0.0, "Trust the TTL, a thin day: when agents come back, it has run out.")
    _day(script, 0.0, revisions)
    script.note(4 * _HOUR, "Watch 'needless': expired and reloaded, though nothing had changed.")
    script.note(7 * _HOUR, "And 'stale': a task was edited, and its agent still got the old text.")
    switch = _DAY - 60.0
    script.note(switch, "Same day again. Now every start is checked, and warmed in between.")
    script.setting(switch, "check every start", clear_caches=True, freshness="strict")
    script.setting(switch, "warming on", warming=True)
    _day(script, _DAY, revisions)
    script.note(_DAY + 4 * _HOUR, "Nothing expires in vain: a check that finds no change keeps it.")
    script.note(
        _DAY + 7 * _HOUR, "Edits show on the very next start: 0 stale. Compare the two halves."
    )
    return script.workload(
        WorkloadHeader(
            name="workday",
            line="agents come back when every TTL has run out",
            description="The same thin day twice: the plan's way, which trusts the TTL, then "
            "checking every start with warming in between. Idle time is skipped on the wall only.",
            settings={"freshness": "ttl", "warming": False},
            idle_gap_s=0.15,
            project="demo",
            result="warm",
        )
    )


def _day(script: Script, begin: float, revisions: Iterator[int]) -> None:
    # its own generator of the same seed for each day: the same traffic to the second
    random = Random("workday")
    tasks = active("workday")[:_TASKS]
    for _ in range(_STARTS - 4 * _BURST):
        # a few tasks are in everybody's hands, the rest comes back now and then
        task_id = tasks[min(int(random.expovariate(0.16)), _TASKS - 1)]
        script.start(begin + random.uniform(0.2, 8.8) * _HOUR, task_id)

    def revise(time: float, task_id: int) -> None:
        # words that the agent reads, new each time: writing the same again changes nothing
        said = f"{task_name(task_id)} (revision {next(revisions)})"
        script.task_update(begin + time, task_id, name=said)

    for meeting in _MEETINGS:
        # everybody starts, one task is revised, and half of those who start again start that one
        first, *rest = tasks[:_BURST]
        again = [task_id for other in rest[: _BURST // 2] for task_id in (first, other)]
        for turn, started in ((0.0, [first, *rest]), (40.0, again)):
            for number, task_id in enumerate(started):
                script.start(begin + meeting + turn + number, task_id)
        revise(meeting + 20.0, first)
    others = [task_id for task_id in shuffled("workday") if task_id not in tasks]
    for number in range(_WRITES - len(_MEETINGS)):
        # spread over the day, as work is
        time = (0.1 + 8.7 * (number + random.random()) / _WRITES) * _HOUR
        edit, is_other = divmod(number, _WRITES_PER_EDIT)
        if is_other:
            priority = random.randint(1, 5)
            script.task_update(begin + time, random.choice(others), priority=priority)
        else:
            revise(time, tasks[edit % _BURST])
