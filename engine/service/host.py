"""What a viewer's commands do: the live engine, the replay on display, settings, recordings.

The live engine and a replay's engine live side by side. Whichever is displayed is what settings
commands change; a replay never changes the engine that serves agents.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.errors import TaskStartError
from engine.monitoring.pieces import in_turns
from engine.service import messages as m
from engine.service.lifetime import BegunBy, Lifetime
from engine.service.live import LiveEngine, OpenEngine
from engine.service.playback import OpenReplay, Playback
from engine.service.ports import AnswerLike
from engine.service.snapshots import SnapshotBuilder
from engine.service.stage import Stage
from engine.service.tasks import task_group
from engine.service.trial import TRIAL_TASKS, run_trial

if TYPE_CHECKING:
    from engine.replay.project_watch import ProjectWatch
    from engine.replay.recorder import Recorder
    from engine.service.recordings import Recordings
    from engine.service.tuning import Tuning

log = logging.getLogger(__name__)

TICK_S = 1.0
REPLAY_KEPT_S = 60.0
"""A replay that nobody watches goes on for so long: whoever left may come back to it."""

ListScenarios = Callable[[], list[m.ScenarioView]]
"""Bundled and own scenarios; blocking, for a thread."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the host uses of the rest of the product; tests put other things in their place."""

    open_replay: Callable[[LiveEngine], OpenReplay]
    list_scenarios: ListScenarios
    open_apart: OpenEngine | None = None
    """Engines to measure with; None: as the live one."""
    watch_project: Callable[[Path], ProjectWatch | None] = lambda root: None
    """Who tells what other processes write to the project at this path."""


