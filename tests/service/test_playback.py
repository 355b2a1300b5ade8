"""Replays, asked for through the socket as a console does."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import WorkloadError
from engine.service import host
from engine.service.client import EngineClient, RefusedError
from engine.service.messages import (
    ChangeSettings,
    EngineState,
    ListScenarios,
    PausePlayback,
    Play,
    PlayState,
    SaveSettings,
    ScenarioList,
    SetSpeed,
    StepSpeed,
    StopPlayback,
    TrafficSource,
)
from engine.service.playback_speed import next_speed
from tests.service.conftest import OpenService, Service
from tests.service.watching import events_until, shown, ticks
from tests.waiting import until


async def test_settings_commands_change_what_is_displayed_and_never_the_live_engine(
    client: EngineClient, service: Service
) -> None:
    await client.do(ChangeSettings(changes={"pool_size": 5}))
    await client.do(Play(name="the-plan"))
    replay = service.world.replays.opened[0]
    assert replay.engine.settings.pool_size == 5, "a replay begins with the live settings"
    snapshot = await shown(client)
    assert snapshot.source is TrafficSource.REPLAY
    assert snapshot.can_undo == "", "a replay has a history of its own"
    await client.do(ChangeSettings(changes={"pool_size": 7}))
    await replay.change_settings({"optimizations": "none"}, "all off", True)
    assert replay.engine.settings.pool_size == 7
    assert replay.engine.cleared == 1
    assert service.world.engine.settings.pool_size == 5
    assert service.world.engine.settings.optimizations
    await client.do(StopPlayback(leave=True))
    snapshot = await shown(client)
    assert snapshot.playback is None
    assert snapshot.can_undo == "connections 4 → 5"
    assert service.world.replays.closed == ["the-plan"]


async def test_saving_during_a_replay_saves_ones_own_changes_only(
    client: EngineClient, service: Service
) -> None:
    await client.do(Play(name="the-plan"))
    replay = service.world.replays.opened[0]
    await replay.change_settings({"freshness": "ttl"}, "", False)
    await client.do(ChangeSettings(changes={"caches.rows.ttl_seconds": 60}))
    await client.do(SaveSettings())
    text = (service.world.root / "taskstart.toml").read_text()
    assert text == "[caches.rows]\nttl_seconds = 60\n"


async def test_a_replay_can_be_paused_sped_up_and_stopped(
    client: EngineClient, service: Service
) -> None:
    await client.do(Play(name="the-plan", speed=2))
    player = service.world.replays.opened[0].player
    assert player.speed == 2
    assert await client.do(PausePlayback()) == "paused"
    assert player.state is PlayState.PAUSED
    assert await client.do(PausePlayback()) == "goes on"
    assert await client.do(SetSpeed(speed=0)) == "as fast as possible"
    with pytest.raises(RefusedError, match="no speed"):
        await client.do(SetSpeed(speed=-1))
    assert await client.do(StopPlayback()) == "stopped"
    playback = (await shown(client)).playback
    assert playback is not None
    assert playback.state is PlayState.STOPPED


async def test_quick_presses_each_double_or_halve_the_speed(
    client: EngineClient, service: Service
) -> None:
    await client.do(Play(name="the-plan"))
    player = service.world.replays.opened[0].player
    # No snapshot is awaited between them: each steps from where the one before has led.
    for _ in range(3):
        await client.do(StepSpeed(direction=1))
    assert player.speed == 8
    assert await client.do(StepSpeed(direction=-1)) == "speed ×4"
    for _ in range(9):
        told = await client.do(StepSpeed(direction=1))
    assert (told, player.speed) == ("as fast as possible", 0)
    assert await client.do(StepSpeed(direction=-1)) == "speed ×64"


@given(st.floats(0.25, 64), st.integers(1, 12))
def test_the_speed_doubles_and_halves_and_stays_at_both_ends(speed: float, presses: int) -> None:
    faster = next_speed(speed, 1)
    assert faster in (2 * speed, 0)
    assert faster == 0 or next_speed(faster, -1) == speed
    for _ in range(presses):
        speed = next_speed(speed, -1)
        assert speed >= 0.25
    assert next_speed(0, 1) == 0


async def test_a_replay_that_nobody_watches_any_more_is_left(
    open_service: OpenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "REPLAY_KEPT_S", 0.0)
    async with open_service(tick_s=0.01) as service:
        service.server.on_viewers = service.host.lifetime.viewers_are
        async with service.client() as client:
            await client.do(Play(name="the-plan"))
            await ticks(service)
            assert service.host.playback.view() is not None
        await until(lambda: service.world.replays.closed == ["the-plan"])
        assert service.host.playback.view() is None


async def test_the_result_is_told_kept_and_listed(client: EngineClient, service: Service) -> None:
    await client.do(Play(name="the-plan"))
    service.world.replays.opened[0].player.finish()
    event = await events_until(client, "the-plan has finished")
    assert event.text == "p50 1 ms"
    playback = (await shown(client)).playback
    assert playback is not None
    assert playback.state is PlayState.FINISHED, "the result stays on display"
    found = await client.ask(ListScenarios(), ScenarioList)
    assert found.scenarios[0].last_result == "p50 1 ms"


async def test_the_list_says_what_a_scenario_would_be_under_the_profile_in_force(
    client: EngineClient,
) -> None:
    async def modeled() -> bool:
        found = await client.ask(ListScenarios(), ScenarioList)
        return found.scenarios[1].modeled

    assert not await modeled()
    await client.do(ChangeSettings(changes={"profile": "plan"}))
    assert await modeled(), "it says nothing of costs: it takes those in force"
    await client.do(ChangeSettings(changes={"profile": "native"}))
    await client.do(Play(name="the-plan"))
    assert not await modeled(), "another replay's own costs are its own"


async def test_a_replay_that_fails_says_so(client: EngineClient, service: Service) -> None:
    await client.do(Play(name="broken"))
    service.world.replays.opened[0].player.finish(WorkloadError("line 3 is wrong"))
    event = await events_until(client, "broken failed")
    assert event.severity == "error"
    assert "line 3" in event.text
    await client.do(StopPlayback(leave=True))


async def test_a_scenario_that_does_not_exist_changes_nothing(
    client: EngineClient, service: Service
) -> None:
    with pytest.raises(RefusedError, match="no scenario called"):
        await client.do(Play(name="missing"))
    snapshot = await shown(client)
    assert snapshot.playback is None
    assert snapshot.engine is EngineState.READY


async def test_playing_another_takes_the_place_of_the_first(
    client: EngineClient, service: Service
) -> None:
    await client.do(Play(name="first"))
    await client.do(Play(name="second"))
    assert service.world.replays.closed == ["first"]
    playback = (await shown(client)).playback
    assert playback is not None
    assert playback.name == "second"


@pytest.mark.parametrize("leave", [True, False])
async def test_a_replay_that_is_being_prepared_can_be_given_up(
    client: EngineClient, service: Service, leave: bool
) -> None:
    service.world.replays.preparing = asyncio.Event()
    playing = asyncio.create_task(client.do(Play(name="/home/you/large.jsonl.gz")))
    async with asyncio.timeout(5):
        while (playback := (await shown(client)).playback) is None:
            pass
    assert (playback.state, playback.name) == (PlayState.PREPARING, "large")
    await client.do(StopPlayback(leave=leave))
    with pytest.raises(RefusedError, match="given up"):
        await playing
    assert (await shown(client)).playback is None


async def test_a_scenario_hands_over_to_the_next(client: EngineClient, service: Service) -> None:
    service.host.playback.hand_over_s = 0.0
    service.world.replays.then = {"the-plan": "workday"}
    await client.do(Play(name="the-plan", speed=3))
    service.world.replays.opened[0].player.finish()
    await until(lambda: len(service.world.replays.opened) == 2)
    second = service.world.replays.opened[1].player
    assert (second.name, second.speed) == ("workday", 3)
    assert service.world.replays.closed == ["the-plan"]


def hands_over() -> bool:
    return any(task.get_name() == "hand-over" for task in asyncio.all_tasks())


async def test_leaving_before_the_hand_over_calls_it_off(
    client: EngineClient, service: Service
) -> None:
    service.host.playback.hand_over_s = 60.0
    service.world.replays.then = {"the-plan": "workday"}
    await client.do(Play(name="the-plan"))
    service.world.replays.opened[0].player.finish()
    await events_until(client, "the-plan has finished")
    assert hands_over()
    await client.do(StopPlayback(leave=True))
    assert not hands_over()


async def test_a_hand_over_that_cannot_be_is_told(client: EngineClient, service: Service) -> None:
    service.host.playback.hand_over_s = 0.0
    service.world.replays.then = {"the-plan": "missing"}
    await client.do(Play(name="the-plan"))
    service.world.replays.opened[0].player.finish()
    assert "no scenario" in (await events_until(client, "missing cannot play")).text
