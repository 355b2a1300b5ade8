"""Hooks of a real engine process, as its consoles see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from engine.hook.client import HookAnswer, ask
from engine.service.client import EngineClient
from engine.service.launching import EngineTarget
from engine.service.messages import (
    ChangeSettings,
    Done,
    EngineState,
    GetStart,
    ListStarts,
    Snapshot,
    StartDetail,
    StartList,
    Undo,
)
from engine.service.paths import hook_socket_path, socket_path
from engine.service.stopping import stop_engine

EVENT = {"hook_event_name": "SubagentStart", "agent_type": "nobody", "agent_id": "a"}


@pytest.fixture
async def console(project: Path, folder: Path) -> AsyncIterator[EngineClient]:
    one = EngineClient(EngineTarget(project))
    await one.open()
    await seen(one, lambda snapshot: snapshot.engine is EngineState.READY)
    yield one
    await one.close()
    # It stays for the agents that have called it.
    await asyncio.to_thread(stop_engine, socket_path(project))


async def seen(console: EngineClient, wanted: Callable[[Snapshot], bool]) -> Snapshot:
    """The first snapshot that is as it should be."""
    async with asyncio.timeout(60):
        async for message in console.messages():
            if isinstance(message, Snapshot) and wanted(message):
                return message
    raise AssertionError("the engine has ended")


async def call(project: Path, path: str, body: object, **headers: str) -> HookAnswer:
    socket = hook_socket_path(socket_path(project))
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return await asyncio.to_thread(ask, socket, path, json.dumps(body).encode(), headers=said)


async def test_who_asked_is_seen_and_what_was_refused(console: EngineClient, project: Path) -> None:
    for task_id in (7, 8, 9):
        await call(project, "/taskstart", {"task_id": task_id})
    await call(project, "/claude-code", EVENT, X_TaskStart_Task="7")
    await call(project, "/claude-code", EVENT)
    await call(project, "/claude-code", {"hook_event_name": "Stop"})

    snapshot = await seen(console, lambda one: one.traffic.refused > 0)

    assert snapshot.traffic.sources == {"hook": 3, "claude": 1}
    assert (snapshot.traffic.without_task, snapshot.traffic.refused) == (1, 1)
    assert len(snapshot.points) == 4
    listed = await console.request(ListStarts())
    assert isinstance(listed, StartList)
    assert [(start.task_id, start.event) for start in listed.starts] == [
        (0, "SubagentStart"),
        (7, "SubagentStart"),
        *((task_id, "") for task_id in (9, 8, 7)),
    ]


async def test_a_budget_is_changed_while_agents_ask(console: EngineClient, project: Path) -> None:
    async def budget() -> str:
        answer = await call(project, "/claude-code", EVENT, X_TaskStart_Task="7")
        return answer.headers["x-taskstart-budget"]

    assert await budget() == "10000"
    changed = await console.request(ChangeSettings(changes={"budgets.subagent_start": "900"}))
    assert isinstance(changed, Done)
    assert await budget() == "900"

    detail = await console.request(GetStart(id=2))
    assert isinstance(detail, StartDetail)
    assert detail.delivery is not None
    assert detail.delivery.characters <= 900 < detail.delivery.whole
    assert len(detail.text.encode("utf-16-le")) // 2 == detail.delivery.characters

    await console.request(Undo())
    assert await budget() == "10000"