class Host:
    """The service's state; `open` makes one and owns its tasks."""

    def __init__(
        self, live: LiveEngine, doors: Doors, tasks: asyncio.TaskGroup, begun_by: BegunBy
    ) -> None:
        self.live = live
        self.ending = asyncio.Event()
        """Set when the engine's process is to end: told to, or used by nobody any more."""
        self.lifetime = Lifetime(self.ending, begun_by)
        self.announce: Callable[[m.Event], None] = _nobody_listens
        """Where events go; the server sets it."""
        self.doors = doors
        self._builder = SnapshotBuilder()
        self.playback = Playback(
            doors.open_replay(live),
            tasks=tasks,
            announce=self._announce,
            settings=lambda: live.stage.engine.settings if live.stage else live.settings,
            tap=lambda: self._recordings.of_replay if self._recordings is not None else None,
        )
        self._tasks = tasks
        self._recordings: Recordings | None = None
        self._tuning: Tuning | None = None
        self._trial: m.TrialView | None = None
        self._measuring = asyncio.Lock()
        self._watched = False

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        live: LiveEngine,
        doors: Doors,
        *,
        begun_by: BegunBy = BegunBy.SERVE,
        tick_s: float = TICK_S,
    ) -> AsyncIterator[Host]:
        """A host whose live engine opens in the background; all ends with the context."""
        async with task_group() as tasks:
            host = cls(live, doors, tasks, begun_by)
            kept = tasks.create_task(live.run(), name="live-engine")
            preparing = tasks.create_task(host._prepare_recordings(), name="recordings")
            ticking = tasks.create_task(host._tick(tick_s), name="ticks")
            try:
                yield host
            finally:
                preparing.cancel()
                if host._tuning is not None:
                    await host._tuning.aclose()
                await host.playback.leave()
                if host._recordings is not None:
                    await host._recordings.aclose()
                ticking.cancel()
                kept.cancel()

    def _announce(self, event: m.Event) -> None:
        self.announce(event)

    # ---- looking ----------------------------------------------------------------------------

    @property
    def displayed(self) -> Stage | None:
        """The replay's engine while one is on display, else the live one; None while starting."""
        if self.playback.view() is not None:
            return self.playback.stage
        return self.live.stage

    @property
    def tuning(self) -> Tuning:
        """Forecasts and tries; made when somebody asks for the first."""
        if self._tuning is None:
            # Most engines serve agents all day and are never tuned.
            from engine.service.tuning import Tuning

            self._tuning = Tuning()
        return self._tuning

    async def snapshot(self, viewers: int) -> m.Snapshot:
        """All that the screens show, now."""
        figures = await self._figures(viewers)
        stage = self.displayed
        return msgspec.structs.replace(
            figures,
            engine_error=figures.engine_error or ("" if stage is None else stage.engine.trouble),
            stays=self.lifetime.stays_without_one(viewers),
            told_to_stay=self.lifetime.told_to_stay,
        )

    async def _figures(self, viewers: int) -> m.Snapshot:
        self._watched = True
        playback = self.playback.view()
        stage = self.displayed
        if stage is None:
            error = self.live.error
            return self._builder.without_engine(
                self.live.project_view(),
                self.live.settings,
                error=str(error) if error is not None and playback is None else "",
                playback=playback,
                viewers=viewers,
            )
        recorder = self.recorder
        snapshot = await self._builder.of(
            stage,
            playback=playback,
            clock=stage.engine.clock.wall(),
            project=self.live.project_view() if playback is not None else None,
            recording=("", 0) if recorder is None else (str(recorder.path), recorder.recorded),
            trial=self._trial,
            tried=self._tuning.tried if self._tuning is not None else None,
            viewers=viewers,
        )
        if playback is not None or self._recordings is None:
            return snapshot
        return msgspec.structs.replace(snapshot, alerts=self._recordings.marked(snapshot.alerts))

    async def _tick(self, tick_s: float) -> None:
        trial: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(tick_s)
                self.lifetime.look()
                if self.lifetime.unwatched_s > REPLAY_KEPT_S and self.playback.view() is not None:
                    await self.playback.leave()
                await self._look()
                if trial is None and self._needs_trial():
                    trial = asyncio.create_task(self._try_out(), name="trial")
        finally:
            if trial is not None:
                trial.cancel()
                await asyncio.wait([trial])

    async def _look(self) -> None:
        """Once a second: let the monitors judge, and tell what has changed on display."""
        displayed = self.displayed
        for stage in {self.live.stage, displayed}:
            if stage is None:
                continue
            try:
                await in_turns(stage.engine.monitor.tick_in_pieces())
                events = stage.engine.monitor.take_events()
            except Exception:
                # Watching must go on, and above all must not end the engine.
                log.exception("the monitor failed")
                continue
            if stage is displayed:
                for event in events:
                    self.announce(event)
        if self.live.stage is not None:
            try:
                await (await self.open_recordings()).tick(self.playback.replay)
            except Exception:
                # What cannot be recorded must not end the engine either.
                log.exception("recording failed")

    # ---- the trial ----------------------------------------------------------------------------

    async def measure(self) -> m.TrialView:
        """Start a few tasks of what is displayed with all off, cold and warm, on engines apart.

        The figures are kept: as the reference for where the time goes, and, of the live engine, for
        an empty screen.

        Raises:
            TaskStartError: the project cannot be read.
        """
        async with self._measuring:
            stage = self.displayed
            engine = await self.live.opened() if stage is None else stage.engine
            root, settings = engine.project.root, engine.settings
            tasks = await engine.sample_tasks(TRIAL_TASKS)
            open_engine = self.doors.open_apart or self.live.open_engine
            trial = await run_trial(lambda settings: open_engine(root, settings), settings, tasks)
        engine.monitor.set_all_off(trial.all_off)
        if self.live.stage is not None and engine is self.live.stage.engine:
            self._trial = trial.view
        return trial.view

    async def _try_out(self) -> None:
        try:
            await self.measure()
        except TaskStartError as error:
            # The screen does without; whoever asks for the measurement is told why.
            log.info("no trial: %s", error)

    def _needs_trial(self) -> bool:
        """Whether an empty screen is being looked at, of an engine that nobody asked anything."""
        live = self.live.stage
        return (
            self._watched
            and self._trial is None
            and self.playback.view() is None
            and live is not None
            and live.engine.state is m.EngineState.READY
            and live.engine.monitor.starts(1).total == 0
        )

    # ---- recording ---------------------------------------------------------------------------

    @property
    def recordings(self) -> Recordings | None:
        """What is recorded of live traffic; None until the live engine has been opened."""
        return self._recordings

    async def open_recordings(self) -> Recordings:
        """`recordings`, of the live engine once it is open.

        Raises:
            TaskStartError: why it could not be opened.
        """
        engine = await self.live.opened()
        if self._recordings is None:
            # Off the way to the first snapshot, and of the first starts.
            module = await asyncio.to_thread(import_module, "engine.service.recordings")
            if self._recordings is None:
                self._recordings = module.Recordings(
                    engine,
                    tasks=self._tasks,
                    announce=self._announce,
                    watch=self.doors.watch_project(engine.project.root),
                )
        self._recordings.follow(engine)
        return self._recordings

    async def _prepare_recordings(self) -> None:
        with contextlib.suppress(TaskStartError):  # the snapshot says it
            await (await self.open_recordings()).settle()

    @property
    def recorder(self) -> Recorder | None:
        """The recording that is on."""
        return self._recordings.recorder if self._recordings is not None else None

    # ---- starting tasks ---------------------------------------------------------------------

    async def start_task(
        self, task_id: int, agent_role: str | None = None, *, source: str
    ) -> AnswerLike:
        """One TaskStart on the live engine, kept for recordings.

        Raises:
            TaskStartError: why there is no answer.
        """
        engine = await self.live.opened()
        if self._recordings is None:
            return await engine.task_start(task_id, agent_role, source=source)
        self._recordings.follow(engine)
        return await self._recordings.start_task(task_id, agent_role, source)


def _nobody_listens(event: m.Event) -> None:
    log.info("%s: %s", event.title, event.text)
