"""Starts that a finished answer serves at once."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import NamedTuple

from engine.cache.entry import Entry
from engine.core.answer import Answer, FinishedAnswer
from engine.core.request import Request
from engine.settings import Settings
from engine.trace import Level, LookUp, Namespace, Outcome, Phase, Trace

_HITS = {level: (LookUp(Namespace.ANSWERS, Outcome.HIT, level),) for level in Level}
"""The look-ups of a start that a level answered at once; shared, since all are alike."""
NO_PHASES_AFTER_CACHE = (0,) * (len(Phase) - 2)
"""What follows waiting to start and asking the cache."""


class StartedAtOnce(NamedTuple):
    """A warm answer, and what is left to do once it is on its way."""

    answer: Answer
    note: Callable[[], None]
    """To be called once, soon: until then nobody who watches knows of this start."""


def warm_answer(
    request: Request,
    entry: Entry[FinishedAnswer],
    level: Level,
    settings: Settings,
    began: int,
    intended: int,
) -> Answer:
    """A held answer, served now; times are `perf_counter_ns`."""
    now = perf_counter_ns()
    trace = Trace(
        request.task_id,
        request.agent_role,
        now - intended,
        (began - intended, now - began, *NO_PHASES_AFTER_CACHE),
        _HITS[level],
        (),
        True,
        0,
        settings.profile,
        settings.optimizations,
    )
    return Answer(entry.value, trace)
