"""`taskstart serve`: an engine that lives on its own."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import click

from engine.cli.options import chosen_project, project_option
from engine.service.messages import EngineState
from engine.service.paths import socket_path
from engine.service.process import serving


@click.command("serve")
@project_option
@click.option(
    "--socket",
    type=click.Path(path_type=Path),
    help="Where to listen. Default: where `taskstart` looks for the project's engine.",
)
def command(project: Path | None, socket: Path | None) -> int:
    """Run an engine until Ctrl-C; consoles attach to it and leave it running."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    root = chosen_project(project)
    return asyncio.run(_serve(root, socket if socket is not None else socket_path(root)))


async def _serve(root: Path, socket: Path) -> int:
    async with serving(root, socket, owned=False) as host:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, host.ending.set)
        engine = await host.live.opened()
        project = engine.project
        click.echo(f"{project.name}: {project.tasks:,} tasks, {project.agents:,} agents ({root})")
        click.echo(f"listening on {socket}; Ctrl-C ends it")
        if engine.state is EngineState.WARMING:
            click.echo("preparing answers in the background")
        await host.ending.wait()
    return 0
