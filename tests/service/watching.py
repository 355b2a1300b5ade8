"""Wait for what the engine pushes to a viewer, and for what it does by itself."""

from __future__ import annotations

import asyncio

from engine.monitoring.pieces import Pieces
from engine.service.client import EngineClient
from engine.service.messages import Event, Snapshot
from tests.service.conftest import Service


async def shown(client: EngineClient) -> Snapshot:
    """A snapshot that was made after now."""
    waits = 5  # so many may have been under way already
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Snapshot):
                waits -= 1
                if not waits:
                    return message
    raise AssertionError("no snapshot came")


async def events_until(client: EngineClient, title: str) -> Event:
    """The next event called `title`."""
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Event) and message.title == title:
                return message
    raise AssertionError(f"no event {title!r} came")


async def ticks(service: Service, times: int = 3) -> None:
    """Wait until the host has looked after the live engine so many times more."""
    monitor = service.world.engine.monitor
    looks = asyncio.Semaphore(0)

    class Looked:
        def tick_in_pieces(self) -> Pieces[None]:
            yield from type(monitor).tick_in_pieces(monitor)
            looks.release()

    monitor.tick_in_pieces = Looked().tick_in_pieces  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        for _ in range(times):
            await looks.acquire()
    del monitor.tick_in_pieces
