"""How stale is it really: answers that went out unchecked are checked afterwards.

The check runs off the request path and within the background CPU budget. It compares with the
database as it is a moment after the answer went out, so a commit in that moment counts as stale.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from time import perf_counter_ns
from typing import NamedTuple

from engine.cache.entry import Entry
from engine.clock import Clock
from engine.core.answer import FinishedAnswer
from engine.core.builder import AnswerBuilder
from engine.core.gate import TRUST
from engine.core.reading import Asked, Reading
from engine.core.request import Request
from engine.core.timing import StartTimer
from engine.core.traffic import CacheTraffic
from engine.errors import DatabaseError, TaskStartError
from engine.service.messages import StaleView
from engine.settings import Settings
from engine.trace import Outcome

_WAITING = 1_000
_EXAMPLES = 50


class _Served(NamedTuple):
    request: Request
    key: Request
    """Under which the answer is cached."""
    entry: Entry[FinishedAnswer]
    at: float
    """Monotonic seconds when it went out."""


@dataclass(frozen=True, slots=True)
class StaleExample:
    """An answer that was out of date, beside the one that would have been right."""

    request: Request
    age_s: float
    """Seconds since the served content had been read; it changed at some time in between."""
    served: str
    current: str


class StalenessCheck:
    """Builds the right answer beside each unchecked one, without caches, and compares."""

    def __init__(self, builder: AnswerBuilder, clock: Clock, traffic: CacheTraffic) -> None:
        """`builder` must use no cache and pay no modeled cost."""
        self._builder = builder
        self._clock = clock
        self._traffic = traffic
        self._waiting: deque[_Served] = deque(maxlen=_WAITING)
        self.examples: deque[StaleExample] = deque(maxlen=_EXAMPLES)
        self.reset()

    def reset(self) -> None:
        """Forget all counts, as after a change of the freshness mode."""
        self._waiting.clear()
        self.examples.clear()
        self._checked = self._stale = self._text_differs = 0
        self._oldest_s = 0.0

    def submit(self, request: Request, key: Request, entry: Entry[FinishedAnswer]) -> None:
        """Note an answer for checking; costs an append."""
        self._waiting.append(_Served(request, key, entry, self._clock.monotonic()))

    def view(self) -> StaleView:
        """The counts since the last reset."""
        return StaleView(
            checked=self._checked,
            stale=self._stale,
            text_differs=self._text_differs,
            oldest_s=self._oldest_s,
        )

    async def check_next(self) -> bool:
        """Check one answer; False when none is waiting.

        Raises:
            DatabaseError: the database cannot be read now; the answer goes on waiting.
        """
        if not self._waiting:
            return False
        served = self._waiting.popleft()
        try:
            current = await self._current(served.request)
        except DatabaseError:
            self._waiting.appendleft(served)
            raise
        except TaskStartError:
            # No answer is right any more: the task is gone, or its agent is inactive.
            current = None
        self._checked += 1
        if current is None or _differs(served.entry, current):
            self._note_stale(served, current)
        return True

    async def check_all(self) -> None:
        """Check everything that is waiting now.

        Raises:
            DatabaseError: the database cannot be read now.
        """
        while await self.check_next():
            pass

    async def _current(self, request: Request) -> Entry[FinishedAnswer]:
        reading = Reading(
            request,
            StartTimer(perf_counter_ns()),
            _CHECKING,
            TRUST,
            0,
            self._clock.monotonic(),
            counted=False,
        )
        built = await self._builder.build(reading, Asked(False, None, Outcome.OFF))
        return built.entry

    def _note_stale(self, served: _Served, current: Entry[FinishedAnswer] | None) -> None:
        age = served.at - served.entry.loaded_at
        old = served.entry.value.text(0)
        new = current.value.text(0) if current is not None else ""
        # It must come before the read that was answered with the old value.
        proof = current.proof if current is not None else b""
        self._traffic.changed(math.nextafter(served.at, -math.inf), served.key, proof)
        self._stale += 1
        self._text_differs += old != new
        self._oldest_s = max(self._oldest_s, age)
        self.examples.append(StaleExample(served.request, age, old, new))


def _differs(served: Entry[FinishedAnswer], current: Entry[FinishedAnswer]) -> bool:
    """Whether payload or text differ; what a different proof alone does not say of mixed parts."""
    if served.proof == current.proof:
        return False
    old, new = served.value, current.value
    return old.payload != new.payload or old.text(0) != new.text(0)


_CHECKING = Settings(optimizations=frozenset())
