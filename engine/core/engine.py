"""The engine: it opens a project and answers TaskStarts."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import msgspec

from engine.cache.disk import DiskStore
from engine.clock import Clock, SystemClock
from engine.core.answer import Answer
from engine.core.background import BackgroundWork
from engine.core.builder import AnswerBuilder
from engine.core.caches import NEEDS, Caches
from engine.core.disk import open_disk
from engine.core.gate import FreshnessGate
from engine.core.lean import release_garbage_collection, tune_garbage_collection
from engine.core.precompile import compile_sops
from engine.core.project import ProjectInfo, read_project_info, resolve_root
from engine.core.request import OwnRoles, Request
from engine.core.staleness import StaleExample, StalenessCheck
from engine.core.starts import WHAT_HOLDS_THE_DATABASE, TaskStarts
from engine.core.storage_access import RowSource, StorageAccess
from engine.core.traffic import TrafficLog
from engine.core.views import cache_views, pool_view, statement_views
from engine.core.warm import StartedAtOnce
from engine.core.warming import Warmer
from engine.errors import DatabaseError, TimeoutExceededError
from engine.monitoring.monitor import Monitor
from engine.optimizations import NO_OPTIMIZATIONS, Optimization
from engine.service.messages import CacheView, EngineState, PoolView, StaleView, StatementView
from engine.settings import Freshness, Settings
from engine.storage.statements import StatementName
from engine.storage.survey import read_own_roles
from engine.trace import Level, Namespace

T = TypeVar("T")

log = logging.getLogger(__name__)

_SAMPLE = "SELECT id FROM tasks ORDER BY status = 'done', id LIMIT ?"


class Engine:
    """Answers TaskStarts of one project; opened by `Engine.open`.

    All methods belong to the event loop that opened it.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        clock: Clock,
        storage: StorageAccess,
        disk: DiskStore | None,
    ) -> None:
        """For `open` only."""
        self._root = root
        self._storage = storage
        self._settings = settings
        self._plans: dict[StatementName, str] = {}
        self.clock = clock
        self._caches = Caches(settings, clock.monotonic, disk)
        self._gate = FreshnessGate(storage.sentinel, settings, clock)
        self._own_roles = OwnRoles()
        self.traffic = TrafficLog()
        """What was asked of the caches lately, for forecasts."""
        bare = msgspec.structs.replace(settings, optimizations=NO_OPTIMIZATIONS)
        checking = self._make_builder(bare, storage.quiet(), OwnRoles())
        self._staleness = StalenessCheck(checking, clock, self.traffic.answers)
        self._monitor = Monitor(
            perf_counter,
            wall=clock.wall,
            settings=settings,
            in_flight=lambda: self._starts.in_flight,
        )
        self._starts = TaskStarts(
            clock,
            self._caches,
            self._gate,
            self._make_builder(settings, storage, self._own_roles),
            self._monitor,
            self._staleness,
            self.traffic,
            self._own_roles,
            settings,
        )
        self._warmer = Warmer(
            storage, self._starts, self._own_roles, clock, _warm_capacity(settings)
        )
        self._starts.on_built = self._warmer.used
        self._starts.survey = self._warmer.survey
        self._background = BackgroundWork(
            storage, self._starts, self._warmer, self._staleness, lambda: self._settings, clock
        )
        self._changing = asyncio.Lock()
        self._project: ProjectInfo | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        project_root: Path | str,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        background: bool = True,
        disk: Path | None = None,
    ) -> AsyncIterator[Engine]:
        """Open the project at `project_root`; everything is closed when the context ends.

        Args:
            settings: what to start with; the published defaults if None.
            clock: the time for TTLs and ages; the system's if None.
            background: warm and check answers in the background. Without it, `warm_now` and
                `check_now` do that work when they are called.
            disk: the folder where answers are kept across restarts (L3); None keeps none. Never
                for a copy of a project, whose answers nobody will ask for again.

        Raises:
            ProjectError: the folder is not a project.
            DatabaseError: its database is missing, old, locked, damaged or unreadable.
            SettingError: the cost profile does not exist or is malformed.
        """
        root = await asyncio.to_thread(resolve_root, project_root)
        settings = settings or Settings()
        storage = StorageAccess(root, settings)
        await storage.open()
        store: DiskStore | None = None
        try:
            if disk is not None:
                store = await open_disk(disk, storage)
            engine = cls(root, settings, clock or SystemClock(), storage, store)
            worker: asyncio.Task[None] | None = None
            try:
                await engine._begin()
                if background:
                    worker = asyncio.create_task(engine._background.run())
                yield engine
            finally:
                release_garbage_collection(engine)
                if worker is not None:
                    worker.cancel()
                    await asyncio.wait([worker])
                await engine._starts.close()
        finally:
            if store is not None:
                await store.close()
            await storage.close()

    async def _begin(self) -> None:
        self._project = await self._storage.run(
            lambda connection: read_project_info(connection, self._root)
        )
        self._plans = await self._storage.plans()
        for task_id, role in await self._storage.run(read_own_roles):
            self._own_roles.note(task_id, role)
        await self._prepare(self._settings)

    async def _prepare(self, settings: Settings) -> None:
        """Work that belongs before the first start under `settings`."""
        tune_garbage_collection(self, lean=settings.has(Optimization.LEAN_MEMORY))
        if settings.has(Optimization.SOP_PRECOMPILATION):
            await compile_sops(self._root, self._storage, self._caches, self.clock, settings)

    # ---- TaskStarts -------------------------------------------------------------------------

    async def task_start(
        self,
        task_id: object,
        agent_role: object = None,
        *,
        intended_ns: int | None = None,
        source: str = "api",
    ) -> Answer:
        """The context of one task.

        Args:
            task_id: 45, 45.0 and "45" mean task 45.
            agent_role: overrides the task's own assignment; None or "" leaves it.
            intended_ns: `time.perf_counter_ns` at which the start should have begun; its time is
                measured from there.
            source: who asks, for the monitor (api, replay, console, hook).

        Raises:
            RequestError: the id or the role is of a wrong type.
            NotFoundError: the task, its work item or its project does not exist.
            InactiveAgentError: the agent is inactive.
            DatabaseError: the database cannot be read now.
            TimeoutExceededError: it took longer than `start_timeout_seconds`.
        """
        return await self._starts.start(task_id, agent_role, intended_ns=intended_ns, source=source)

    def task_start_at_once(
        self, task_id: object, agent_role: object = None, *, source: str = "api"
    ) -> StartedAtOnce | None:
        """The context of one task, if it is finished and proven current without awaiting anything.

        For callers who send the answer first and have it counted afterwards. None says nothing of
        the request, and the monitor has not heard of it: ask `task_start`, whose arguments these
        are.
        """
        return self._starts.start_at_once(task_id, agent_role, source=source)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a read-only connection of the project, off the event loop.

        Raises:
            DatabaseError: the database cannot be read now.
            TimeoutExceededError: it took longer than `start_timeout_seconds`.
        """
        longest = self._settings.start_timeout_seconds
        try:
            async with asyncio.timeout(longest):
                return await self._storage.run(work)
        except TimeoutError:
            raise TimeoutExceededError(
                f"the database could not be read within {longest:g} s", WHAT_HOLDS_THE_DATABASE
            ) from None

    async def sample_tasks(self, count: int) -> list[int]:
        """Ids of up to `count` tasks, open ones first."""
        return await self._storage.run(
            lambda connection: [row[0] for row in connection.execute(_SAMPLE, (count,)).fetchall()]
        )

    def watched_files(self, task_id: int, agent_role: str | None = None) -> list[str]:
        """The files, the database aside, that a held answer is checked against at every start.

        Empty where no answer is held. Among them are paths at which nothing was found.
        """
        held = self._caches.answers.peek(self._own_roles.key_of(Request(task_id, agent_role)))
        return [path for path, _ in held.files] if held is not None else []

    # ---- settings ---------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    async def apply(self, settings: Settings, label: str = "settings changed") -> None:
        """Put other settings in force at once; `label` names the change on the time axis.

        Raises:
            SettingError: the cost profile does not exist or is malformed; nothing has changed.
            DatabaseError: new connections cannot be opened; nothing has changed.
        """
        self._starts.require_open()
        async with self._changing:
            before = self._settings
            await self._storage.apply(settings)
            self._settings = settings
            self._gate.configure(settings)
            self._caches.configure(settings)
            builder = self._make_builder(settings, self._storage, self._own_roles)
            self._starts.configure(settings, builder)
            self._warmer.capacity = _warm_capacity(settings)
            self._background.restart()
            if settings.freshness is not before.freshness:
                self._staleness.reset()
            self._monitor.configure(settings)
            self._monitor.mark(label)
            self.traffic.settings_changed()
            changed = settings.optimizations ^ before.optimizations
            if changed & {Optimization.SOP_PRECOMPILATION, Optimization.LEAN_MEMORY}:
                try:
                    await self._prepare(settings)
                except DatabaseError as error:
                    # The settings are in force: starts compile what they need.
                    log.warning("SOPs are not compiled ahead: %s", error)
            await self._storage.close_retired()

    def clear_caches(self) -> None:
        """Forget every cached value; what is being loaded now is not stored."""
        self._starts.fence()
        self._caches.clear()
        self._background.restart()

    # ---- background work --------------------------------------------------------------------

    async def warm_now(self) -> None:
        """Prepare every answer that is not current, at once.

        Raises:
            DatabaseError: the database cannot be read now.
        """
        self._starts.require_open()
        await self._background.warm_now()

    async def check_now(self) -> None:
        """Check the answers that went out unchecked and wait for their check."""
        self._starts.require_open()
        await self._staleness.check_all()

    @property
    def warming(self) -> tuple[int, int]:
        """How many answers of the current pass are prepared, and of how many."""
        return self._warmer.done, self._warmer.total

    @property
    def state(self) -> EngineState:
        """Whether the engine is still preparing answers, cannot read its database, or is ready."""
        if self._background.failure is not None:
            return EngineState.FAILED
        return EngineState.WARMING if self._background.is_preparing else EngineState.READY

    @property
    def trouble(self) -> str:
        """What keeps the engine from its work, for a person; empty while all is well."""
        if self._background.failure is not None:
            return str(self._background.failure)
        if self._background.defect:
            return f"answers are not prepared ahead: {self._background.defect}"
        return ""

    # ---- what screens see -------------------------------------------------------------------

    @property
    def project(self) -> ProjectInfo:
        """The project."""
        assert self._project is not None, "open sets it"
        return self._project

    @property
    def monitor(self) -> Monitor:
        """Everything measured of the starts."""
        return self._monitor

    def cache_views(self) -> list[CacheView]:
        """The caches, without the counts of the monitor's window."""
        return cache_views(self._caches, self._settings)

    def level_limits(
        self, namespace: Namespace, settings: Settings
    ) -> list[tuple[Level, int, float]]:
        """The levels that a cache would have here under `settings`, with entries and seconds."""
        return self._caches.level_limits(namespace, settings)

    def pool_view(self) -> PoolView:
        """The database connections."""
        return pool_view(self._storage.pool_status())

    def statement_views(self) -> list[StatementView]:
        """The SQL statements."""
        return statement_views(self._storage.statistics.summaries(), self._plans)

    def stale_view(self) -> StaleView | None:
        """What checking found; None in strict mode, where no answer goes out unchecked."""
        if self._settings.freshness is Freshness.STRICT:
            return None
        return self._staleness.view()

    def stale_examples(self) -> list[StaleExample]:
        """The last stale answers, beside the right ones."""
        return list(self._staleness.examples)

    def _make_builder(
        self, settings: Settings, storage: RowSource, own_roles: OwnRoles
    ) -> AnswerBuilder:
        return AnswerBuilder(
            self._root,
            self.clock,
            storage,
            self._caches,
            self._gate,
            settings,
            self.traffic,
            own_roles,
        )


def _warm_capacity(settings: Settings) -> int:
    level = Level.L2 if settings.has(Optimization.TIERED_CACHE) else Level.L1
    limit = settings.caches[Namespace.ANSWERS].max_entries
    if not settings.has(NEEDS[Namespace.ANSWERS]):
        return 0
    return min(limit, settings.levels[level].max_entries)
