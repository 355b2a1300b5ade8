"""Snapshots: everything that the screens show, gathered from the displayed engine.

The engine shares its loop with the TaskStarts that agents wait for, so a snapshot is gathered in
pieces with a turn of the loop between them: no start waits for more than one piece.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, TypedDict

from engine.monitoring.pieces import in_turns
from engine.monitoring.wording import clock_text
from engine.service.messages import (
    CacheView,
    EngineState,
    PhasesView,
    PlaybackView,
    PoolView,
    ProjectView,
    Snapshot,
    StatementView,
    TrafficSource,
    TrafficView,
    TrialView,
    TryView,
    WindowView,
)
from engine.service.ports import EngineLike, MonitorViewsLike, ProjectLike
from engine.service.stage import Stage
from engine.settings import Settings
from engine.settings.words import flatten


class FlatSettings:
    """Every setting by path, made anew only when the settings object is another one."""

    def __init__(self) -> None:
        self._of: Settings | None = None
        self._flat: dict[str, Any] = {}

    def of(self, settings: Settings) -> dict[str, Any]:
        """The values for a snapshot."""
        if settings is not self._of:
            self._flat = flatten(settings)
            self._of = settings
        return self._flat


class _InForce(TypedDict):
    """What a snapshot says of the settings in force, by its own names."""

    profile: str
    modeled: bool
    freshness: str
    bounded_ms: float
    loading: str
    warming: bool
    settings: dict[str, Any]


class SnapshotBuilder:
    """Numbers snapshots and keeps what need not be made anew for each."""

    def __init__(self) -> None:
        self._number = 0
        self._began_s = time.monotonic()
        self._flat = FlatSettings()

    @property
    def uptime_s(self) -> float:
        """Seconds since the service began."""
        return time.monotonic() - self._began_s

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _in_force(self, settings: Settings) -> _InForce:
        return _InForce(
            profile=settings.profile,
            modeled=settings.profile != "native",
            freshness=settings.freshness.value,
            bounded_ms=settings.bounded_ms,
            loading=settings.loading.value,
            warming=settings.warming,
            settings=self._flat.of(settings),
        )

    def without_engine(
        self,
        project: ProjectView,
        settings: Settings,
        *,
        error: str,
        playback: PlaybackView | None,
        viewers: int,
    ) -> Snapshot:
        """What can be said while the engine starts, or after it could not be started."""
        return Snapshot(
            number=self._next(),
            now_s=self.uptime_s,
            clock=clock_text(datetime.now(UTC)),
            uptime_s=self.uptime_s,
            engine=EngineState.FAILED if error else EngineState.STARTING,
            engine_error=error,
            project=project,
            source=TrafficSource.LIVE if playback is None else TrafficSource.REPLAY,
            playback=playback,
            **self._in_force(settings),
            window=WindowView(label="no TaskStart yet", seconds=0.0, starts=0),
            traffic=TrafficView(),
            phases=PhasesView(phases=[], starts=0),
            pool=PoolView(on=False),
            viewers=viewers,
        )

    async def of(
        self,
        stage: Stage,
        *,
        playback: PlaybackView | None,
        clock: datetime,
        project: ProjectView | None,
        recording: tuple[str, int],
        trial: TrialView | None,
        tried: TryView | None = None,
        viewers: int,
    ) -> Snapshot:
        """The displayed engine, now; `project` takes the place of the engine's own (a copy)."""
        engine = stage.engine
        monitored, caches, statements = await _in_pieces(engine)
        warmed, to_warm = engine.warming
        return Snapshot(
            number=self._next(),
            now_s=monitored.now_s,
            clock=clock_text(clock),
            uptime_s=self.uptime_s,
            engine=engine.state,
            warmed=warmed,
            to_warm=to_warm,
            project=project or project_view(engine.project),
            source=TrafficSource.LIVE if playback is None else TrafficSource.REPLAY,
            playback=playback,
            recording=recording[0],
            recorded=recording[1],
            **self._in_force(engine.settings),
            can_undo=stage.history.can_undo,
            can_redo=stage.history.can_redo,
            metrics=monitored.metrics,
            window=monitored.window,
            traffic=monitored.traffic,
            points=monitored.points,
            marks=monitored.marks,
            phases=monitored.phases,
            caches=caches,
            pool=engine.pool_view(),
            statements=statements,
            optimizations=monitored.optimizations,
            alerts=monitored.alerts,
            stale=engine.stale_view(),
            trial=trial,
            tried=tried,
            viewers=viewers,
        )


async def _in_pieces(
    engine: EngineLike,
) -> tuple[MonitorViewsLike, list[CacheView], list[StatementView]]:
    """What takes long to gather."""
    monitored = await in_turns(engine.monitor.views_in_pieces())
    await asyncio.sleep(0)
    caches = [monitored.counted(view) for view in engine.cache_views()]
    await asyncio.sleep(0)
    statements = engine.statement_views()
    await asyncio.sleep(0)
    return monitored, caches, statements


def project_view(project: ProjectLike) -> ProjectView:
    """The project as a message says it."""
    return ProjectView(
        name=project.name,
        root=str(project.root),
        tasks=project.tasks,
        agents=project.agents,
        demo=project.demo,
        journal_mode=project.journal_mode,
    )
