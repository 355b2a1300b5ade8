"""What agents' calls mean for how long an engine lives."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from engine.hook.service import hook_service
from engine.hook.state import HookFolder
from engine.service.doors import doors, open_engine
from engine.service.host import Host
from engine.service.lifetime import BegunBy
from engine.service.live import LiveEngine
from engine.service.messages import Stays
from tests.hook.conftest import get, post, read_reply
from tests.waiting import until


async def status_of(socket: Path, request: bytes) -> int:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    writer.write(request)
    reply = await read_reply(reader)
    writer.close()
    return reply.status


@pytest.mark.parametrize("finished_already", [False, True])
async def test_agents_that_are_answered_keep_the_engine_and_others_do_not(
    project: Path, folder: Path, finished_already: bool
) -> None:
    socket = folder / "hook.sock"
    live = LiveEngine(lambda: project, open_engine, "shop")
    async with (
        Host.open(live, doors(), begun_by=BegunBy.CONSOLE) as host,
        hook_service(host, socket),
    ):
        engine = await live.opened()
        if finished_already:
            await engine.task_start(1)
        start = post("/taskstart", json.dumps({"task_id": 1}).encode())
        assert await status_of(socket, get("/metrics")) == 200
        assert await status_of(socket, post("/taskstart", b"{")) == 400
        assert host.lifetime.stays_without_one(1) is Stays.NO
        assert await status_of(socket, start) == 200
        assert host.lifetime.stays_without_one(1) is Stays.AGENTS
        assert not host.ending.is_set()


async def test_an_engine_for_a_scenario_leaves_the_projects_port_alone(
    project: Path, folder: Path, unused_tcp_port: int
) -> None:
    HookFolder(project).open_tcp(unused_tcp_port)
    alone, serving = (LiveEngine(lambda: project, open_engine, "shop") for _ in range(2))
    try:
        async with (
            Host.open(alone, doors(), begun_by=BegunBy.CONSOLE_ALONE) as first,
            hook_service(first, folder / "first.sock") as beside,
            Host.open(serving, doors()) as second,
            hook_service(second, folder / "second.sock") as listener,
        ):
            await until(lambda: listener.port != 0)  # it follows files
            assert (beside.port, listener.port) == (0, unused_tcp_port)
    finally:
        HookFolder(project).close_tcp()
