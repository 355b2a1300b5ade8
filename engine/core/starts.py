"""TaskStarts: the short way for finished answers, the long way for all others, and their traces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter_ns

from engine.cache.single_flight import SingleFlight
from engine.clock import Clock
from engine.core.answer import Answer, FinishedAnswer
from engine.core.builder import AnswerBuilder, Built
from engine.core.caches import Caches
from engine.core.gate import TRUST, FreshnessGate
from engine.core.reading import Asked, Era, Reading
from engine.core.refreshing import Refresher
from engine.core.request import OwnRoles, Request, parse_request
from engine.core.staleness import StalenessCheck
from engine.core.timing import StartTimer
from engine.core.traffic import TrafficLog
from engine.core.warm import (
    NO_PHASES_AFTER_CACHE,
    Serving,
    StartedAtOnce,
    WarmStarts,
    is_for,
)
from engine.errors import ServiceError, TaskStartError, TimeoutExceededError
from engine.monitoring.monitor import Monitor
from engine.optimizations import Optimization
from engine.settings import Settings
from engine.trace import LookUp, Namespace, Outcome, Phase, Trace

_JOINED = LookUp(Namespace.ANSWERS, Outcome.JOINED)

WHAT_HOLDS_THE_DATABASE = "see what holds the database, or raise start_timeout_seconds"
"""What to do where it took too long."""


class TaskStarts:
    """Answers requests under the settings in force."""

    def __init__(
        self,
        clock: Clock,
        caches: Caches,
        gate: FreshnessGate,
        builder: AnswerBuilder,
        monitor: Monitor,
        staleness: StalenessCheck,
        traffic: TrafficLog,
        own_roles: OwnRoles,
        settings: Settings,
    ) -> None:
        self._clock = clock
        self._caches = caches
        self._gate = gate
        self._monitor = monitor
        self._staleness = staleness
        self.refresher = Refresher(clock, caches, gate)
        self._traffic = traffic
        self._own_roles = own_roles
        self._warm_starts = WarmStarts(
            clock, caches, gate, self.refresher, monitor, staleness, traffic, own_roles
        )
        self._flights: SingleFlight[tuple[Request, int], Built] = SingleFlight()
        self._era = Era()
        self._closed = False
        # Without async access one start runs at a time, as in a synchronous program.
        self._one_at_a_time = asyncio.Lock()
        self.in_flight = 0
        """Starts that have begun and not ended."""
        self._drained: asyncio.Event | None = None
        self.on_built: Callable[[Request], None] = _nobody_asks
        """Called with each request that took the long way."""
        self.survey: Callable[[], Awaitable[int]] | None = None
        """Makes a survey of the database as it is now, and tells its epoch."""
        self.configure(settings, builder)

    def configure(self, settings: Settings, builder: AnswerBuilder) -> None:
        """Put other settings in force; loads under way answer their callers and store nothing."""
        self._settings = settings
        self._builder = builder
        self.fence()

    def fence(self) -> None:
        """What is being loaded now is not stored."""
        self._era.over = True
        self._era = Era()
        self._flights.fence()

    async def close(self) -> None:
        """Cancel the loads under way."""
        self._closed = True
        await self._flights.aclose()

    def require_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            ServiceError: the engine is closed.
        """
        if self._closed:
            raise ServiceError("the engine is closed", "open the project again")

    async def start(
        self,
        task_id: object,
        agent_role: object = None,
        *,
        intended_ns: int | None = None,
        source: str = "api",
    ) -> Answer:
        """One TaskStart; see `Engine.task_start`."""
        began = perf_counter_ns()
        intended = began if intended_ns is None else min(intended_ns, began)
        self.in_flight += 1
        try:
            self.require_open()
            request = parse_request(task_id, agent_role)
            asked = None
            epoch = TRUST
            if self._builder.answers.enabled:
                checked = self._gate.check_at_once()
                epoch = checked if checked is not None else await self._check(request)
                key = self._own_roles.key_of(request)
                if not self.refresher.prove(key, epoch) and self.refresher.is_crowded:
                    epoch = await self._survey(request, epoch)
                    self.refresher.prove(key, epoch)
                found = self._caches.answers.get(key)
                entry = found.entry
                if found.outcome is Outcome.HIT and entry is not None and found.level is not None:
                    if self._gate.is_proven(entry, epoch) and is_for(request, key, entry):
                        serving = Serving(request, key, entry, epoch, self._settings, source)
                        return self._warm_starts.note(
                            serving, found.level, intended, began, perf_counter_ns()
                        )
                    asked = Asked(False, entry, Outcome.CHANGED)
                else:
                    asked = Asked(False, entry, found.outcome)
            timer = StartTimer(intended, began)
            return await self._start_long(request, asked, epoch, timer, source)
        except TaskStartError as error:
            if not isinstance(task_id, int):
                task_id = 0
            self._record_failure(task_id, agent_role, error, began, intended, source)
            raise
        finally:
            self.in_flight -= 1
            if self._drained is not None and not self.in_flight:
                self._drained.set()
                self._drained = None

    def start_at_once(
        self, task_id: object, agent_role: object = None, *, source: str = "api"
    ) -> StartedAtOnce | None:
        """One TaskStart, where a finished answer can be proven current without awaiting anything.

        None says nothing of the request, and nothing of it has been counted: `start` must be asked.
        """
        if self._closed or not self._builder.answers.enabled:
            return None
        return self._warm_starts.at_once(task_id, agent_role, self._settings, source)

    async def _check(self, request: Request) -> int:
        """The epoch where it must be awaited: a start's time passes meanwhile."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.start_timeout_seconds):
                return await self._gate.check()
        except TimeoutError:
            raise _too_late(request, settings) from None

    async def _survey(self, request: Request, epoch: int) -> int:
        """One survey for all that wait; its epoch, or `epoch` where nobody surveys."""
        settings = self._settings
        if self.survey is None or not settings.warming:
            return epoch
        try:
            async with asyncio.timeout(settings.start_timeout_seconds):
                return await self.survey()
        except TimeoutError:
            raise _too_late(request, settings) from None

    async def idle(self) -> None:
        """Wait until no start is under way."""
        while self.in_flight:
            if self._drained is None:
                self._drained = asyncio.Event()
            await self._drained.wait()

    async def _start_long(
        self,
        request: Request,
        asked: Asked[FinishedAnswer] | None,
        epoch: int,
        timer: StartTimer,
        source: str,
    ) -> Answer:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.start_timeout_seconds):
                if settings.has(Optimization.PARALLEL_QUERIES):
                    built, reading = await self._build_for(request, asked, epoch, timer)
                else:
                    timer.enter(Phase.QUEUE)
                    async with self._one_at_a_time:
                        built, reading = await self._build_for(request, asked, epoch, timer)
        except TimeoutError:
            raise _too_late(request, settings) from None
        return self._end_long(request, built, reading, source)

    def _end_long(self, request: Request, built: Built, reading: Reading, source: str) -> Answer:
        """Count an answer that has just been built or proven."""
        settings, timer = reading.settings, reading.timer
        total, phases = timer.finish()
        trace = Trace(
            request.task_id,
            request.agent_role,
            total,
            phases,
            tuple(reading.lookups),
            timer.spans,
            built.warm,
            timer.modeled_ns,
            settings.profile,
            settings.optimizations,
        )
        key = self._own_roles.key_of(request)
        if key is not request:
            self._own_roles.note_named(request)
        self.on_built(key)
        self.refresher.learn(key)
        # Once a start, however often it had to read, and after the change that it found.
        self._traffic.answers.read(reading.loaded_at, key)
        self._traffic.count(reading.lookups)
        if reading.epoch == TRUST and any(one.outcome is Outcome.HIT for one in reading.lookups):
            self._staleness.submit(request, key, built.entry)
        answer = Answer(built.entry.value, trace)
        self._monitor.record(
            trace,
            at_s=perf_counter_ns() / 1e9,
            source=source,
            behind_ns=timer.behind_ns,
            answer=answer,
        )
        return answer

    async def _build_for(
        self,
        request: Request,
        asked: Asked[FinishedAnswer] | None,
        epoch: int,
        timer: StartTimer,
    ) -> tuple[Built, Reading]:
        key = self._own_roles.key_of(request)
        built, reading = await self._build(key, asked, epoch, timer)
        if is_for(request, key, built.entry):
            return built, reading
        # The task has been assigned to another role meanwhile.
        nothing = None if asked is None else Asked[FinishedAnswer](False, None, Outcome.FIRST_TIME)
        return await self._build(request, nothing, reading.epoch, timer)

    async def _build(
        self,
        request: Request,
        asked: Asked[FinishedAnswer] | None,
        epoch: int,
        timer: StartTimer,
    ) -> tuple[Built, Reading]:
        settings, builder = self._settings, self._builder
        timer.enter(Phase.CACHE)
        if asked is None:
            asked = Asked(False, None, Outcome.OFF)
            if self._needs_epoch():
                checked = self._gate.check_at_once()
                epoch = checked if checked is not None else await self._gate.check()
        tag = self._gate.tag if epoch == TRUST else epoch
        reading = Reading(
            request, timer, settings, epoch, tag, self._clock.monotonic(), era=self._era
        )
        if asked.outcome is Outcome.OFF:
            reading.note(Namespace.ANSWERS, Outcome.OFF)
        asked = await builder.answers.deepen(request, asked, reading)
        if asked.served and asked.entry is not None:
            return Built(asked.entry, warm=True), reading

        async def load() -> Built:
            return await builder.build(reading, asked)

        landed = await self._flights.run((request, epoch), load)
        if landed.joined and not self._gate.is_proven(landed.value.entry, epoch):
            # That load may have read a file before this start began. Any load that is under way
            # now began later.
            landed = await self._flights.run((request, epoch), load)
        if landed.joined:
            reading.lookups = [_JOINED]
            timer.attribute_rest(Phase.DATABASE)
        return landed.value, reading

    def _needs_epoch(self) -> bool:
        """Whether any cache is on whose entries must be proven."""
        return bool(self._settings.optimizations & _CACHING)

    async def refresh(self, requests: Sequence[Request]) -> int:
        """Make the answers to these requests current in the background; how many were read.

        Neither traced nor counted. A request that has no answer is left alone.

        Raises:
            DatabaseError: the database cannot be read.
        """
        if not self._builder.answers.enabled:
            return 0
        return await self.refresher.refresh(requests, self._builder, self._settings, self._era)

    def _record_failure(
        self,
        task_id: object,
        agent_role: object,
        error: TaskStartError,
        began: int,
        intended: int,
        source: str,
    ) -> None:
        now = perf_counter_ns()
        trace = Trace(
            task_id if isinstance(task_id, int) else 0,
            agent_role if isinstance(agent_role, str) else None,
            now - intended,
            (began - intended, now - began, *NO_PHASES_AFTER_CACHE),
            profile=self._settings.profile,
            optimizations=self._settings.optimizations,
            error=error.reason,
        )
        self._monitor.record(trace, at_s=now / 1e9, source=source, behind_ns=began - intended)


_CACHING = frozenset(
    {
        Optimization.PARALLEL_QUERIES,
        Optimization.PLUGIN_FACTS_CACHE,
        Optimization.PARALLEL_ASSEMBLY,
        Optimization.AGENT_VALIDATION,
    }
)


def _too_late(request: Request, settings: Settings) -> TimeoutExceededError:
    return TimeoutExceededError(
        f"Task {request.task_id}: no answer within {settings.start_timeout_seconds:g} s",
        WHAT_HOLDS_THE_DATABASE,
    )


def _nobody_asks(request: Request) -> None:
    """Until the warmer listens."""
