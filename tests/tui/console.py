"""Runs the console against a fake engine, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from engine.service.messages import Event, Snapshot
from tests.tui.fakes import FakeLink
from tui.app import ConsoleApp

_PATIENCE_S = 10.0


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Let the app work until `condition` holds; fails when it does not come to."""
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await pilot.pause(0.01)
    await pilot.pause()


@asynccontextmanager
async def running(
    *first: Snapshot | Event, size: tuple[int, int] = (120, 36), link: FakeLink | None = None
) -> AsyncIterator[tuple[ConsoleApp, FakeLink, Pilot[int]]]:
    """A console that has shown the first messages."""
    fake = link or FakeLink(*first)
    app = ConsoleApp(fake)
    async with app.run_test(size=size, notifications=True) as pilot:
        snapshots = [message for message in first if isinstance(message, Snapshot)]
        if snapshots:
            await until(pilot, lambda: fake.is_read and app.feed.snapshot is not None)
        yield app, fake, pilot
    await fake.close()


def screen_text(app: ConsoleApp) -> str:
    """What is on the screen, as text."""
    width, height = app.size
    rows = app.screen._compositor.render_strips(app.size)
    assert len(rows) == height
    return "\n".join(strip.text[:width] for strip in rows)
