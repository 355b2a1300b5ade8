"""What the console needs of the engine's client; tests feed the console through a fake of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.service.messages import Command, Event, Parting, ReplyBody, Snapshot


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

    async def close(self) -> Parting | None:
        """End the connection; whether and why the engine goes on; None without one."""


class DeferredLink:
    """A link that is made when it is first opened: neither its modules nor the engine's process
    then compete with the first frame."""

    def __init__(self, make: Callable[[], EngineLink]) -> None:
        self._make = make
        self._made: EngineLink | None = None

    @property
    def _link(self) -> EngineLink:
        if self._made is None:
            self._made = self._make()
        return self._made

    async def open(self) -> None:
        """See `EngineLink.open`."""
        await self._link.open()

    def messages(self) -> AsyncIterator[Snapshot | Event]:
        """See `EngineLink.messages`."""
        return self._link.messages()

    async def request(self, command: Command) -> ReplyBody:
        """See `EngineLink.request`."""
        return await self._link.request(command)

    async def restart(self) -> None:
        """See `EngineLink.restart`."""
        await self._link.restart()

    async def close(self) -> Parting | None:
        """See `EngineLink.close`; nothing was made, nothing is closed."""
        return None if self._made is None else await self._made.close()
