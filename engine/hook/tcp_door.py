"""Opens and closes the TCP port as the project's hook is installed and removed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.errors import ServiceError, TaskStartError
from engine.hook.listener import HookListener
from engine.hook.state import HookFolder, TcpAccess

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class TcpDoor:
    """Follows the hook's folder, so that an engine that runs already need not be started anew."""

    def __init__(
        self,
        find_project: Callable[[], Awaitable[Path]],
        tell: Callable[[str], None],
        *,
        base: Path | None = None,
    ) -> None:
        """`tell` is given what a person should know, once; `base` is as for `HookFolder`."""
        self._find_project = find_project
        self._base = base
        self._tell = tell
        self._access: TcpAccess | None = None
        self._said = ""

    def token(self) -> bytes | None:
        """The token in force."""
        return None if self._access is None else self._access.token

    async def follow(self, listener: HookListener, every_s: float = LOOK_EVERY_S) -> None:
        """Look again and again, until cancelled."""
        try:
            folder = HookFolder(await self._find_project(), self._base)
        except TaskStartError:
            return  # without a project there is nothing to open; the host says why
        while True:
            await self.look(folder, listener)
            await asyncio.sleep(every_s)

    async def look(self, folder: HookFolder, listener: HookListener) -> None:
        """Open, move or close the port as the folder says now."""
        try:
            access = await asyncio.to_thread(folder.tcp_access)
            if access is None:
                listener.close_port()
            elif listener.port != access.port:
                await listener.open_port(access.port)
            self._access = access
            self._said = ""
        except ServiceError as error:
            listener.close_port()
            self._access = None
            if self._said != str(error):
                self._said = str(error)
                log.warning("no TCP for hooks: %s", error)
                self._tell(str(error))
