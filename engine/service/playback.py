"""The replay that is displayed: preparing it, playing it, handing over to the next.

A replay has an engine of its own on a scratch copy. It stays on display after its end, so that
its result can be read, until somebody leaves it or plays another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from engine.errors import TaskStartError, WorkloadError
from engine.service.messages import Event, PlaybackView, PlayState, ScenarioView
from engine.service.playback_speed import next_speed
from engine.service.ports import ChangeSettings, ReplayLike
from engine.service.stage import Stage
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.replay.tapped import Tap

log = logging.getLogger(__name__)

HAND_OVER_S = 6.0
"""How long a result stays before the scenario that follows begins."""


class OpenReplay(Protocol):
    """Makes a scratch copy and opens a replay of `name` on it."""

    def __call__(
        self,
        name: str,
        settings: Settings,
        *,
        speed: float,
        change_settings: ChangeSettings,
        tap: Tap,
    ) -> AbstractAsyncContextManager[ReplayLike]: ...


@dataclass(slots=True)
class _Displayed:
    """What is on display."""

    title: str
    speed: float
    task: asyncio.Task[None]
    stage: Stage | None = None
    replay: ReplayLike | None = None
    error: str = ""


class Playback:
    """At most one replay; commands come from viewers, one at a time."""

    def __init__(
        self,
        open_replay: OpenReplay,
        *,
        tasks: asyncio.TaskGroup,
        announce: Callable[[Event], None],
        settings: Callable[[], Settings],
        tap: Tap = lambda: None,
        hand_over_s: float = HAND_OVER_S,
    ) -> None:
        """`settings` tells what a replay begins with; `tasks` owns what runs on its own.

        `tap` tells who takes what is played.
        """
        self._tap = tap
        self._open_replay = open_replay
        self._tasks = tasks
        self._announce = announce
        self._settings = settings
        self.hand_over_s = hand_over_s
        self._displayed: _Displayed | None = None
        self._handing_over: asyncio.Task[None] | None = None
        self._switching = asyncio.Lock()
        self.results: dict[str, str] = {}
        """The last result line of each scenario that was played to its end."""

    @property
    def stage(self) -> Stage | None:
        """The replay's engine; None while none is on display, or it is being prepared."""
        return self._displayed.stage if self._displayed is not None else None

    @property
    def replay(self) -> ReplayLike | None:
        """The replay on display; None while none is, or it is being prepared."""
        return self._displayed.replay if self._displayed is not None else None

    def view(self) -> PlaybackView | None:
        """Where the replay stands; None when none is on display."""
        displayed = self._displayed
        if displayed is None:
            return None
        if displayed.replay is not None:
            return displayed.replay.player.view()
        return PlaybackView(
            name=displayed.title,
            state=PlayState.FAILED if displayed.error else PlayState.PREPARING,
            speed=displayed.speed,
            position_s=0.0,
            duration_s=0.0,
            virtual_s=0.0,
            virtual_duration_s=0.0,
            error=displayed.error,
        )

    def listed(self, scenario: ScenarioView) -> ScenarioView:
        """A line of the list, with what it came to last and the costs it would have if played now."""
        # The database's statements come with it: off the way to the first snapshot.
        from engine.costs.profile import NATIVE

        in_force = scenario.profile or self._settings().profile
        return msgspec.structs.replace(
            scenario,
            modeled=scenario.modeled or in_force != NATIVE.name,
            last_result=self.results.get(scenario.name, ""),
        )

    async def play(self, name: str, speed: float) -> None:
        """Prepare and begin a replay in the place of any other; returns once it plays.

        Raises:
            WorkloadError: there is none of that name, or it is malformed.
            TaskStartError: the scratch copy or its engine cannot be made.
        """
        self._give_up_preparing()
        async with self._switching:
            await self._leave()
            prepared: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            task = self._tasks.create_task(self._run(name, speed, prepared), name="replay")
            self._displayed = _Displayed(_title(name), speed, task)
            try:
                await asyncio.shield(prepared)
            except TaskStartError:
                self._displayed = None
                raise

    def pause_or_resume(self) -> str:
        """Pause, or go on when paused; what was done.

        Raises:
            WorkloadError: nothing plays.
        """
        player = self._playing().player
        if player.view().state is PlayState.PAUSED:
            player.resume()
            return "goes on"
        player.pause()
        return "paused"

    def set_speed(self, speed: float) -> None:
        """Go on at another speed; 0 is as fast as possible.

        Raises:
            WorkloadError: nothing plays, or `speed` is no speed.
        """
        player = self._playing().player
        try:
            player.set_speed(speed)
        except ValueError as error:
            raise WorkloadError(str(error)) from error

    def step_speed(self, direction: int) -> float:
        """Go on twice as fast (`direction` > 0) or half as fast; the speed from now on.

        Raises:
            WorkloadError: nothing plays.
        """
        speed = next_speed(self._playing().player.view().speed, direction)
        self.set_speed(speed)
        return speed

    def report(self) -> dict[str, Any]:
        """The figures of the replay on display.

        Raises:
            WorkloadError: no replay is on display, or it is not ready.
        """
        replay = self._displayed.replay if self._displayed is not None else None
        if replay is None:
            raise WorkloadError("no replay is on display", "play a scenario first")
        report: dict[str, Any] = msgspec.to_builtins(replay.report())
        return report

    def stop(self) -> None:
        """End the replay and keep it on display; one that is being prepared is given up.

        Raises:
            WorkloadError: nothing plays.
        """
        self._cancel_hand_over()
        if self._preparing is not None:
            self._give_up_preparing()
        else:
            self._playing().player.stop()

    async def leave(self) -> None:
        """End the replay and take it from display; nothing happens if there is none."""
        self._give_up_preparing()
        async with self._switching:
            await self._leave()

    def _give_up_preparing(self) -> None:
        """A scratch copy of a large project takes a while: who wants something else need not wait."""
        if self._preparing is not None:
            self._preparing.task.cancel()

    @property
    def _preparing(self) -> _Displayed | None:
        displayed = self._displayed
        waits = displayed is not None and displayed.replay is None and not displayed.error
        return displayed if waits else None

    def _playing(self) -> ReplayLike:
        if self._displayed is None or self._displayed.replay is None:
            raise WorkloadError("no replay is on", "choose a scenario first")
        return self._displayed.replay

    async def _leave(self) -> None:
        self._cancel_hand_over()
        displayed, self._displayed = self._displayed, None
        if displayed is not None:
            displayed.task.cancel()
            await asyncio.wait([displayed.task])

    def _cancel_hand_over(self) -> None:
        task, self._handing_over = self._handing_over, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _run(self, name: str, speed: float, prepared: asyncio.Future[None]) -> None:
        try:
            async with self._open_replay(
                name,
                self._settings(),
                speed=speed,
                change_settings=self._follow,
                tap=self._tap,
            ) as replay:
                displayed = self._displayed
                assert displayed is not None
                displayed.replay, displayed.stage = replay, Stage(replay.engine)
                prepared.set_result(None)
                await self._play_to_end(_title(name), replay)
                # Its engine stays open as long as its figures are on display.
                await asyncio.get_running_loop().create_future()
        except TaskStartError as error:
            self._failed(error, prepared)
        except Exception as error:
            log.exception("the replay of %s failed", name)
            self._failed(WorkloadError(f"the replay failed ({error!r})"), prepared)
        finally:
            if not prepared.done():
                prepared.set_exception(WorkloadError(f"the replay of {_title(name)} was given up"))
                # It may be that nobody waits any more.
                prepared.exception()

    def _failed(self, error: TaskStartError, prepared: asyncio.Future[None]) -> None:
        if not prepared.done():
            prepared.set_exception(error)
            return
        self._announce(Event(title="replay failed", text=str(error), severity="error"))
        if self._displayed is not None:
            self._displayed.replay = self._displayed.stage = None
            self._displayed.error = str(error)

    async def _play_to_end(self, title: str, replay: ReplayLike) -> None:
        try:
            await replay.player.run()
        except TaskStartError as error:
            # The player's view says why; the engine's figures stay on display.
            self._announce(Event(title=f"{title} failed", text=str(error), severity="error"))
            return
        view = replay.player.view()
        if view.state is not PlayState.FINISHED:
            return
        self.results[title] = view.result
        self._announce(Event(title=f"{title} has finished", text=view.result))
        if view.then:
            self._handing_over = self._tasks.create_task(
                self._hand_over(view.then, view.speed), name="hand-over"
            )

    async def _hand_over(self, name: str, speed: float) -> None:
        await asyncio.sleep(self.hand_over_s)
        try:
            await self.play(name, speed)
        except TaskStartError as error:
            self._announce(Event(title=f"{name} cannot play", text=str(error), severity="error"))

    async def _follow(self, values: Mapping[str, Any], label: str, clear_caches: bool) -> None:
        """A change in the scenario itself."""
        stage = self.stage
        assert stage is not None
        if clear_caches:
            stage.engine.clear_caches()
        await stage.follow(values, label)


def _title(name: str) -> str:
    """What is shown of a scenario's name, or of a workload file's path."""
    # Replaying is off the way to the first snapshot.
    from engine.replay.workload import file_title

    return file_title(Path(name))
