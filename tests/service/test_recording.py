"""Recording live starts, asked for through the socket as a console does."""

from __future__ import annotations

import asyncio
import weakref
from pathlib import Path

import pytest

from engine.errors import DatabaseBusyError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.live_traffic import LiveStart
from engine.replay.project_watch import Noticed, ProjectWatch
from engine.replay.run_file import read_run, run_path
from engine.replay.workload import read_workload
from engine.service.client import EngineClient, RefusedError
from engine.service.messages import (
    ChangeSettings,
    Play,
    Reopen,
    StartDetail,
    StartTask,
    StopPlayback,
    ToggleRecording,
)
from engine.service.recordings import Recordings
from engine.settings import Settings
from tests.service.conftest import OpenService, Service
from tests.service.fakes import FakeEngine
from tests.service.watching import events_until, shown, ticks
from tests.waiting import until


async def test_live_starts_are_recorded_as_a_workload(
    client: EngineClient, service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    assert await client.do(ToggleRecording(path=str(path))) == f"recording to {path}"
    await client.ask(StartTask(task_id=1), StartDetail)
    await client.ask(StartTask(task_id=2, agent_role="tester"), StartDetail)
    snapshot = await shown(client)
    assert (snapshot.recording, snapshot.recorded) == (str(path), 2)
    assert await client.do(ToggleRecording()) == f"2 starts recorded in {path}"
    lines = path.read_text().splitlines()
    assert '"task_id":1' in lines[-2]
    assert '"agent_role":"tester"' in lines[-1]
    assert (await shown(client)).recording == ""


async def test_a_recording_that_cannot_be_written_is_refused(
    client: EngineClient, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError):
        await client.do(ToggleRecording(path=str(tmp_path)))
    assert (await shown(client)).recording == ""


async def test_what_a_replay_plays_is_recorded_until_it_is_left(
    open_service: OpenService, tmp_path: Path
) -> None:
    path = tmp_path / "played.jsonl"
    async with open_service(tick_s=0.005) as service, service.client() as client:
        service.world.replays.preparing = asyncio.Event()
        playing = asyncio.create_task(client.do(Play(name="any")))
        async with asyncio.timeout(5):
            while (await shown(client)).playback is None:
                pass
        with pytest.raises(RefusedError, match="not ready"):
            await client.do(ToggleRecording(path=str(path)))
        service.world.replays.preparing.set()
        await playing
        (replay,) = service.world.replays.opened
        write = WorkloadEvent(t=3, op=Op.TASK_UPDATE, task_id=2, changes={"priority": 1})
        replay.workload.events.append(write)
        replay.engine.clock.advance(10)
        assert "what is played" in await client.do(ToggleRecording(path=str(path)))
        recordings = service.host.recordings
        assert recordings is not None
        assert recordings.of_replay is not None
        # Agents' own starts go on, and are no part of it.
        await service.host.start_task(1, source="hook")
        recordings.of_replay.add(LiveStart(replay.engine.clock.monotonic(), 2, None, "replay"))
        assert (await shown(client)).recorded == 1
        await client.do(StopPlayback(leave=True))
        event = await events_until(client, "recording ended")
        assert "1 start recorded" in event.text
        assert (await shown(client)).recording == ""
    assert [(one.t, one.op, one.task_id) for one in read_workload(path).events] == [
        (0, Op.TASK_UPDATE, 2),
        (0, Op.TASKSTART, 2),
    ]


async def test_a_recording_goes_on_when_the_project_is_opened_again(
    open_service: OpenService, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    async with open_service(tick_s=0.005) as service, service.client() as client:
        await client.do(ToggleRecording(path=str(path)))
        await service.host.start_task(1, source="hook")
        first = await service.host.live.opened()
        await client.do(Reopen())
        await until(
            lambda: service.host.live.stage is None or service.host.live.stage.engine is not first
        )
        assert await service.host.live.opened() is not first
        await service.host.start_task(2, source="hook")
        assert await client.do(ToggleRecording()) == f"2 starts recorded in {path}"
    assert [event.task_id for event in read_workload(path).events] == [1, 2]
    run = read_run(run_path(path))
    assert [line.task_id for line in run.starts] == [1, 2]


async def test_settings_and_alerts_of_the_time_are_in_the_run(
    open_service: OpenService, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    async with open_service(tick_s=0.005) as service, service.client() as client:
        await client.do(ChangeSettings(changes={"preroll": False}))
        await client.do(ToggleRecording(path=str(path)))
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        service.world.engine.clock.advance(0.5)
        for _ in range(30):
            await service.host.start_task(1, source="hook")
        await ticks(service)
        service.world.engine.clock.advance(1.5)
        await ticks(service)
        await client.do(ToggleRecording())
    run = read_run(run_path(path))
    assert run.header.settings["preroll"] is False
    assert [line.changes for line in run.lines if line.changes] == [{"limits.taskstart_ms": 1.0}]
    assert [line.text[:18] for line in run.lines if line.text] == ["ALERT TaskStart p9"]


async def test_looks_at_a_locked_database_leave_no_garbage(tmp_path: Path) -> None:
    failures: list[weakref.ref[Exception]] = []

    class LockedError(DatabaseBusyError):
        def __init__(self) -> None:
            super().__init__("locked")
            failures.append(weakref.ref(self))

    class LockedProject(ProjectWatch):
        def look(self) -> Noticed:
            raise LockedError

    engine = FakeEngine(tmp_path, Settings())
    async with asyncio.TaskGroup() as tasks:
        watch = LockedProject(tmp_path, tmp_path / "none.db")
        recordings = Recordings(engine, tasks=tasks, announce=print, watch=watch)
        for _ in range(3):
            await recordings.settle()
        await recordings.aclose()
    assert [failure() for failure in failures] == [None] * 3
