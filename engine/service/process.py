"""The engine's process: `python -m engine.service.process --project DIR [--socket PATH]`.

It listens first and opens its engine then, so that a console has something to show at once. The
one line on standard output says that it listens, or why it cannot. With `--begun-by` a console the
end of standard input says that this console has gone: it holds the other end, and the system closes
it even after kill -9. See `lifetime` for what follows from that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from engine.errors import TaskStartError
from engine.service.commands import Commands
from engine.service.doors import demo_project, doors, open_engine
from engine.service.event_loop import run_served
from engine.service.host import Host
from engine.service.launching import ReadyLine
from engine.service.leftovers import remove_leftovers, remove_private_files, tidying
from engine.service.lifetime import BegunBy
from engine.service.live import LiveEngine
from engine.service.locks import socket_lock
from engine.service.paths import hook_socket_path, private_folder, socket_path
from engine.service.server import Server

log = logging.getLogger(__name__)

END_WITHIN_S = 15.0
"""An engine that was told to end and has not by then has hung."""


@contextlib.asynccontextmanager
async def serving(
    project: Path | None, socket: Path, begun_by: BegunBy = BegunBy.SERVE
) -> AsyncIterator[Host]:
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
        async with Host.open(live, doors(), begun_by=begun_by) as host:
            owned = begun_by is not BegunBy.SERVE
            commands = Commands(host)
            server = Server(host.snapshot, commands.handle, owned=owned, ending=host.ending)
            host.announce = server.announce
            server.on_viewers = host.lifetime.viewers_are
            async with server.listen(socket), tidying(live):
                # Whoever connects while these modules are imported waits for an answer, and need not
                # try again for want of a socket.
                from engine.hook.service import hook_service

                async with hook_service(host, hook_socket_path(socket)):
                    yield host


async def run(project: Path | None, socket: Path, begun_by: BegunBy = BegunBy.SERVE) -> int:
    """Serve until told to end, or until nobody uses the engine; the exit code."""
    try:
        async with serving(project, socket, begun_by) as host:
            end_on_signals(host.ending)
            if begun_by is not BegunBy.SERVE:
                await _watch_starter(host.lifetime.starter_left)
            _say(ReadyLine(ready=True, pid=os.getpid(), socket=str(socket)))
            await host.ending.wait()
            end_for_sure()
        if begun_by is BegunBy.CONSOLE_ALONE and not host.lifetime.starter_there:
            # Nobody else knows of these files.
            remove_private_files(socket)
    except TaskStartError as error:
        _say(ReadyLine(ready=False, reason=error.reason, remedy=error.remedy, code=error.code))
        return 1
    return 0


def end_on_signals(ending: asyncio.Event) -> None:
    """Set `ending` when the system asks the process to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)


def end_for_sure(within_s: float = END_WITHIN_S) -> None:
    """From now on, do not outlive `within_s`: a thread may hang on a disk that does not answer.

    What every thread was at is then written to standard error.
    """
    faulthandler.dump_traceback_later(within_s, exit=True)


class _StarterWatch(asyncio.Protocol):
    def __init__(self, left: Callable[[], None]) -> None:
        self._left = left

    def connection_lost(self, exc: Exception | None) -> None:
        self._left()


async def _watch_starter(left: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _StarterWatch(left), sys.stdin)


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
    parser.add_argument(
        "--begun-by",
        type=BegunBy,
        default=BegunBy.SERVE,
        metavar="|".join(one.value for one in BegunBy),
        help="what ends it; a console has gone when standard input ends",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    project: Path | None = options.project.resolve() if options.project is not None else None
    try:
        socket = options.socket or socket_path(project)
    except TaskStartError as error:
        _say(ReadyLine(ready=False, reason=error.reason, remedy=error.remedy, code=error.code))
        return 1
    return run_served(run(project, socket, options.begun_by))


if __name__ == "__main__":
    sys.exit(main())
