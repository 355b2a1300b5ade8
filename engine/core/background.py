"""The engine's background work: warming and checking, within their share of one core."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import process_time

from engine.clock import Clock
from engine.core.staleness import StalenessCheck
from engine.core.starts import TaskStarts
from engine.core.storage_access import StorageAccess
from engine.core.warming import Warmer
from engine.errors import TaskStartError
from engine.optimizations import Optimization
from engine.settings import Settings

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.25
_AFTER_FAILURE_SECONDS = 1.0
_AFTER_DEFECT_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 5.0


class BackgroundWork:
    """Runs as one task of the engine; never while a request is waiting."""

    def __init__(
        self,
        storage: StorageAccess,
        starts: TaskStarts,
        warmer: Warmer,
        staleness: StalenessCheck,
        settings: Callable[[], Settings],
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._starts = starts
        self._warmer = warmer
        self._staleness = staleness
        self._settings = settings
        self._clock = clock
        self._warmed_epoch: int | None = None
        self._planned_at = float("-inf")
        self._warmed_once = False
        self.failure: TaskStartError | None = None
        """Why the last attempt failed, as starts fail now; None while all is well."""
        self.defect = ""
        """What went wrong that nobody foresaw, in words; starts are answered all the same."""

    @property
    def is_preparing(self) -> bool:
        """Whether the first pass is not over yet: not every answer worth preparing is prepared."""
        return self._warms() and not self._warmed_once

    def restart(self) -> None:
        """Look at everything again, as after a change of settings."""
        self._warmed_epoch = None

    async def run(self) -> None:
        """Work for ever, whatever happens."""
        while True:
            try:
                await self._round()
                self.failure, self.defect = None, ""
            except TaskStartError as error:
                # The starts themselves report it to their callers; here it is tried again.
                if self.failure is None or self.failure.reason != error.reason:
                    log.warning("background work: %s", error)
                self.failure = error
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
            except Exception as error:
                if self.defect != (defect := repr(error)):
                    log.exception("background work failed; answers are not prepared ahead")
                self.failure, self.defect = None, defect
                await asyncio.sleep(_AFTER_DEFECT_SECONDS)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def warm_now(self) -> None:
        """Warm everything that is not current, at once and without regard to the CPU budget."""
        if await self._plan_if_moved():
            while await self._warmer.step():
                pass
        self._warmed_once = True

    async def _round(self) -> None:
        if self._warms():
            if await self._within_budget(self._plan_if_moved):
                while self._warmer.pending:
                    await self._within_budget(self._warmer.step)
            self._warmed_once = True
        while await self._within_budget(self._staleness.check_next):
            pass

    def _warms(self) -> bool:
        settings = self._settings()
        return settings.warming and settings.has(Optimization.PARALLEL_ASSEMBLY)

    async def _plan_if_moved(self) -> bool:
        """Queue the warming when something may have changed since it was last queued.

        Dates and files move without a commit, so everything is looked at again after a while.
        """
        epoch = await self._storage.sentinel.check()
        now = self._clock.monotonic()
        if epoch == self._warmed_epoch and now - self._planned_at < _LOOK_AGAIN_SECONDS:
            return self._warmer.pending
        await self._warmer.plan()
        self._warmed_epoch, self._planned_at = epoch, now
        return True

    async def _within_budget(self, work: Callable[[], Awaitable[bool]]) -> bool:
        await self._starts.idle()
        # CPU, not wall time: a step mostly waits for the connection's thread. Nothing else of
        # weight runs meanwhile, since no start is under way.
        began = process_time()
        worked = await work()
        share = self._settings().warming_cpu_percent / 100.0
        await asyncio.sleep((process_time() - began) * (1.0 / share - 1.0) if worked else 0)
        return worked
