"""A whole replay: scratch copy, engine under a virtual clock, writer and player, put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.clock import VirtualClock
from engine.core.engine import Engine
from engine.errors import WorkloadError
from engine.replay.beginning import go_to_beginning
from engine.replay.events import WorkloadEvent
from engine.replay.player import Player
from engine.replay.ports import ChangeSettings
from engine.replay.report import ReplayReport, make_report
from engine.replay.scratch import ScratchProject, scratch_copy
from engine.replay.steering import Steering
from engine.replay.tapped import Tap, TappedStarter, TappedWriter
from engine.replay.workload import Workload, apply_settings
from engine.replay.writer import ScratchWriter
from engine.settings import Settings

STARTUP_REST_S = 30.0
"""Most that warming is given before the first event, as fast as possible."""


@dataclass(frozen=True, slots=True)
class Replay:
    """An open replay: `await replay.player.run()` plays it, once."""

    engine: Engine
    player: Player
    workload: Workload
    project: Path
    """The project that was copied; it is only ever read."""

    def report(self) -> ReplayReport:
        """What has come of it so far."""
        return make_report(self.player, self.workload, self.engine.settings, str(self.project))


@contextlib.asynccontextmanager
async def open_replay(
    root: Path,
    workload: Workload,
    *,
    settings: Settings | None = None,
    fixed: Mapping[str, Any] | None = None,
    speed: float | None = None,
    idle_gap_s: float | None = None,
    rest: bool = False,
    change_settings: ChangeSettings | None = None,
    on_event: Callable[[WorkloadEvent], None] | None = None,
    tap: Tap = lambda: None,
    scratch_parent: Path | None = None,
) -> AsyncIterator[Replay]:
    """Copy the project at `root` and make everything ready to play `workload` on the copy.

    `settings` is where the workload's own settings are laid upon; `fixed` (path -> value) wins
    over both and over the workload's later changes. `speed` is virtual seconds per wall second,
    0 as fast as possible (default: the workload's own). `rest` gives background work (warming)
    the workload's idle time, at most a second a gap and none within an instant, when playing as
    fast as possible; without it background work runs on its own. `change_settings` takes the
    place of applying the workload's setting events to the engine. `tap` tells who takes the
    starts and writes that are played.

    Raises:
        TaskStartError: the project cannot be read or copied, or a setting is not accepted.
    """
    started_with = _settings_at_first(workload, settings or Settings(), fixed or {})
    pace = workload.header.speed if speed is None else speed
    start = workload.header.start or datetime.now(UTC).replace(microsecond=0)
    clock = VirtualClock(start)
    async with (
        scratch_copy(root, parent=scratch_parent) as scratch,
        _writer(scratch, clock, workload) as writer,
        # As fast as possible there is no wall time between the events: `rest` gives warming the
        # workload's own.
        Engine.open(
            scratch.root, settings=started_with, clock=clock, background=pace > 0
        ) as engine,
    ):
        steering = Steering(engine, fixed or {})
        player = Player(
            TappedStarter(engine, clock, tap),
            TappedWriter(writer, clock, tap),
            workload,
            clock,
            change_settings=change_settings or steering.change_settings,
            speed=pace,
            idle_gap_s=idle_gap_s,
            rest=steering.rest if rest else None,
            staleness=steering,
            on_event=on_event,
        )
        if rest and pace == 0:
            # Engines are started before the first agent asks.
            await steering.rest(STARTUP_REST_S)
        yield Replay(engine, player, workload, root)


def _settings_at_first(
    workload: Workload, settings: Settings, fixed: Mapping[str, Any]
) -> Settings:
    try:
        settings = apply_settings(settings, workload.header.settings)
        return apply_settings(settings, dict(fixed))
    except ValueError as error:
        raise WorkloadError(
            f"{workload.source or workload.name}: {error}", "correct the settings in its first line"
        ) from None


@contextlib.asynccontextmanager
async def _writer(
    scratch: ScratchProject, clock: VirtualClock, workload: Workload
) -> AsyncIterator[ScratchWriter]:
    async with ScratchWriter(scratch, clock) as writer:
        await go_to_beginning(writer, workload.events)
        yield writer


async def run_replay(
    root: Path,
    workload: Workload,
    *,
    settings: Settings | None = None,
    fixed: Mapping[str, Any] | None = None,
    speed: float | None = None,
    idle_gap_s: float | None = None,
    rest: bool = False,
    on_progress: Callable[[Replay], None] | None = None,
) -> ReplayReport:
    """Play `workload` to its end on a scratch copy and report. `open_replay` has the arguments.

    `on_progress` is called at every event with the open replay.

    Raises:
        TaskStartError: it cannot be played to its end.
    """
    opened: list[Replay] = []

    def tell(event: WorkloadEvent) -> None:
        if on_progress is not None:
            on_progress(opened[0])

    async with open_replay(
        root,
        workload,
        settings=settings,
        fixed=fixed,
        speed=speed,
        idle_gap_s=idle_gap_s,
        rest=rest,
        on_event=tell,
    ) as replay:
        opened.append(replay)
        await replay.player.run()
        return replay.report()
