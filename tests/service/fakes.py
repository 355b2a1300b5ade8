"""An engine and a replay without a database; the monitor is the real one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from engine.clock import VirtualClock
from engine.core.staleness import StaleExample
from engine.core.traffic import TrafficLog
from engine.errors import NotFoundError, TaskStartError
from engine.monitoring.monitor import Monitor
from engine.replay.tapped import Tap
from engine.replay.workload import Workload
from engine.service.host import Doors
from engine.service.live import LiveEngine
from engine.service.messages import (
    CacheView,
    EngineState,
    PlaybackView,
    PlayState,
    PoolView,
    ScenarioView,
    StaleView,
    StatementView,
)
from engine.service.playback import OpenReplay
from engine.service.ports import ChangeSettings, ReplayLike
from engine.settings import Freshness, Settings
from engine.trace import Level, Namespace, Phase, Trace


@dataclass
class FakeProject:
    root: Path
    name: str = "fake"
    tasks: int = 3
    agents: int = 2
    journal_mode: str = "wal"
    demo: bool = False


@dataclass
class FakeAnswer:
    text: str
    trace: Trace
    payload: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class FakeResources:
    def rss_bytes(self) -> int:
        return 50_000_000

    def cpu_seconds(self) -> float:
        return 0.0


class FakeEngine:
    """Answers tasks 1 to 3; remembers the labels of what was applied."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.settings = settings
        self.project = FakeProject(root)
        self.state = EngineState.READY
        self.trouble = ""
        self.warming = (3, 3)
        self.clock = VirtualClock()
        self.labels: list[str] = []
        self.cleared = 0
        self.traffic = TrafficLog()
        self.examples: list[StaleExample] = []
        self.refuse: TaskStartError | None = None
        self.monitor = Monitor(self.clock.monotonic, wall=self.clock.wall, settings=settings)

    async def task_start(
        self, task_id: int, agent_role: str | None = None, *, source: str = "api"
    ) -> FakeAnswer:
        trace = Trace(
            task_id,
            agent_role,
            total_ns=2_000_000 if self.settings.optimizations else 20_000_000,
            phases=(0, 0, 2_000_000, *(0,) * (len(Phase) - 3)),
            profile=self.settings.profile,
            optimizations=self.settings.optimizations,
        )
        failure = None if task_id in (1, 2, 3) else NotFoundError(f"Task {task_id} not found")
        trace.error = None if failure is None else failure.reason
        answer = FakeAnswer(f"context of {task_id}", trace)
        self.monitor.record(
            trace,
            at_s=self.clock.monotonic(),
            source=source,
            answer=answer if not failure else None,
        )
        if failure is not None:
            raise failure
        return answer

    async def apply(self, settings: Settings, label: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        # A turn of the loop, as the real one takes: steps of two viewers must not mix.
        await asyncio.sleep(0)
        self.settings = settings
        self.labels.append(label)
        self.monitor.configure(settings)
        self.monitor.mark(label)

    def clear_caches(self) -> None:
        self.cleared += 1

    def cache_views(self) -> list[CacheView]:
        return [CacheView(name="answers", title="answers", on=True)]

    def pool_view(self) -> PoolView:
        return PoolView(on=True, size=4)

    def statement_views(self) -> list[StatementView]:
        return []

    def stale_view(self) -> StaleView | None:
        return None if self.settings.freshness is Freshness.STRICT else StaleView()

    def stale_examples(self) -> list[StaleExample]:
        return self.examples

    def level_limits(
        self, namespace: Namespace, settings: Settings
    ) -> list[tuple[Level, int, float]]:
        limits = settings.caches[namespace]
        return [(Level.L1, limits.max_entries, limits.ttl_seconds)]

    async def sample_tasks(self, count: int) -> list[int]:
        return [1, 2, 3, 99][:count]


class FakePlayer:
    """Plays until told to end."""

    def __init__(self, name: str, speed: float, then: str = "") -> None:
        self.state = PlayState.PLAYING
        self.name = name
        self.speed = speed
        self.then = then
        self.error: TaskStartError | None = None
        self._ended = asyncio.Event()

    def view(self) -> PlaybackView:
        return PlaybackView(
            name=self.name,
            state=self.state,
            speed=self.speed,
            position_s=0,
            duration_s=1,
            virtual_s=0,
            virtual_duration_s=1,
            result="p50 1 ms" if self.state is PlayState.FINISHED else "",
            then=self.then,
        )

    async def run(self) -> None:
        await self._ended.wait()
        if self.error is not None:
            self.state = PlayState.FAILED
            raise self.error

    def finish(self, error: TaskStartError | None = None) -> None:
        self.state = PlayState.FINISHED
        self.error = error
        self._ended.set()

    def pause(self) -> None:
        self.state = PlayState.PAUSED

    def resume(self) -> None:
        self.state = PlayState.PLAYING

    def set_speed(self, speed: float) -> None:
        if speed < 0:
            raise ValueError("no speed")
        self.speed = speed

    def stop(self) -> None:
        self.state = PlayState.STOPPED
        self._ended.set()


@dataclass
class FakeReplay:
    engine: FakeEngine
    player: FakePlayer
    change_settings: ChangeSettings
    project: Path
    workload: Workload = field(default_factory=lambda: Workload([]))

    def report(self) -> dict[str, object]:
        return {"starts": 3}


class FakeReplays:
    """Opens replays of any name but `missing`; keeps what it opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened: list[FakeReplay] = []
        self.closed: list[str] = []
        self.preparing: asyncio.Event | None = None
        """When set, a replay is not ready before it is."""
        self.then: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def open(
        self,
        name: str,
        settings: Settings,
        *,
        speed: float,
        change_settings: ChangeSettings,
        tap: Tap,
    ) -> AsyncIterator[ReplayLike]:
        if name == "missing":
            raise NotFoundError("no scenario called 'missing'", "look again")
        if self.preparing is not None:
            await self.preparing.wait()
        replay = FakeReplay(
            FakeEngine(self.root, msgspec.structs.replace(settings, profile="plan")),
            FakePlayer(name, speed, self.then.get(name, "")),
            change_settings,
            self.root,
        )
        self.opened.append(replay)
        try:
            yield replay
        finally:
            self.closed.append(name)


class World:
    """Doors on fakes, and the live engine behind them."""

    def __init__(self, root: Path, failure: TaskStartError | None = None) -> None:
        self.root = root
        self.failure = failure
        self.opens = True
        """Set to False for an engine that takes for ever to open."""
        self.replays = FakeReplays(root)
        self.engines: list[FakeEngine] = []
        self.live = LiveEngine(lambda: root, self._open, "folder")

    @contextlib.asynccontextmanager
    async def _open(self, root: Path, settings: Settings) -> AsyncIterator[FakeEngine]:
        if self.failure is not None:
            raise self.failure
        if not self.opens:
            await asyncio.get_running_loop().create_future()
        engine = FakeEngine(root, settings)
        self.engines.append(engine)
        yield engine

    @property
    def engine(self) -> FakeEngine:
        """The live one."""
        return self.engines[0]

    def _replays_of(self, live: LiveEngine) -> OpenReplay:
        assert live is self.live
        return self.replays.open

    def doors(self) -> Doors:
        return Doors(open_replay=self._replays_of, list_scenarios=lambda: [SCENARIO, WORKDAY])


SCENARIO = ScenarioView(
    name="the-plan", line="eight steps", wall_s=80, starts=400, writes=0, modeled=True
)
WORKDAY = ScenarioView(
    name="workday", line="a day", wall_s=60, starts=180, writes=240, modeled=False
)
