"""What agents ask is recorded, with who asked, and replays to the same requests."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.core.project import DATABASE
from engine.hook.service import hook_service
from engine.replay.events import Op
from engine.replay.run_file import read_run, run_path
from engine.replay.session import open_replay
from engine.replay.workload import read_workload
from engine.service.commands import Commands
from engine.service.doors import doors, open_engine
from engine.service.host import Host
from engine.service.live import LiveEngine
from engine.service.messages import Request, ToggleRecording
from tests.hook.conftest import post, read_reply


async def ask(socket: Path, path: str, body: dict[str, object]) -> str:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    writer.write(post(path, json.dumps(body).encode()))
    reply = await read_reply(reader)
    writer.close()
    assert reply.status in {200, 404}, reply
    return reply.text


def subagent(prompt_task: int, role: str) -> dict[str, object]:
    return {
        "hook_event_name": "SubagentStart",
        "session_id": "s",
        "agent_type": role,
        "prompt": f"work on task {prompt_task} and keep this secret",
    }


async def test_hook_traffic_is_recorded_and_replays_to_the_same_requests(
    project: Path, folder: Path
) -> None:
    project = shutil.copytree(project, folder / "shop")
    recording, socket = folder / "w.jsonl", folder / "hook.sock"
    live = LiveEngine(lambda: project, open_engine, "shop")
    async with Host.open(live, doors(), tick_s=60) as host, hook_service(host, socket):
        commands = Commands(host)
        await commands.handle(Request(id=1, command=ToggleRecording(path=str(recording))))
        assert host.recorder is not None
        for task_id in (1, 2, 1, 1):
            await ask(socket, "/taskstart", {"task_id": task_id})
        await ask(socket, "/taskstart", {"task_id": "3", "agent_role": ""})
        with closing(sqlite3.connect(project / DATABASE)) as connection, connection:
            connection.execute("UPDATE tasks SET priority = 1 + priority % 5 WHERE id = 1")
        await ask(socket, "/taskstart", {"task_id": 1})
        await ask(socket, "/taskstart", {"task_id": 999_999})
        await ask(socket, "/claude-code", subagent(2, "Explore"))
        await host.recorder.flush()
        asked = [
            (view.task_id, view.agent_role, view.source)
            for view in reversed((await live.opened()).monitor.starts(100).starts)
            if view.source != "warming" and view.task_id
        ]
        await commands.handle(Request(id=2, command=ToggleRecording()))
    workload = read_workload(recording)
    starts = [event for event in workload.events if event.op is Op.TASKSTART]
    assert [(one.task_id, one.agent_role, one.source) for one in starts] == asked
    assert [one.task_id for one in starts][:7] == [1, 2, 1, 1, 3, 1, 999_999]
    assert {one.source for one in starts} >= {"hook"}
    assert [event.op for event in workload.events].count(Op.TASK_UPDATE) == 1
    assert "secret" not in recording.read_text() + run_path(recording).read_text()
    run = read_run(run_path(recording))
    assert [line.t for line in run.lines] == [event.t for event in starts]
    assert run.errors == 1
    async with open_replay(project, workload, speed=0) as replay:
        await replay.player.run()
        replayed = [
            (view.task_id, view.agent_role)
            for view in reversed(replay.engine.monitor.starts(100).starts)
        ]
    assert replayed == [(task_id, role) for task_id, role, _ in asked]
