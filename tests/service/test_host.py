"""Alerts, caches and what else commands do, asked through the socket as a console does."""

from __future__ import annotations

import pytest

from engine.core.request import Request
from engine.core.staleness import StaleExample
from engine.service.client import EngineClient, RefusedError
from engine.service.messages import (
    AcknowledgeAlert,
    ChangeSettings,
    ClearCaches,
    GetStaleExamples,
    PausePlayback,
    SetSpeed,
    SetWindow,
    StaleExamples,
    StaleExampleView,
    StepSpeed,
    StopPlayback,
)
from tests.service.conftest import OpenService, Service
from tests.service.watching import events_until, shown, ticks


async def test_the_rest_of_the_commands_say_what_they_did(
    client: EngineClient, service: Service
) -> None:
    assert await client.do(ClearCaches()) == "all cached values are forgotten"
    assert service.world.engine.cleared == 1
    await client.do(SetWindow(seconds=5))
    assert (await shown(client)).window.label == "last 5 s"
    with pytest.raises(RefusedError):
        await client.do(SetWindow(seconds=-1))
    with pytest.raises(RefusedError, match="no alert 5"):
        await client.do(AcknowledgeAlert(id=5))
    for command in (PausePlayback(), SetSpeed(speed=2), StepSpeed(direction=1), StopPlayback()):
        with pytest.raises(RefusedError, match="no replay is on"):
            await client.do(command)
    assert await client.do(StopPlayback(leave=True)) == "back to live traffic"


async def test_alerts_of_what_is_displayed_become_events(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service, service.client() as client:
        engine = service.world.engine
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        engine.clock.advance(0.1)
        for _ in range(40):
            await engine.task_start(1)
        await ticks(service)
        engine.clock.advance(1.5)
        event = await events_until(client, "ALERT")
        assert "TaskStart p95" in event.text
        assert (await shown(client)).alerts[0].active


async def test_stale_answers_are_given_beside_the_right_ones_newest_first(
    client: EngineClient, service: Service
) -> None:
    assert (await client.ask(GetStaleExamples(), StaleExamples)).examples == []
    service.world.engine.examples += [
        StaleExample(Request(1, None), 2.5, "old", "new"),
        StaleExample(Request(2, "tester"), 60.0, "was there", ""),
    ]
    found = await client.ask(GetStaleExamples(), StaleExamples)
    assert found.examples == [
        StaleExampleView(
            task_id=2, agent_role="tester", age_s=60.0, served="was there", current=""
        ),
        StaleExampleView(task_id=1, agent_role=None, age_s=2.5, served="old", current="new"),
    ]


async def test_a_bug_in_a_command_is_answered_too(
    client: EngineClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(service.world.engine, "clear_caches", broken)
    with pytest.raises(RefusedError, match="ClearCaches failed"):
        await client.do(ClearCaches())
    await shown(client)
