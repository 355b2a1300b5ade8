"""The engine as a process of its own, on a real project: beginnings, ends and deaths."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.demo import make_demo
from engine.errors import ServiceError
from engine.service.client import EngineClient
from engine.service.launching import EngineProcess, EngineTarget
from engine.service.locks import EngineRunningError
from engine.service.messages import (
    EngineState,
    Play,
    PlayState,
    Shutdown,
    StartDetail,
    StartTask,
    StopPlayback,
    Undo,
)
from engine.service.stopping import stop_engine
from tests.service.processes import (
    gone,
    pid_of,
    ready_snapshot,
    snapshot_where,
    start_console,
)


async def test_it_starts_answers_and_ends_with_its_console(
    project: Path, owned: EngineClient
) -> None:
    assert owned.owns_engine
    snapshot = await ready_snapshot(owned)
    assert snapshot.project.root == str(project)
    assert snapshot.project.tasks == 12
    start = await owned.ask(StartTask(task_id=1), StartDetail)
    assert "Task #1" in start.text
    failed = await owned.ask(StartTask(task_id=999), StartDetail)
    assert failed.start.error is not None
    pid = pid_of(owned)
    await owned.close()
    assert not psutil.pid_exists(pid)


async def test_killed_engine_is_said_and_can_be_started_again(owned: EngineClient) -> None:
    await ready_snapshot(owned)
    old = pid_of(owned)
    pending = asyncio.gather(
        *(owned.request(StartTask(task_id=1)) for _ in range(20)), return_exceptions=True
    )
    await asyncio.sleep(0)
    os.kill(old, signal.SIGKILL)
    async with asyncio.timeout(10):
        with pytest.raises(ServiceError, match="SIGKILL"):
            async for _ in owned.messages():
                pass
    assert all(isinstance(reply, ServiceError | StartDetail) for reply in await pending), (
        "a request hangs or fails in another way"
    )
    with pytest.raises(ServiceError, match="SIGKILL"):
        await owned.request(Undo())
    await owned.restart()
    assert pid_of(owned) != old
    assert (await ready_snapshot(owned)).engine is not EngineState.FAILED


def files(runtime: Path) -> set[Path]:
    return {path for path in runtime.rglob("*") if not path.is_dir()}


def sockets(runtime: Path) -> list[Path]:
    return list(runtime.rglob("*.sock"))


async def test_it_ends_when_its_console_is_killed(project: Path, runtime: Path) -> None:
    console, engine = await asyncio.to_thread(start_console, project)
    console.kill()
    await asyncio.to_thread(console.wait)
    await gone(engine)
    assert not sockets(runtime)


async def test_a_second_console_attaches_and_leaves_the_engine_alone(
    project: Path, owned: EngineClient
) -> None:
    second = EngineClient(EngineTarget(project))
    await second.open()
    assert not second.owns_engine
    assert pid_of(second) == pid_of(owned)
    await second.close()
    assert (await ready_snapshot(owned)).viewers >= 1


async def test_a_private_engine_stands_beside_the_one_that_runs(
    project: Path, owned: EngineClient, runtime: Path
) -> None:
    before = files(runtime)
    private = EngineClient(EngineTarget(project, private=True))
    await private.open()
    assert private.owns_engine
    assert pid_of(private) != pid_of(owned)
    await private.close()
    assert not owned.ended.is_set()
    assert files(runtime) == before


async def test_two_consoles_that_start_at_once_share_one_engine(
    project: Path, runtime: Path
) -> None:
    first, second = EngineClient(EngineTarget(project)), EngineClient(EngineTarget(project))
    first.launch()
    second.launch()  # before the first one's engine listens
    await asyncio.gather(first.open(), second.open())
    assert pid_of(first) == pid_of(second)
    assert first.owns_engine != second.owns_engine
    await second.close()
    await first.close()


async def test_a_second_engine_for_the_same_socket_is_refused(
    project: Path, owned: EngineClient, runtime: Path
) -> None:
    (socket,) = sockets(runtime)
    process = EngineProcess.spawn(EngineTarget(project), socket)
    with pytest.raises(EngineRunningError, match=str(pid_of(owned))):
        await process.ready()
    assert (await ready_snapshot(owned)).viewers == 1, "the socket of the first was taken away"


async def test_a_stale_socket_is_no_hindrance(project: Path, runtime: Path) -> None:
    first = EngineClient(EngineTarget(project))
    await first.open()
    os.kill(pid_of(first), signal.SIGKILL)
    await first.ended.wait()
    await first.close()
    assert sockets(runtime), "a killed engine leaves its socket behind"
    second = EngineClient(EngineTarget(project))
    await second.open()
    await ready_snapshot(second)
    await second.close()


async def test_a_project_that_cannot_be_read_is_said_in_the_snapshot(
    tmp_path: Path, runtime: Path
) -> None:
    client = EngineClient(EngineTarget(tmp_path))
    await client.open()
    snapshot = await ready_snapshot(client)
    assert snapshot.engine is EngineState.FAILED
    assert "not an AgentPM project" in snapshot.engine_error
    with pytest.raises(Exception, match="not an AgentPM project"):
        await client.ask(StartTask(task_id=1), StartDetail)
    await client.close()


async def test_a_wrong_settings_file_is_said_with_its_line(tmp_path: Path, runtime: Path) -> None:
    root = make_demo(tmp_path / "shop", tasks=2, agents=2).root
    (root / "taskstart.toml").write_text("# mine\npool_sise = 3\n")
    client = EngineClient(EngineTarget(root))
    await client.open()
    snapshot = await ready_snapshot(client)
    assert "line 2" in snapshot.engine_error
    assert "pool_size" in snapshot.engine_error
    await client.close()


async def test_a_replay_plays_on_a_copy_and_the_live_engine_comes_back(
    tmp_path: Path, project: Path, owned: EngineClient
) -> None:
    database = project / ".agentpm" / "data" / "agentpm.db"
    before = database.read_bytes()
    workload = tmp_path / "mine.jsonl"
    workload.write_text(
        '{"t": 0, "op": "taskstart", "task_id": 1}\n'
        '{"t": 1, "op": "task_update", "task_id": 1, "set": {"name": "changed by the replay"}}\n'
        '{"t": 2, "op": "setting", "set": {"pool_size": 2}}\n'
        '{"t": 3, "op": "taskstart", "task_id": 1}\n'
    )
    await ready_snapshot(owned)
    await owned.do(Play(name=str(workload), speed=0))
    message = await snapshot_where(
        owned,
        lambda one: one.playback is not None and one.playback.state is PlayState.FINISHED,
    )
    assert message.playback is not None
    assert (message.playback.starts, message.playback.writes) == (2, 1)
    assert message.settings["pool_size"] == 2
    assert database.read_bytes() == before
    await owned.do(StopPlayback(leave=True))
    message = await snapshot_where(owned, lambda one: one.playback is None)
    assert message.settings["pool_size"] == 4


async def test_shutdown_is_answered_before_the_end(owned: EngineClient) -> None:
    assert await owned.do(Shutdown()) == "the engine ends"
    async with asyncio.timeout(10):
        await owned.ended.wait()


HANGS = """
import threading
from engine.service.process import end_for_sure
end_for_sure(0.05)
threading.Event().wait()
"""


def test_an_engine_that_hangs_at_its_end_says_where_and_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 1
    assert "threading.py" in ended.stderr


DEAF = """
import signal, sys
from pathlib import Path
from engine.service.locks import socket_lock
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with socket_lock(Path(sys.argv[1])):
    print("ready", flush=True)
    signal.pause()
"""


def test_an_engine_that_does_not_heed_a_stop_is_said(tmp_path: Path) -> None:
    socket = tmp_path / "s.sock"
    command = [sys.executable, "-c", DEAF, str(socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        try:
            with pytest.raises(ServiceError, match="has not ended within") as caught:
                stop_engine(socket, patience_s=0.1)
            assert caught.value.remedy == f"kill -9 {deaf.pid}"
        finally:
            deaf.kill()
    assert stop_engine(socket) is None
