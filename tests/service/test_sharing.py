"""Several consoles and agents on one engine, each of which may leave or die at any time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from engine.errors import ServiceError
from engine.hook.client import ask
from engine.service import why_over
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import (
    ChangeSettings,
    EngineState,
    Play,
    Stay,
    Stays,
    Undo,
)
from engine.service.paths import hook_socket_path, socket_path
from engine.service.stopping import stop_engine
from tests.service.processes import gone, pid_of, ready_snapshot, snapshot_where, start_console
from tests.waiting import until


async def attached(project: Path) -> EngineClient:
    client = EngineClient(EngineTarget(project))
    await client.open()
    return client


def scratch_copies(folder: Path) -> list[Path]:
    return list(folder.glob("taskstart-replay-*"))


async def call_as_an_agent(project: Path) -> None:
    body = json.dumps({"task_id": 1}).encode()
    path = hook_socket_path(socket_path(project))
    answer = await asyncio.to_thread(ask, path, "/taskstart", body)
    assert answer.status == 200
    assert b"Task #1" in answer.body


async def test_a_console_that_is_killed_leaves_the_engine_to_the_other(
    project: Path, runtime: Path
) -> None:
    console, engine = await asyncio.to_thread(start_console, project)
    second = await attached(project)
    assert pid_of(second) == engine.pid
    console.kill()
    await asyncio.to_thread(console.wait)
    await snapshot_where(second, lambda one: one.viewers == 1)
    await ready_snapshot(second)
    assert (await second.close()).stays is Stays.NO
    await gone(engine)


async def test_agents_keep_the_engine_that_a_console_began(project: Path, runtime: Path) -> None:
    first = await attached(project)
    await call_as_an_agent(project)
    await snapshot_where(first, lambda one: one.stays is Stays.AGENTS)
    assert (await first.close()).stays is Stays.AGENTS
    await call_as_an_agent(project)
    again = await attached(project)
    assert (pid_of(again), again.owns_engine) == (pid_of(first), False)
    assert (await again.close()).stays is Stays.AGENTS
    watching = await attached(project)
    assert await asyncio.to_thread(stop_engine, socket_path(project)) == pid_of(first)
    await watching.ended.wait()
    assert str(watching.failure) == "the engine was told to end"
    await watching.close()
    assert await asyncio.to_thread(stop_engine, socket_path(project)) is None


async def test_told_to_stay_it_survives_the_kill_of_its_console(
    project: Path, runtime: Path
) -> None:
    console, engine = await asyncio.to_thread(start_console, project, "stay")
    console.kill()
    await asyncio.to_thread(console.wait)
    second = EngineClient(EngineTarget(project, attach_only=True))
    await second.open()
    assert pid_of(second) == engine.pid
    message = await snapshot_where(second, lambda one: one.viewers == 1)
    assert message.told_to_stay
    await second.do(Stay(on=False))
    assert (await second.close()).stays is Stays.NO
    await gone(engine)


async def test_an_engine_for_a_scenario_ends_with_its_console(project: Path, runtime: Path) -> None:
    console, engine = await asyncio.to_thread(start_console, project, "private")
    folder = socket_path(project).parent
    assert list(folder.glob("*.sock"))
    console.kill()
    await asyncio.to_thread(console.wait)
    await gone(engine)
    await until(lambda: not list(folder.iterdir()))


async def test_who_comes_while_the_engine_ends_gets_another(project: Path, runtime: Path) -> None:
    first = await attached(project)
    closing = asyncio.create_task(first.close())
    await asyncio.sleep(0)
    second = await attached(project)
    await closing
    assert (await ready_snapshot(second)).engine is not EngineState.FAILED
    assert (await second.close()).stays is Stays.NO


async def test_what_one_console_changes_shows_in_the_other_until_the_last_has_gone(
    project: Path, runtime: Path
) -> None:
    first, second = await attached(project), await attached(project)
    engine = psutil.Process(pid_of(first))
    await snapshot_where(first, lambda one: one.viewers == 2 and one.stays is Stays.CONSOLES)
    await first.do(ChangeSettings(changes={"pool_size": 7}))
    message = await snapshot_where(second, lambda one: one.settings.get("pool_size") == 7)
    assert "7" in message.can_undo
    await second.do(Undo())
    message = await snapshot_where(first, lambda one: one.settings.get("pool_size") == 4)
    assert message.can_undo == ""
    assert (await first.close()).stays is Stays.CONSOLES
    await snapshot_where(second, lambda one: one.viewers == 1 and one.stays is Stays.NO)
    assert (await second.close()).stays is Stays.NO
    await gone(engine)


async def test_consoles_that_start_a_killed_engine_again_share_one_that_cleans_up(
    project: Path, runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    workload = tmp_path / "slow.jsonl"
    workload.write_text(
        '{"t": 0, "op": "taskstart", "task_id": 1}\n{"t": 60, "op": "taskstart", "task_id": 2}\n'
    )
    first = EngineClient(EngineTarget(project, attach_only=True))
    with pytest.raises(ServiceError, match="no engine answers"):
        await first.open()
    await first.restart()  # who asks for a start gets one
    second = await attached(project)
    old = pid_of(first)
    await second.do(Play(name=str(workload)))
    os.kill(old, signal.SIGKILL)
    await asyncio.gather(first.ended.wait(), second.ended.wait())
    assert "SIGKILL" in str(first.failure)
    assert "was killed, or has crashed" in str(second.failure)
    assert scratch_copies(tmp_path)
    await asyncio.gather(first.restart(), second.restart())
    assert pid_of(first) == pid_of(second) != old
    assert first.owns_engine != second.owns_engine
    await until(lambda: not scratch_copies(tmp_path))
    await first.close()
    await second.close()


async def test_a_connection_that_breaks_costs_nobody_the_engine(
    project: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await attached(project), await attached(project)
    engine = pid_of(first)
    await first.do(Stay(on=True))
    await snapshot_where(first, lambda one: one.told_to_stay)
    assert first._writer is not None
    with monkeypatch.context() as patch:
        patch.setattr(why_over, "OVER_WITHIN_S", 0.02)  # the engine is not over at all
        first._writer.transport.abort()
        await first.ended.wait()
    await first.restart()
    assert (pid_of(first), first.owns_engine) == (engine, True)
    assert (await first.close()).stays is Stays.TOLD
    os.kill(engine, signal.SIGKILL)
    await second.ended.wait()
    await second.restart()
    assert (await ready_snapshot(second)).told_to_stay, "what was told holds for the next engine"
    await second.do(Stay(on=False))
    assert (await second.close()).stays is Stays.NO
