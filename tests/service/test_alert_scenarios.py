"""Alerts are saved with the time before them, as scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.replay.events import Op
from engine.replay.run_file import RunOp, read_run, run_path
from engine.replay.workload import read_workload
from engine.service.alert_scenarios import LONGEST_AFTER_S
from engine.service.client import EngineClient
from engine.service.library import list_playable
from engine.service.messages import ChangeSettings, Event, Snapshot
from tests.service.conftest import OpenService, Service
from tests.service.watching import shown, ticks
from tests.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "taskstart-console" / "recordings"


@pytest.fixture
async def watched(open_service: OpenService, folder: Path) -> AsyncIterator[Service]:
    async with open_service(tick_s=0.005) as opened:
        await opened.host.open_recordings()
        yield opened


async def slow(service: Service, starts: int = 30) -> None:
    """Starts beyond the limit, for long enough to be an alert."""
    # What began before a change of settings does not count.
    service.world.engine.clock.advance(0.5)
    for _ in range(starts):
        await service.host.start_task(1, "tester", source="hook")
    await ticks(service)
    service.world.engine.clock.advance(1.5)
    await ticks(service)


async def over(client: EngineClient, service: Service) -> None:
    """The same starts within another limit, for long enough to end the alert."""
    clock = service.world.engine.clock
    await client.do(ChangeSettings(changes={"limits.taskstart_ms": 100}))
    clock.advance(0.5)
    for _ in range(30):
        await service.host.start_task(2, source="hook")
    await ticks(service)
    clock.advance(3)
    await ticks(service)
    assert not any(alert.active for alert in service.world.engine.monitor.alerts())


def saved_in(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    return [path for path in folder.iterdir() if not path.name.endswith(".run.jsonl")]


async def said(client: EngineClient, title: str) -> Event:
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Event) and message.title == title:
                return message
    raise AssertionError("nothing was said")


async def test_an_alert_is_saved_with_what_came_before_and_after(
    watched: Service, folder: Path
) -> None:
    clock = watched.world.engine.clock
    async with watched.client() as client:
        await watched.host.start_task(3, source="console")
        clock.advance(100)
        await watched.host.start_task(2, source="hook")
        clock.advance(20)
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        await slow(watched)
        event = await said(client, "alert saved")
        (path,) = saved_in(folder)
        assert path.stem in event.text
        await watched.host.start_task(3, source="hook")
        snapshot: Snapshot = await shown(client)
        assert [alert.saved for alert in snapshot.alerts] == [path.stem]
        await over(client, watched)
        await watched.host.start_task(3, source="hook")
        await until(lambda: len(read_run(run_path(path)).starts) == 62)
    workload = read_workload(path)
    starts = [event for event in workload.events if event.op is Op.TASKSTART]
    # The very first start was more than a minute earlier, the very last after the end.
    assert [event.task_id for event in starts] == [2, *[1] * 30, 3, *[2] * 30]
    assert {event.source for event in starts} == {"hook"}
    assert starts[0].t == pytest.approx(60 - 22)
    (note,) = (event for event in workload.events if event.op is Op.NOTE)
    assert (note.t, "ALERT TaskStart p95" in (note.text or "")) == (60, True)
    run = read_run(run_path(path))
    assert [line.changes for line in run.lines if line.op is RunOp.SETTING] == [
        {"limits.taskstart_ms": 100.0}
    ]
    alerts = [line.text.split(" TaskStart")[0] for line in run.lines if line.op is RunOp.ALERT]
    assert alerts == ["ALERT", "over:"]
    (listed,) = (view for view in list_playable() if not view.bundled)
    assert listed.name == path.stem
    assert listed.line.startswith("before the alert 'TaskStart p95' at ")


async def test_an_alert_that_comes_and_goes_has_one_file(watched: Service, folder: Path) -> None:
    async with watched.client() as client:
        for _ in range(3):
            await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
            await slow(watched)
            await over(client, watched)
            watched.world.engine.clock.advance(60)
        assert len(saved_in(folder)) == 1
        watched.world.engine.clock.advance(300)
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        await slow(watched)
        await until(lambda: len(saved_in(folder)) == 2)


async def test_nothing_is_saved_when_that_is_switched_off(watched: Service, folder: Path) -> None:
    async with watched.client() as client:
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1, "preroll": False}))
        await slow(watched)
        assert [alert.active for alert in watched.world.engine.monitor.alerts()] == [True]
        await ticks(watched)
    assert saved_in(folder) == []


async def test_what_cannot_be_saved_is_said_in_one_line_and_stops_nothing(
    watched: Service, folder: Path
) -> None:
    folder.parent.parent.mkdir()
    folder.parent.write_text("in the way")
    async with watched.client() as client:
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        await slow(watched)
        event = await said(client, "alert not saved")
        assert event.severity == "warning"
        assert "\n" not in event.text
        assert (await watched.host.start_task(1, source="hook")).text == "context of 1"


async def test_an_engine_that_ends_during_an_alert_has_saved_it(
    open_service: OpenService, folder: Path
) -> None:
    async with open_service(tick_s=0.005) as service, service.client() as client:
        await service.host.open_recordings()
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        await slow(service)
        await said(client, "alert saved")
        await service.host.start_task(2, source="hook")
    (path,) = saved_in(folder)
    assert read_workload(path).events[-1].task_id == 2


async def test_an_alert_that_does_not_end_has_an_end_in_its_file(
    watched: Service, folder: Path
) -> None:
    async with watched.client() as client:
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        await slow(watched)
        await said(client, "alert saved")
        for minute in range(8):
            watched.world.engine.clock.advance(59)
            await ticks(watched)
            await watched.host.start_task(3 if minute < 5 else 2, source="hook")
        assert [alert.active for alert in watched.world.engine.monitor.alerts()] == [True]
        (path,) = saved_in(folder)
        await until(lambda: read_workload(path).starts == 35)
    workload = read_workload(path)
    assert workload.duration_s <= 60 + LONGEST_AFTER_S
    assert [event.task_id for event in workload.events][-5:] == [3] * 5
