"""`taskstart serve`: an engine that lives on its own, and the end of any engine."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import click

from engine.cli.options import chosen_project, project_option
from engine.errors import ServiceError
from engine.service.event_loop import run_served
from engine.service.messages import EngineState
from engine.service.paths import socket_path
from engine.service.process import end_for_sure, end_on_signals, serving
from engine.service.stopping import stop_engine


@click.command("serve")
@project_option
@click.option(
    "--socket",
    type=click.Path(path_type=Path),
    help="Where to listen. Default: where `taskstart` looks for the project's engine.",
)
@click.option("--stop", is_flag=True, help="End the project's engine, whoever began it.")
def command(project: Path | None, socket: Path | None, stop: bool) -> int:
    """Run an engine until Ctrl-C; consoles attach to it and leave it running."""
    root = chosen_project(project)
    socket = socket if socket is not None else socket_path(root)
    if stop:
        return _stop(root, socket)
    _check_free(socket)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    return run_served(_serve(root, socket))


def _check_free(socket: Path) -> None:
    # An engine replaces what a dead one has left there, which must be a socket.
    try:
        mode = socket.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise ServiceError(f"{socket} exists and is no socket", "name another path with --socket")


def _stop(root: Path, socket: Path) -> int:
    process = stop_engine(socket)
    if process is None:
        raise ServiceError(f"no engine runs for {root}", "there is nothing to stop")
    click.echo(f"the engine of {root} (process {process}) has ended")
    return 0


async def _serve(root: Path, socket: Path) -> int:
    async with serving(root, socket) as host:
        end_on_signals(host.ending)
        engine = await host.live.opened()
        project = engine.project
        click.echo(f"{project.name}: {project.tasks:,} tasks, {project.agents:,} agents ({root})")
        click.echo(f"listening on {socket}; Ctrl-C ends it")
        if engine.state is EngineState.WARMING:
            click.echo("preparing answers in the background")
        await host.ending.wait()
        end_for_sure()
    return 0
