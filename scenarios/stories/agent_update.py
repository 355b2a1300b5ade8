"""Somebody edits an agent's SOP while its tasks are being started."""

from __future__ import annotations

from itertools import cycle

from engine.replay.workload import Workload, WorkloadHeader
from scenarios.cast import sop_of, tasks_of
from scenarios.script import Script

_ROLE = "checkout-captain"
_PER_SECOND = 2.0
_FIRST = "BLOCK: no release of checkout today, the bank is moving its servers."
_SECOND = "BLOCK: guest orders over 500 EUR need a second look until Friday."


def agent_update() -> Workload:
    """One sentence is added to the top of a SOP, trusting the TTL and then checking every start."""
    script = Script()
    tasks = cycle(tasks_of(_ROLE))
    original = sop_of(_ROLE)
    script.note(0.0, f"Agents start as {_ROLE}, trusting the TTL. Their SOP is warm.")
    script.starts(0.5, [next(tasks) for _ in range(39)], per_second=_PER_SECOND)
    script.sop(6.0, _ROLE, _with_line(original, _FIRST))
    script.note(6.0, "A BLOCK sentence was just added on top of the SOP: no release today.")
    script.note(10.0, "Still missing from every answer. Who starts now releases anyway.")
    script.note(15.0, "The TTL would let this go on for minutes. 'stale' counts them.")
    script.setting(20.0, "check every start", freshness="strict")
    script.note(20.0, "Check every start: the next answer has the sentence.")
    script.starts(20.5, [next(tasks) for _ in range(39)], per_second=_PER_SECOND)
    script.sop(26.0, _ROLE, _with_line(original, _SECOND))
    script.note(26.0, "Another sentence is added. The very next start has it already.")
    script.sop(33.0, _ROLE, original)
    script.note(33.0, "And it is taken out again, on the very next start.")
    script.note(37.0, "Open TaskStarts and compare the answers before and after.")
    return script.workload(
        WorkloadHeader(
            name="agent-update",
            line="an SOP is edited: who still works by the old one?",
            description="A BLOCK sentence is added to an agent's SOP: trusting the TTL the next "
            "starts miss it, checking every start none does.",
            settings={"freshness": "ttl", "warming": False},
            project="demo",
            result="stale",
        )
    )


def _with_line(sop: str, line: str) -> str:
    # below the front matter and the title: within the part that every answer shows
    head, title, rest = sop.partition("\n# ")
    name, _, body = rest.partition("\n")
    return f"{head}{title}{name}\n\n{line}\n{body}"
