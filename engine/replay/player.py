"""Plays a workload: sends each event at its time, open loop, under the virtual clock.

Open loop means that a start is sent when the workload says so, whether or not earlier ones have
been answered; latencies count from that intended moment. Within one instant the order of the file
holds: starts run concurrently up to the next write, which waits for them, and a start after a
write is intended at the moment at which the write is done. As fast as possible (speed 0) an
instant ends before the next begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.clock import VirtualClock
from engine.errors import TaskStartError, WorkloadError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.pace import Pace, SystemWall, Wall, check_speed
from engine.replay.ports import ChangeSettings, Rest, Staleness, TaskStarter, Writer
from engine.replay.progress import Progress
from engine.replay.schedule import Schedule, Step, make_schedule
from engine.replay.tally import StartKind, Tally
from engine.replay.workload import Workload
from engine.service.messages import PlaybackView, PlayState

MOST_IN_FLIGHT = 1_000
"""More starts at once are not sent: an engine that never answers must not fill the memory."""
LONGEST_REST_S = 1.0
"""Most that background work is given between two instants, as fast as possible."""


class _StoppedError(Exception):
    """The replay was told to stop."""


class Player:
    """One playing of one workload. `run` may be called once; the rest at any moment."""

    def __init__(
        self,
        engine: TaskStarter,
        writer: Writer,
        workload: Workload,
        clock: VirtualClock,
        *,
        change_settings: ChangeSettings,
        speed: float = 1.0,
        idle_gap_s: float | None = None,
        rest: Rest | None = None,
        staleness: Staleness | None = None,
        on_event: Callable[[WorkloadEvent], None] | None = None,
        wall: Wall | None = None,
    ) -> None:
        """`speed` is virtual seconds per wall second, 0 as fast as possible.

        `idle_gap_s` overrides the workload's own. `rest` gives background work the workload's
        idle time when playing as fast as possible. `staleness` is asked to check what has gone
        out before each write. `on_event` is told of each event as it begins.

        Raises:
            ValueError: `speed` is no speed, see `check_speed`.
        """
        if idle_gap_s is None:
            idle_gap_s = workload.header.idle_gap_s
        self.schedule: Schedule = make_schedule(workload.events, idle_gap_s)
        self.tally = Tally()
        self._engine = engine
        self._writer = writer
        self._workload = workload
        self._clock = clock
        self._change_settings = change_settings
        self._rest = rest
        self._staleness = staleness
        self._on_event = on_event
        self._wall = wall or SystemWall()
        self._wake = asyncio.Event()
        self._stopping = False
        self._in_flight: set[asyncio.Task[None]] = set()
        self._instant: set[asyncio.Task[None]] = set()
        self._ready_ns = 0
        """When the last write of this instant was done; 0 before there was one."""
        self._pace = Pace(self._wall.now_ns(), check_speed(speed))
        self._progress = Progress(workload, self.schedule)

    # ---- told from outside ------------------------------------------------------------------

    @property
    def state(self) -> PlayState:
        """Where the replay stands."""
        return self._progress.state

    def pause(self) -> None:
        """Send nothing more until `resume`; starts under way are answered."""
        if self._progress.state is PlayState.PLAYING:
            self._pace.pause(self._wall.now_ns())
            self._progress.state = PlayState.PAUSED
            self._wake.set()

    def resume(self) -> None:
        """Go on from where it was paused."""
        if self._progress.state is PlayState.PAUSED:
            self._pace.resume(self._wall.now_ns())
            self._progress.state = PlayState.PLAYING
            self._wake.set()

    def set_speed(self, speed: float) -> None:
        """Go on at another speed from here; 0 is as fast as possible.

        Raises:
            ValueError: `speed` is no speed, see `check_speed`.
        """
        self._pace.set_speed(self._wall.now_ns(), check_speed(speed))
        self._wake.set()

    def stop(self) -> None:
        """End the replay now; starts under way are given up and not counted."""
        self._stopping = True
        self._wake.set()
        for task in self._in_flight:
            task.cancel()

    @property
    def played_s(self) -> float:
        """Wall seconds played, pauses not counted."""
        return self._progress.played_s(self._pace, self._wall.now_ns())

    def view(self) -> PlaybackView:
        """Where the replay stands, for the screen."""
        return self._progress.view(self._pace, self._wall.now_ns(), self.tally)

    # ---- playing ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Play to the end, or until stopped.

        Raises:
            TaskStartError: the replay could not go on; `view().error` says why.
        """
        self._pace = Pace(self._wall.now_ns(), self._pace.speed)
        self._progress.state = PlayState.PLAYING
        try:
            async with asyncio.TaskGroup() as group:
                await self._play_all(group)
        except asyncio.CancelledError:
            self._progress.state = PlayState.STOPPED
            raise
        except BaseExceptionGroup as failures:
            first = _first(failures)
            self._progress.fail(first)
            raise first from None
        else:
            self._progress.state = PlayState.STOPPED if self._stopping else PlayState.FINISHED
        finally:
            self._progress.ended(self._pace, self._wall.now_ns())

    async def _play_all(self, group: asyncio.TaskGroup) -> None:
        try:
            for index, step in enumerate(self.schedule.steps):
                await self._play(step, group)
                self._progress.done = index + 1
            await self._all(self._in_flight)
            await self._end_segment()
        except _StoppedError:
            return

    async def _play(self, step: Step, group: asyncio.TaskGroup) -> None:
        intended_ns = await self._reach(step)
        if step.events[0].op.is_write and self._staleness is not None:
            # Before the clock moves on, so that ages count to the present instant; and after
            # what was asked at it has been answered, by what was right then.
            await self._all(self._instant)
            await self._staleness.check()
        self._clock.move_to(step.t)
        self._progress.begin(step)
        kinds = [self.tally.begun(event) for event in step.events]
        if self._on_event is not None:
            for event in step.events:
                self._on_event(event)
        if step.is_start:
            await self._send(step, kinds, intended_ns, group)
            return
        # In file order: what was asked before this event, at its very moment, is answered first.
        await self._all(self._instant)
        event = step.events[0]
        if event.op is Op.SETTING:
            await self._set(event)
        elif event.op.is_write:
            await self._write(event)
        self._ready_ns = self._wall.now_ns()

    async def _reach(self, step: Step) -> int:
        """Wait until the step is due; its intended moment."""
        gap_s = step.t - self._clock.monotonic()
        if gap_s > 0:
            self._instant.clear()
            self._ready_ns = 0
        rested = gap_s <= 0
        while True:
            if self._stopping:
                raise _StoppedError
            self._wake.clear()
            if not self._pace.running:
                await self._wake.wait()
            elif self._pace.speed == 0:
                if not rested:
                    await self._all(self._in_flight)
                    await self._rest_until(step.t, gap_s)
                    rested = True
                    continue
                now_ns = self._wall.now_ns()
                self._pace.moved_to(now_ns, step.at_s)
                return now_ns
            else:
                due_ns = max(self._pace.due_ns(step.at_s), self._ready_ns)
                now_ns = self._wall.now_ns()
                if now_ns >= due_ns:
                    self._progress.behind(now_ns - due_ns)
                    return due_ns
                await self._wall.wait(due_ns, self._wake, exact=step.is_start)

    async def _rest_until(self, t: float, gap_s: float) -> None:
        """Give background work the gap before `t`: at its beginning, where changes are met, and
        what is left at its end, where dates and deadlines within it have passed."""
        if self._rest is None:
            return
        if self._staleness is not None:
            # Before the clock moves on, so that dates are those of the present instant.
            await self._staleness.check()
        left_s = min(gap_s, LONGEST_REST_S)
        began_ns = self._wall.now_ns()
        await self._rest(left_s)
        left_s -= (self._wall.now_ns() - began_ns) / 1e9
        if left_s > 0:
            self._clock.move_to(t - left_s)
            await self._rest(left_s)

    async def _send(
        self, step: Step, kinds: list[StartKind], intended_ns: int, group: asyncio.TaskGroup
    ) -> None:
        for event, kind in zip(step.events, kinds, strict=True):
            if len(self._in_flight) >= MOST_IN_FLIGHT:
                await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping:
                raise _StoppedError
            task = group.create_task(self._start(event, kind, intended_ns))
            self._in_flight.add(task)
            self._instant.add(task)
            task.add_done_callback(self._in_flight.discard)
        # One turn of the loop, so that they begin before the clock moves on.
        await asyncio.sleep(0)

    async def _start(self, event: WorkloadEvent, kind: StartKind, intended_ns: int) -> None:
        assert event.task_id is not None, "checked when the workload was read"
        segment = self.tally.segment
        try:
            answer = await self._engine.task_start(
                event.task_id, event.agent_role, intended_ns=intended_ns, source="replay"
            )
        except TaskStartError as error:
            self.tally.failed(error, kind, segment)
        else:
            self.tally.answered(answer.trace, kind, segment)

    async def _write(self, event: WorkloadEvent) -> None:
        try:
            met = await self._writer.apply(event)
        except WorkloadError as error:
            self.tally.refused(f"{self._workload.where(event)}: {error}")
        else:
            self.tally.written(met=met)

    async def _end_segment(self) -> None:
        if self._staleness is not None:
            await self._staleness.check()
            self.tally.end_segment(self._staleness.view())

    async def _set(self, event: WorkloadEvent) -> None:
        await self._end_segment()
        try:
            await self._change_settings(event.changes or {}, event.label or "", event.clear_caches)
        except TaskStartError as error:
            raise WorkloadError(
                f"{self._workload.where(event)}: {error.reason}", error.remedy
            ) from error
        stale = self._staleness.view() if self._staleness is not None else None
        self.tally.new_segment(event.label or "", stale)

    async def _all(self, tasks: set[asyncio.Task[None]]) -> None:
        waiting = {task for task in tasks if not task.done()}
        if waiting:
            await asyncio.wait(waiting)
        if self._stopping:
            raise _StoppedError


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    return group
