"""Starts that a finished answer serves at once, and what is noted of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter_ns
from typing import NamedTuple

from engine.cache.entry import Entry
from engine.clock import Clock
from engine.core.answer import Answer, FinishedAnswer
from engine.core.caches import Caches
from engine.core.gate import TRUST, FreshnessGate
from engine.core.refreshing import Refresher
from engine.core.request import OwnRoles, Request, parse_request
from engine.core.staleness import StalenessCheck
from engine.core.traffic import TrafficLog
from engine.errors import TaskStartError
from engine.monitoring.monitor import Monitor
from engine.settings import Settings
from engine.trace import Level, LookUp, Namespace, Outcome, Phase, Trace

_HITS = {level: (LookUp(Namespace.ANSWERS, Outcome.HIT, level),) for level in Level}
"""The look-ups of a start that a level answered at once; shared, since all are alike."""
NO_PHASES_AFTER_CACHE = (0,) * (len(Phase) - 2)
"""What follows waiting to start and asking the cache."""


class StartedAtOnce(NamedTuple):
    """A warm answer, and what is left to do once it is on its way."""

    utf8: bytes
    """The answer's text."""
    note: Callable[[], Trace]
    """To be called once, soon: until then nobody who watches knows of this start."""


class Serving(NamedTuple):
    """A held answer that serves a request."""

    request: Request
    key: Request
    entry: Entry[FinishedAnswer]
    epoch: int
    """The database's, which the entry has been proven to belong to."""
    settings: Settings
    source: str


class WarmStarts:
    """Serves held answers that are proven current."""

    def __init__(
        self,
        clock: Clock,
        caches: Caches,
        gate: FreshnessGate,
        refresher: Refresher,
        monitor: Monitor,
        staleness: StalenessCheck,
        traffic: TrafficLog,
        own_roles: OwnRoles,
    ) -> None:
        self._monotonic = clock.monotonic
        self._answers = caches.answers
        self._gate = gate
        self._refresher = refresher
        self._monitor = monitor
        self._staleness = staleness
        self._traffic = traffic.answers
        self._own_roles = own_roles

    def at_once(
        self, task_id: object, agent_role: object, settings: Settings, source: str
    ) -> StartedAtOnce | None:
        """One TaskStart without awaiting anything; None, of which nothing is noted: it takes more.

        Agents wait for every step of this: what can be done after the answer has gone out is.
        """
        began = perf_counter_ns()
        try:
            request = parse_request(task_id, agent_role)
        except TaskStartError:
            return None
        epoch = self._gate.check_at_once()
        if epoch is None:
            return None
        key = self._own_roles.key_of(request)
        entry = self._answers.peek_live(key)
        if entry is None or entry.epoch != epoch:
            self._refresher.prove(key, epoch)
            entry = self._answers.peek_live(key)
        if entry is None or not self._gate.is_proven(entry, epoch):
            return None
        if not is_for(request, key, entry):
            return None
        served = perf_counter_ns()
        text = entry.value.utf8((served - began) // 1_000_000)
        serving = Serving(request, key, entry, epoch, settings, source)
        return StartedAtOnce(text, partial(self._note_at_once, serving, began, served))

    def _note_at_once(self, serving: Serving, began: int, served: int) -> Trace:
        self._answers.served_live(serving.key)
        return self.note(serving, Level.L1, began, began, served).trace

    def note(
        self, serving: Serving, level: Level, intended: int, began: int, served: int
    ) -> Answer:
        """Count what `level` has served, and give it its trace; times are `perf_counter_ns`."""
        request, key, entry, epoch, settings, source = serving
        trace = Trace(
            request.task_id,
            request.agent_role,
            served - intended,
            (began - intended, served - began, *NO_PHASES_AFTER_CACHE),
            _HITS[level],
            (),
            True,
            0,
            settings.profile,
            settings.optimizations,
        )
        answer = Answer(entry.value, trace)
        self._monitor.record(
            trace, at_s=served / 1e9, source=source, behind_ns=began - intended, answer=answer
        )
        if key is not request:
            self._own_roles.note_named(request)
        self._traffic.read(self._monotonic(), key)
        measured = self._traffic.measured
        measured.asked += 1
        measured.answered += 1
        if epoch == TRUST:
            self._staleness.submit(request, key, entry)
        return answer


def is_for(request: Request, key: Request, entry: Entry[FinishedAnswer]) -> bool:
    """Whether the entry of `key` answers `request`, which may name the task's own role."""
    return request.agent_role == key.agent_role or entry.value.role == request.agent_role
