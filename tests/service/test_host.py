"""What commands do, asked through the socket as a console does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.errors import ProjectError, SettingError, WorkloadError
from engine.service.client import EngineClient, RefusedError
from engine.service.messages import (
    AcknowledgeAlert,
    ChangeSettings,
    ClearCaches,
    EngineState,
    Event,
    GetStart,
    ListScenarios,
    ListStarts,
    MeasureAllOff,
    PausePlayback,
    Play,
    PlayState,
    Redo,
    ResetSettings,
    SaveSettings,
    ScenarioList,
    SetSpeed,
    SetWindow,
    Snapshot,
    StartDetail,
    StartList,
    StartTask,
    StopPlayback,
    ToggleRecording,
    TrafficSource,
    Undo,
)
from engine.settings import Settings
from tests.service.conftest import OpenService, Service, until
from tests.service.fakes import World


async def shown(client: EngineClient, events: list[Event] | None = None) -> Snapshot:
    """A snapshot that was made after now."""
    waits = 5  # so many may have been under way already
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Event):
                if events is not None:
                    events.append(message)
            else:
                waits -= 1
                if not waits:
                    return message
    raise AssertionError("no snapshot came")


async def events_until(client: EngineClient, title: str) -> Event:
    async with asyncio.timeout(5):
        async for message in client.messages():
            if isinstance(message, Event) and message.title == title:
                return message
    raise AssertionError(f"no event {title!r} came")


# ---- the live engine ------------------------------------------------------------------------


async def test_a_snapshot_shows_settings_and_what_can_be_undone(client: EngineClient) -> None:
    await client.do(ChangeSettings(changes={"caches.answers.ttl_seconds": "1 day"}))
    snapshot = await shown(client)
    assert snapshot.settings["caches.answers.ttl_seconds"] == 86_400.0
    assert snapshot.can_undo == "answers keep for 30 min → 1 day"
    assert [mark.label for mark in snapshot.marks] == [snapshot.can_undo]
    assert await client.do(Undo()) == "taken back: answers keep for 30 min → 1 day"
    snapshot = await shown(client)
    assert snapshot.settings["caches.answers.ttl_seconds"] == 1_800.0
    assert (snapshot.can_undo, snapshot.can_redo) == ("", "answers keep for 30 min → 1 day")
    await client.do(Redo())
    assert (await shown(client)).settings["caches.answers.ttl_seconds"] == 86_400.0


async def test_two_consoles_share_one_history(service: Service) -> None:
    async with service.client() as first, service.client() as second:
        await asyncio.gather(
            *(first.do(ChangeSettings(changes={"pool_size": n})) for n in range(10, 20)),
            *(second.do(ChangeSettings(changes={"bounded_ms": n})) for n in range(20, 30)),
        )
        for _ in range(20):
            await second.do(Undo())
        assert service.world.engine.settings == Settings()
        with pytest.raises(RefusedError, match="no change to take back"):
            await first.do(Undo())


async def test_reset_is_one_step(client: EngineClient, service: Service) -> None:
    await client.do(ChangeSettings(changes={"pool_size": 9, "freshness": "ttl"}))
    await client.do(ResetSettings())
    assert service.world.engine.settings == Settings()
    await client.do(Undo())
    assert service.world.engine.settings.pool_size == 9


async def test_save_writes_the_projects_file(client: EngineClient, service: Service) -> None:
    path = service.world.root / "taskstart.toml"
    assert await client.do(SaveSettings()) == "taskstart.toml has these settings already"
    assert not path.exists()
    await client.do(ChangeSettings(changes={"pool_size": 9}))
    assert await client.do(SaveSettings()) == f"1 setting saved to {path}"
    assert path.read_text() == "pool_size = 9\n"


async def test_starts_are_listed_paged_and_shown(client: EngineClient) -> None:
    for task_id in (1, 2, 3):
        detail = await client.ask(StartTask(task_id=task_id), StartDetail)
        assert detail.start.task_id == task_id
        assert detail.text == f"context of {task_id}"
    listed = await client.ask(ListStarts(limit=2), StartList)
    assert [view.task_id for view in listed.starts] == [3, 2]
    older = await client.ask(ListStarts(before=listed.starts[-1].id), StartList)
    assert [view.task_id for view in older.starts] == [1]
    detail = await client.ask(GetStart(id=older.starts[0].id), StartDetail)
    assert detail.start.source == "console"


async def test_a_start_that_fails_is_shown_with_its_reason(client: EngineClient) -> None:
    detail = await client.ask(StartTask(task_id=99), StartDetail)
    assert detail.start.error == "Task 99 not found"
    assert detail.text == ""


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
    for command in (PausePlayback(), SetSpeed(speed=2), StopPlayback()):
        with pytest.raises(RefusedError, match="no replay is on"):
            await client.do(command)
    assert await client.do(StopPlayback(leave=True)) == "back to live traffic"


async def test_the_trial_leaves_the_engine_alone(client: EngineClient, service: Service) -> None:
    assert await client.do(MeasureAllOff()) == "measured on 3 tasks"
    snapshot = await shown(client)
    assert snapshot.trial is not None
    assert (snapshot.trial.all_off_ms, snapshot.trial.cold_ms) == (20.0, 2.0)
    assert snapshot.phases.all_off_starts == 3
    assert snapshot.traffic.starts == 0
    assert service.world.engine.settings == Settings()
    assert len(service.world.engines) == 3


async def test_the_trial_is_made_once_somebody_looks_at_an_idle_engine(
    open_service: OpenService,
) -> None:
    async with open_service(tick_s=0.01) as service:
        await asyncio.sleep(0.05)
        assert len(service.world.engines) == 1, "nobody looks: nothing is measured"
        async with service.client() as client:
            await until(lambda: len(service.world.engines) == 3)
            while (await shown(client)).trial is None:
                pass
            await asyncio.sleep(0.05)
        assert len(service.world.engines) == 3, "it is measured once"


async def test_no_trial_disturbs_an_engine_that_is_at_work(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service:
        await service.world.engine.task_start(1)
        async with service.client() as client:
            await shown(client)
            await asyncio.sleep(0.05)
            assert len(service.world.engines) == 1


async def test_no_trial_disturbs_a_replay(open_service: OpenService) -> None:
    async with open_service(tick_s=0.05) as service, service.client() as client:
        await client.do(Play(name="workday"))
        await asyncio.sleep(0.15)
        assert len(service.world.engines) == 1


async def test_alerts_of_what_is_displayed_become_events(open_service: OpenService) -> None:
    async with open_service(tick_s=0.01) as service, service.client() as client:
        engine = service.world.engine
        await client.do(ChangeSettings(changes={"limits.taskstart_ms": 1}))
        engine.clock.advance(0.1)
        for _ in range(40):
            await engine.task_start(1)
        await asyncio.sleep(0.03)
        engine.clock.advance(1.5)
        event = await events_until(client, "ALERT")
        assert "TaskStart p95" in event.text
        assert (await shown(client)).alerts[0].active


async def test_a_bug_in_a_command_is_answered_too(
    client: EngineClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(service.world.engine, "clear_caches", broken)
    with pytest.raises(RefusedError, match="ClearCaches failed"):
        await client.do(ClearCaches())
    await shown(client)


# ---- before it is open, and when it cannot be ------------------------------------------------


async def test_while_it_starts_there_is_something_to_see(
    open_service: OpenService, tmp_path: Path
) -> None:
    world = World(tmp_path)
    world.opens = False
    async with open_service(world) as service, service.client() as client:
        snapshot = await shown(client)
        assert snapshot.engine is EngineState.STARTING
        assert snapshot.project.name == "folder"
        assert snapshot.settings["pool_size"] == 4


async def test_an_engine_that_cannot_start_says_why(
    open_service: OpenService, tmp_path: Path
) -> None:
    world = World(tmp_path, ProjectError("no database", "make one"))
    async with open_service(world) as service, service.client() as client:
        snapshot = await shown(client)
        assert snapshot.engine is EngineState.FAILED
        assert snapshot.engine_error == "no database: make one"
        with pytest.raises(RefusedError, match="no database"):
            await client.do(ChangeSettings(changes={"pool_size": 9}))


async def test_a_wrong_settings_file_keeps_the_engine_from_starting(
    open_service: OpenService, tmp_path: Path
) -> None:
    (tmp_path / "taskstart.toml").write_text("pool_size = 0\n")
    world = World(tmp_path, SettingError("never reached"))
    async with open_service(world) as service, service.client() as client:
        assert "line 1: pool_size" in (await shown(client)).engine_error


# ---- replays --------------------------------------------------------------------------------


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
    assert text == "[caches.rows]\nttl_seconds = 60.0\n"


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
    playing = asyncio.create_task(client.do(Play(name="large")))
    async with asyncio.timeout(5):
        while (playback := (await shown(client)).playback) is None:
            pass
    assert playback.state is PlayState.PREPARING
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


async def test_leaving_before_the_hand_over_calls_it_off(
    client: EngineClient, service: Service
) -> None:
    service.host.playback.hand_over_s = 0.05
    service.world.replays.then = {"the-plan": "workday"}
    await client.do(Play(name="the-plan"))
    service.world.replays.opened[0].player.finish()
    await events_until(client, "the-plan has finished")
    await client.do(StopPlayback(leave=True))
    await asyncio.sleep(0.1)
    assert len(service.world.replays.opened) == 1


async def test_a_hand_over_that_cannot_be_is_told(client: EngineClient, service: Service) -> None:
    service.host.playback.hand_over_s = 0.0
    service.world.replays.then = {"the-plan": "missing"}
    await client.do(Play(name="the-plan"))
    service.world.replays.opened[0].player.finish()
    assert "no scenario" in (await events_until(client, "missing cannot play")).text


# ---- recording ------------------------------------------------------------------------------


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
