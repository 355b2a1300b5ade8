"""What the console needs of the engine's client; tests feed the console through a fake of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from engine.service.messages import Command, Event, ReplyBody, Snapshot


class EngineLink(Protocol):
    """A connection to an engine's process."""

    async def open(self) -> None:
        """Start the engine or attach to the one that runs.

        Raises:
            ServiceError: it could be neither started nor reached.
        """

    def messages(self) -> AsyncIterator[Snapshot | Event]:
        """What the engine pushes, the latest snapshot first; ends with the connection.

        Raises:
            ServiceError: the engine's process has died.
        """

    async def request(self, command: Command) -> ReplyBody:
        """Send a command and wait for its reply, a bounded time.

        Raises:
            ServiceError: no connection, or no reply in time.
        """

    async def restart(self) -> None:
        """Start the engine again after it has died.

        Raises:
            ServiceError: it did not start.
        """

    async def close(self) -> None:
        """End the connection, and the engine if this console owns it."""
