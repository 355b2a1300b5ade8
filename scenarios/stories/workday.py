"""A thin day of a few agents, twice: trusting the TTL, then checking every start."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import shuffled, task_hours, task_name
from scenarios.script import Script

_DAY = 86_400.0
_HOUR = 3_600.0
_STARTS = 90
_TASKS = 24
_WRITES = 120
_DELIVERED = 30
"""So many of the day's writes change what the agents of this day are given."""


def workday() -> Workload:
    """Starts minutes apart with two small bursts; the second day repeats the first to the second."""
    script = Script()
    script.note(0.0, "Trust the TTL, a thin day: when agents come back, it has run out.")
    _day(script, 0.0, round_number=1)
    script.note(4 * _HOUR, "Watch 'needless': expired and reloaded, though nothing had changed.")
    script.note(7 * _HOUR, "And 'stale': a task was edited, and its agent still got the old text.")
    switch = _DAY - 60.0
    script.note(switch, "Same day again. Now every start is checked, and warmed in between.")
    script.setting(
        switch, "check every start, warming", clear_caches=True, freshness="strict", warming=True
    )
    _day(script, _DAY, round_number=2)
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
            start=datetime(2026, 3, 2, 8, tzinfo=UTC),
            settings={"freshness": "ttl", "warming": False},
            idle_gap_s=0.17,
            project="demo",
            result="warm",
        )
    )


def _day(script: Script, begin: float, *, round_number: int) -> None:
    # its own generator of the same seed for each day: the same traffic to the second
    random = Random("workday")
    tasks = shuffled("workday")[:_TASKS]
    times = sorted(random.uniform(0.2, 8.8) * _HOUR for _ in range(_STARTS - 16))
    times += [2.5 * _HOUR + burst for burst in range(8)] + [
        6.0 * _HOUR + burst for burst in range(8)
    ]
    for time in sorted(times):
        # a few tasks are in everybody's hands, the rest comes back now and then
        script.start(begin + time, tasks[min(int(random.expovariate(0.16)), _TASKS - 1)])
    others = shuffled("workday")[_TASKS:]
    for number in range(_WRITES):
        time = begin + random.uniform(0.1, 8.8) * _HOUR
        if number % (_WRITES // _DELIVERED):
            script.task_update(time, random.choice(others), priority=random.randint(1, 5))
        else:
            _edit(script, time, tasks[number % 8], round_number, random)


def _edit(script: Script, time: float, task_id: int, round_number: int, random: Random) -> None:
    """A change of words that the agent reads."""
    again = random.randint(1, 8) / 4
    hours = min(8.0, task_hours(task_id) + again + round_number / 8)
    script.task_update(
        time, task_id, name=f"{task_name(task_id)} (estimate {hours:g} h)", effort_hours=hours
    )
