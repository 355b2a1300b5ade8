"""The hook service's listening sockets and the tasks behind them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from engine.errors import ServiceError
from engine.hook.connection import Bounds, Connection, Connections
from engine.hook.responding import Caller, Respond, RespondAtOnce, never_at_once
from engine.service.tasks import task_group

_BACKLOG = 512
_SWEEP_S = 0.5
LOOPBACK = "127.0.0.1"


class HookListener:
    """Takes agents at a Unix socket and, when told to, at a port of 127.0.0.1."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._tcp: asyncio.Server | None = None
        self.port = 0
        """The TCP port that is open; 0 when none is."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        path: Path,
        respond: Respond,
        *,
        respond_at_once: RespondAtOnce = never_at_once,
        bounds: Bounds | None = None,
        now: Callable[[], float] | None = None,
        sweep_s: float = _SWEEP_S,
    ) -> AsyncIterator[HookListener]:
        """Listen at `path` (mode 0600, in a folder of the caller's choice) while the context lasts.

        Raises:
            ServiceError: the socket cannot be made.
        """
        async with task_group() as tasks:
            clock = now or asyncio.get_running_loop().time
            connections = Connections(respond, tasks, clock, bounds or Bounds(), respond_at_once)
            listener = cls(connections)
            server = await _listen(path, connections)
            sweeping = tasks.create_task(listener._sweep(sweep_s), name="hook-deadlines")
            try:
                yield listener
            finally:
                server.close()
                listener.close_port()
                _remove(path)
                sweeping.cancel()
                connections.close()

    async def open_port(self, port: int) -> None:
        """Listen at 127.0.0.1 too; 0 takes any free port.

        Raises:
            ServiceError: the port cannot be had.
        """
        self.close_port()
        loop = asyncio.get_running_loop()
        try:
            self._tcp = await loop.create_server(self._accept_tcp, LOOPBACK, port, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            raise ServiceError(
                f"port {port} of {LOOPBACK} cannot be had ({getattr(error, 'strerror', error)})",
                "end what listens there, or install the hook with another --port",
            ) from error
        self.port = self._tcp.sockets[0].getsockname()[1]

    def close_port(self) -> None:
        """Take no more callers by TCP; those who are connected stay."""
        if self._tcp is not None:
            self._tcp.close()
        self._tcp, self.port = None, 0

    def _accept_tcp(self) -> Connection:
        return Connection(self._connections, Caller(is_local_socket=False, port=self.port))

    async def _sweep(self, sweep_s: float) -> None:
        while True:
            await asyncio.sleep(sweep_s)
            self._connections.expire()


async def _listen(path: Path, connections: Connections) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    # What a killed engine left behind; whoever holds the console's lock owns this name too.
    _remove(path)
    # The mode must be right from the first moment on, so chmod afterwards would be too late.
    mask = os.umask(0o177)
    try:
        return await loop.create_unix_server(
            lambda: Connection(connections, Caller(is_local_socket=True)),
            str(path),
            backlog=_BACKLOG,
        )
    except OSError as error:
        raise ServiceError(
            f"the hooks' socket cannot be made: {path} ({error.strerror or error})",
            "set XDG_RUNTIME_DIR to a folder of your own with a short path",
        ) from error
    finally:
        os.umask(mask)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
