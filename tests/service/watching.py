"""Wait for what the engine pushes to a viewer."""

from __future__ import annotations

import asyncio

from engine.service.client import EngineClient
from engine.service.messages import Event, Snapshot


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
