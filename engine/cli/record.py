"""`taskstart record`: the live starts of a running engine as a workload."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from engine.cli.options import project_option
from engine.core.project import find_project, resolve_root
from engine.errors import ServiceError
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import Snapshot, ToggleRecording


@click.command("record")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@project_option
@click.option("--texts", is_flag=True, help="Also record the texts that others write.")
def command(file: Path | None, project: Path | None, texts: bool) -> int:
    """Record the live starts of the project's running engine to FILE until Ctrl-C.

    Without FILE a name is chosen in your data folder, and `taskstart scenarios` lists it. Times,
    task ids, roles and what other processes change are recorded, but no texts. The workload plays
    with `taskstart replay FILE`; what was measured lies beside it in FILE's .run.jsonl.
    """
    found = project if project is not None else find_project()
    root = None if found is None else resolve_root(found)
    target = EngineTarget(root, attach_only=True)
    path = "" if file is None else str(file.absolute())
    return asyncio.run(_record(target, ToggleRecording(path=path, texts=texts, live=True)))


async def _record(target: EngineTarget, start: ToggleRecording) -> int:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)
    async with EngineClient(target) as client:
        if recording := await _recording(client):
            raise ServiceError(f"a recording is on already: {recording}", "end it first")
        click.echo(f"{await client.do(start)}; Ctrl-C ends it")
        async with asyncio.TaskGroup() as tasks:
            waits = [
                tasks.create_task(ending.wait()),
                tasks.create_task(client.ended.wait()),
            ]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if client.failure is not None:
            raise client.failure
        click.echo(await client.do(ToggleRecording()))
    return 0


async def _recording(client: EngineClient) -> str:
    """The file of the recording that is on; empty when none is."""
    async for message in client.messages():
        if isinstance(message, Snapshot):
            return message.recording
    return ""
