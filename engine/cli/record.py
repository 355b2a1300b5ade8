"""`taskstart record`: the live starts of a running engine as a workload."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import click

from engine.cli.options import project_option
from engine.cli.usage import WrongUse
from engine.core.project import find_project, resolve_root
from engine.errors import ServiceError
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import Snapshot, ToggleRecording


@click.command("record")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@project_option
@click.option("--texts", is_flag=True, help="Also record the texts that others write.")
@click.option("--stop", is_flag=True, help="End the recording that is on, whoever began it.")
def command(file: Path | None, project: Path | None, texts: bool, stop: bool) -> int:
    """Record the live starts of the project's running engine to FILE until Ctrl-C.

    Without FILE a name is chosen in your data folder, and `taskstart scenarios` lists it. Times,
    task ids, roles and what other processes change are recorded, but no texts. The workload plays
    with `taskstart replay FILE`; what was measured lies beside it in FILE's .run.jsonl.
    """
    if stop and (file is not None or texts):
        raise WrongUse(
            "--stop ends the recording that is on", "leave FILE and --texts out, or --stop"
        )
    found = project if project is not None else find_project()
    root = None if found is None else resolve_root(found)
    target = EngineTarget(root, attach_only=True)
    if stop:
        return asyncio.run(_stop(target))
    path = "" if file is None else str(file.absolute())
    return asyncio.run(_record(target, ToggleRecording(path=path, texts=texts, live=True)))


async def _stop(target: EngineTarget) -> int:
    async with EngineClient(target) as client:
        click.echo(await client.do(ToggleRecording(stop=True)))
    return 0


async def _record(target: EngineTarget, start: ToggleRecording) -> int:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)
    async with EngineClient(target) as client:
        if recording := await _recording(client):
            raise ServiceError(
                f"a recording is on already: {recording}", "`taskstart record --stop` ends it"
            )
        click.echo(f"{await client.do(start)}; Ctrl-C ends it")
        ended = await _until_it_ends(client, ending)
        if client.failure is not None:
            raise client.failure
        if ended:
            click.echo(f"ended by another command; what was recorded is in {ended}")
        else:
            click.echo(await client.do(ToggleRecording(stop=True)))
    return 0


async def _until_it_ends(client: EngineClient, ending: asyncio.Event) -> str:
    """Until `ending`, or the engine or the recording has ended; its file if others ended it."""
    async with asyncio.TaskGroup() as tasks:
        elsewhere = tasks.create_task(_ended_elsewhere(client))
        waits = [
            tasks.create_task(ending.wait()),
            tasks.create_task(client.ended.wait()),
            elsewhere,
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    return "" if elsewhere.cancelled() else elsewhere.result()


async def _ended_elsewhere(client: EngineClient) -> str:
    """The file of a recording once it is on no more; empty when the engine ends."""
    file = ""
    with contextlib.suppress(ServiceError):  # the client keeps it as its failure
        async for message in client.messages():
            if isinstance(message, Snapshot):
                if file and not message.recording:
                    return file
                file = message.recording or file
    return ""


async def _recording(client: EngineClient) -> str:
    """The file of the recording that is on; empty when none is."""
    async for message in client.messages():
        if isinstance(message, Snapshot):
            return message.recording
    return ""
