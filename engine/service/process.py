"""The engine's process: `python -m engine.service.process --project DIR [--socket PATH] [--owned]`.

It listens first and opens its engine then, so that a console has something to show at once. The
one line on standard output says that it listens, or why it cannot. An owned process ends when its
standard input does: the console holds the other end, and the system closes it even after kill -9.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from engine.errors import TaskStartError
from engine.service.commands import Commands
from engine.service.doors import demo_project, doors, open_engine
from engine.service.host import Host
from engine.service.launching import ReadyLine
from engine.service.leftovers import remove_leftovers
from engine.service.live import LiveEngine
from engine.service.locks import socket_lock
from engine.service.paths import hook_socket_path, private_folder, socket_path
from engine.service.server import Server

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def serving(project: Path | None, socket: Path, *, owned: bool) -> AsyncIterator[Host]:
    """An engine that takes viewers at `socket` for as long as the context lasts.

    Raises:
        EngineRunningError: another engine has this socket.
        ServiceError: the socket cannot be made.
    """
    remove_leftovers(private_folder(socket.parent))
    live = LiveEngine(
        demo_project if project is None else lambda: project,
        open_engine,
        "demo" if project is None else project.name,
    )
    with socket_lock(socket):
        async with Host.open(live, doors()) as host:
            server = Server(host.snapshot, Commands(host).handle, owned=owned)
            host.announce = server.announce
            async with server.listen(socket):
                # A console that waits for its first picture need not wait for the hooks' modules.
                from engine.hook.service import hook_service

                async with hook_service(host, hook_socket_path(socket)):
                    yield host


async def run(project: Path | None, socket: Path, *, owned: bool) -> int:
    """Serve until told to end; the exit code."""
    try:
        async with serving(project, socket, owned=owned) as host:
            _end_on_signals(host.ending)
            if owned:
                await _end_with_parent(host.ending)
            _say(ReadyLine(ready=True, pid=os.getpid(), socket=str(socket)))
            await host.ending.wait()
    except TaskStartError as error:
        _say(ReadyLine(ready=False, reason=error.reason, remedy=error.remedy, code=error.code))
        return 1
    return 0


def _end_on_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)


class _ParentWatch(asyncio.Protocol):
    def __init__(self, ending: asyncio.Event) -> None:
        self._ending = ending

    def connection_lost(self, exc: Exception | None) -> None:
        self._ending.set()


async def _end_with_parent(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _ParentWatch(ending), sys.stdin)


def _say(line: ReadyLine) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def main() -> int:
    """The entry of the process."""
    parser = argparse.ArgumentParser(prog="python -m engine.service.process", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--project", type=Path, help="folder of the project")
    where.add_argument("--demo", action="store_true", help="the embedded demo project")
    parser.add_argument("--socket", type=Path, help="where to listen (default: by project)")
    parser.add_argument("--owned", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    project: Path | None = options.project.resolve() if options.project is not None else None
    try:
        socket = options.socket or socket_path(project)
    except TaskStartError as error:
        _say(ReadyLine(ready=False, reason=error.reason, remedy=error.remedy, code=error.code))
        return 1
    return asyncio.run(run(project, socket, owned=options.owned))


if __name__ == "__main__":
    sys.exit(main())
