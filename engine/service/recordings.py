"""Everything that is recorded of live traffic: the ring, a person's recording, alerts' scenarios."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.clock import Clock
from engine.costs.profile import NATIVE
from engine.errors import DatabaseError
from engine.replay.live_traffic import LiveChange, LiveEntry, LiveRing, LiveStart
from engine.replay.project_watch import Noticed, ProjectWatch
from engine.replay.recorder import Recorder, recordings_folder
from engine.replay.run_file import RunHeader
from engine.replay.tapped import told
from engine.replay.workload import WorkloadHeader
from engine.service.alert_scenarios import AlertScenarios, tell_alerts
from engine.service.messages import AlertView, Event
from engine.service.ports import AnswerLike, EngineLike, ReplayLike
from engine.settings import Settings
from engine.settings.words import changed_paths, flatten
from engine.trace import Trace

log = logging.getLogger(__name__)

LONGEST_LOOK_S = 0.5
"""What is written waits no longer for what other processes have committed."""
_MARGIN_S = 5.0
"""An alert is looked at and its file opened a moment after it began."""


class Recordings:
    """Of the live engine."""

    def __init__(
        self,
        engine: EngineLike,
        *,
        tasks: asyncio.TaskGroup,
        announce: Callable[[Event], None],
        watch: ProjectWatch | None = None,
        folder: Callable[[], Path] = recordings_folder,
    ) -> None:
        """`watch` tells what other processes write; None: their writes are not recorded."""
        self._engine = engine
        self._clock: Clock = engine.clock
        self._announce = announce
        self._ring = LiveRing()
        self._settings = engine.settings
        self._watch = watch
        self._looking: asyncio.Future[Noticed] | None = None
        self._settling = asyncio.Lock()
        self._unreadable = ""
        self._doubted_at: float | None = None
        self._texts = False
        self._active: set[int] = set()
        self._of_live: Recorder | None = None
        self.of_replay: Recorder | None = None
        """The recording of the replay on display; None when none is on."""
        self._replay: ReplayLike | None = None
        self._alerts = AlertScenarios(
            self._ring, self._make_recorder, tasks=tasks, announce=announce, folder=folder
        )

    @property
    def recorder(self) -> Recorder | None:
        """The recording that a person has begun; None when none is on."""
        return self._of_live or self.of_replay

    def follow(self, engine: EngineLike) -> None:
        """The live engine is `engine` from now on; what is recorded goes on."""
        if engine is not self._engine:
            self._engine = engine
            self._active.clear()
            self._alerts.forget()

    def marked(self, alerts: list[AlertView]) -> list[AlertView]:
        """`alerts` with the names of the scenarios that hold them."""
        saved = self._alerts.saved
        return [
            msgspec.structs.replace(alert, saved=saved[alert.id]) if alert.id in saved else alert
            for alert in alerts
        ]

    # ---- live starts ------------------------------------------------------------------------

    async def start_task(self, task_id: int, agent_role: str | None, source: str) -> AnswerLike:
        """One TaskStart on the live engine, kept.

        Raises:
            TaskStartError: why there is no answer.
        """
        start = LiveStart(self._clock.monotonic(), task_id, agent_role, source)
        answering = self._engine.task_start(task_id, agent_role, source=source)
        return await told(start, answering, self)

    def began(self, task_id: int, agent_role: str | None, source: str) -> LiveStart:
        """A start has arrived."""
        start = LiveStart(self._clock.monotonic(), task_id, agent_role, source)
        self.add(start)
        return start

    def answered(self, start: LiveStart, trace: Trace) -> None:
        """It has been answered."""
        start.answered(trace)
        self.measured(start)

    def add(self, entry: LiveEntry) -> None:
        """Keep what has happened in live traffic."""
        self._ring.add(entry)
        if self._of_live is not None:
            self._of_live.add(entry)
        if (saving := self._alerts.recorder) is not None:
            saving.add(entry)

    def measured(self, start: LiveStart) -> None:
        """Keep what came of a start."""
        if start.met_change and self._doubted_at is None:
            self._doubted_at = start.at
        if self._of_live is not None:
            self._of_live.measured(start)
        if (saving := self._alerts.recorder) is not None:
            saving.measured(start)

    # ---- a person's recording -----------------------------------------------------------------

    async def start(self, path: Path, *, texts: bool = False) -> None:
        """Record live starts from now on; `texts` also records what other processes write.

        Raises:
            WorkloadError: the file cannot be written, or is no recording.
        """
        # What has been committed or changed before is no part of it.
        await self.settle()
        self._follow_settings(self._clock.monotonic(), self._engine.settings)
        recorder = self._make_recorder(path, WorkloadHeader(), None)
        await recorder.__aenter__()
        self._of_live, self._texts = recorder, texts

    async def start_of_replay(self, path: Path, replay: ReplayLike) -> None:
        """Record what a replay plays from now on, and what it has written before.

        Raises:
            WorkloadError: the file cannot be written, or is no recording.
        """
        engine, workload = replay.engine, replay.workload
        recorder = Recorder(
            path,
            clock=engine.clock,
            header=WorkloadHeader(
                line=f"yours: recorded from {workload.name}",
                modeled=engine.settings.profile != NATIVE.name,
                project=workload.header.project,
            ),
            run_header=RunHeader(project=engine.project.name, settings=flatten(engine.settings)),
        )
        await recorder.__aenter__()
        now = engine.clock.monotonic()
        for event in workload.events:
            if event.op.is_write and event.t < now:
                recorder.add(LiveChange(now, event))
        self.of_replay, self._replay = recorder, replay

    async def stop(self) -> str:
        """End the recording that is on; what was recorded, in words."""
        recorder = self.recorder
        assert recorder is not None, "the caller has looked"
        self._of_live = self.of_replay = self._replay = None
        await recorder.__aexit__(None, None, None)
        lost = f", {recorder.lost} lost" if recorder.lost else ""
        starts = "start" if recorder.recorded == 1 else "starts"
        return f"{recorder.recorded} {starts} recorded in {recorder.path}{lost}"

    def _make_recorder(
        self, path: Path, header: WorkloadHeader, began_at: float | None
    ) -> Recorder:
        settings = self._engine.settings
        return Recorder(
            path,
            clock=self._clock,
            began_at=began_at,
            header=header,
            settle=self.settle,
            run_header=RunHeader(project=self._engine.project.name, settings=flatten(settings)),
        )

    # ---- what other processes write -----------------------------------------------------------

    async def settle(self) -> None:
        """Note what other processes have written; waits for `LONGEST_LOOK_S` at most."""
        if self._watch is None:
            return
        async with self._settling:
            if self._looking is None:
                self._looking = asyncio.ensure_future(asyncio.to_thread(self._watch.look))
            await asyncio.wait([self._looking], timeout=LONGEST_LOOK_S)
            if not self._looking.done():
                return  # the database, or its disk, does not answer: a later look tells
            looking, self._looking = self._looking, None
            doubted_at, self._doubted_at = self._doubted_at, None
            try:
                noticed = looking.result()
            except DatabaseError as error:
                self._doubted_at = doubted_at
                if error.reason != self._unreadable:
                    self._unreadable = error.reason
                    log.info("commits are not noticed: %s", error)
                return
            except Exception:
                # Recordings do without, and above all go on being written.
                log.exception("commits cannot be noticed")
                return
            finally:
                # A failure refers to this frame, which must not keep the failure in its turn.
                del looking
            self._unreadable = ""
        # A start that met the change had come after it.
        self._keep(noticed, self._clock.monotonic() if doubted_at is None else doubted_at)

    def _keep(self, noticed: Noticed, at: float) -> None:
        without_texts = [LiveChange(at, event, first=True) for event in noticed.without_texts]
        for change in without_texts:
            self._ring.add(change)
            if (saving := self._alerts.recorder) is not None:
                saving.add(change)
        if self._of_live is not None:
            with_texts = [LiveChange(at, event, first=True) for event in noticed.with_texts]
            for change in with_texts if self._texts else without_texts:
                self._of_live.add(change)

    # ---- once a second ------------------------------------------------------------------------

    async def tick(self, replay: ReplayLike | None) -> None:
        """Follow settings and alerts; a recording that ended by itself is said once.

        `replay` is the one on display.
        """
        await self.settle()
        now = self._clock.monotonic()
        self._follow_settings(now, self._engine.settings)
        if self.recorder is not None and self.recorder.error:
            # A full disk, say.
            error = self.recorder.error
            text = f"{error}; {await self.stop()}"
            self._announce(Event(title="recording ended", text=text, severity="error"))
        if self.of_replay is not None and replay is not self._replay:
            self._announce(Event(title="recording ended", text=await self.stop()))
        seconds = self._settings.preroll_seconds if self._settings.preroll else 0.0
        self._ring.seconds = self._settings.preroll_seconds + _MARGIN_S
        alerts = self._engine.monitor.alerts()
        if self._of_live is not None:
            tell_alerts(self._of_live, now, self._active, alerts)
        self._active = {alert.id for alert in alerts if alert.active}
        self._alerts.look(alerts, seconds, now, self._clock.wall())

    def _follow_settings(self, now: float, settings: Settings) -> None:
        if settings is self._settings:
            return
        values = flatten(settings)
        changes: dict[str, Any] = {
            path: values[path] for path in changed_paths(self._settings, settings)
        }
        self._settings = settings
        for recorder in (self._of_live, self._alerts.recorder):
            if recorder is not None:
                recorder.set(now, changes)

    async def aclose(self) -> None:
        """End everything that is being written."""
        await self._alerts.aclose()
        if self.recorder is not None:
            await self.stop()
        if self._watch is not None:
            async with self._settling:
                if self._looking is not None:
                    await asyncio.wait([self._looking])
                await asyncio.to_thread(self._watch.close)
                self._watch = None
