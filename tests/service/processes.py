"""Engines and consoles as processes of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from engine.service.client import EngineClient
from engine.service.messages import EngineState, Snapshot
from tests.waiting import until


async def snapshot_where(client: EngineClient, condition: Callable[[Snapshot], bool]) -> Snapshot:
    async with asyncio.timeout(30):
        async for message in client.messages():
            if isinstance(message, Snapshot) and condition(message):
                return message
    raise AssertionError("the engine has gone")


async def ready_snapshot(client: EngineClient) -> Snapshot:
    return await snapshot_where(client, lambda one: one.engine is not EngineState.STARTING)


def pid_of(client: EngineClient) -> int:
    assert client.hello is not None
    return client.hello.pid


async def gone(process: psutil.Process, seconds: float = 10) -> None:
    """Wait for the end of a process, whoever its parent is."""

    def over() -> bool:
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    await until(over, seconds)


CONSOLE = """
import asyncio
import sys
from pathlib import Path
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget

async def main():
    target = EngineTarget(Path(sys.argv[1]), **{flag: True for flag in sys.argv[2:]})
    client = EngineClient(target)
    await client.open()
    print(client.hello.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def start_console(project: Path, *flags: str) -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """A console without a screen, in a process of its own, and the engine that it is attached to.

    `flags` are those of `EngineTarget`.
    """
    command = [sys.executable, "-c", CONSOLE, str(project), *flags]
    console = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert console.stdout is not None
    with console.stdout:
        return console, psutil.Process(int(console.stdout.readline()))
