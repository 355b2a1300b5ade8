"""Where the service meets the rest of the product: the engine, replays, scenarios, the demo."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.service.host import Doors
from engine.service.live import LiveEngine
from engine.service.playback import OpenReplay
from engine.service.ports import ChangeSettings, EngineLike, ReplayLike
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.replay.project_watch import ProjectWatch
    from engine.replay.tapped import Tap


@contextlib.asynccontextmanager
async def open_engine(root: Path, settings: Settings) -> AsyncIterator[EngineLike]:
    """An engine on the project at `root`.

    Raises:
        TaskStartError: the project cannot be read.
    """
    # The service listens before the engine's modules are there: a console need not wait for them.
    from engine.core.disk import user_cache_folder
    from engine.core.engine import Engine

    async with Engine.open(root, settings=settings, disk=user_cache_folder()) as engine:
        yield engine


@contextlib.asynccontextmanager
async def open_apart(root: Path, settings: Settings) -> AsyncIterator[EngineLike]:
    """An engine for measuring, which shares nothing with the one that serves agents.

    Raises:
        TaskStartError: the project cannot be read.
    """
    from engine.core.engine import Engine

    async with Engine.open(root, settings=settings) as engine:
        yield engine


def demo_project() -> Path:
    """The embedded demo project, made when it is not there yet; blocking.

    Raises:
        ProjectError: it cannot be written.
    """
    # The generator is needed once in the life of an installation.
    from engine.demo import ensure_demo

    return ensure_demo()


def replays_of(live: LiveEngine) -> OpenReplay:
    """Replays of the live engine's project."""

    @contextlib.asynccontextmanager
    async def opened(
        name: str,
        settings: Settings,
        *,
        speed: float,
        change_settings: ChangeSettings,
        tap: Tap,
    ) -> AsyncIterator[ReplayLike]:
        from engine.replay.session import open_replay
        from engine.service.library import find_playable

        workload = await asyncio.to_thread(find_playable, name)
        root = await live.project_root()
        if workload.header.project == "demo" and not live.project_view().demo:
            # Its task ids mean something else, or nothing, anywhere else.
            root = await asyncio.to_thread(demo_project)
        async with open_replay(
            root,
            workload,
            settings=settings,
            # 1 is what a viewer sends who does not care: the workload's own speed holds.
            speed=None if speed == 1 else speed,
            change_settings=change_settings,
            tap=tap,
        ) as replay:
            yield replay

    return opened


def watch_project(root: Path) -> ProjectWatch:
    """Tells what other processes write to the project at `root`."""
    from engine.core.project import DATABASE
    from engine.replay.project_watch import ProjectWatch

    return ProjectWatch(root, root / DATABASE)


def doors() -> Doors:
    """The real ones."""
    from engine.service.library import list_playable

    return Doors(
        open_replay=replays_of,
        list_scenarios=list_playable,
        open_apart=open_apart,
        watch_project=watch_project,
    )
