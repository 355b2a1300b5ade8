"""Playing: order, times, concurrency, and being told what to do meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import NotFoundError, SettingError, WorkloadError
from engine.replay.events import WorkloadEvent
from engine.replay.workload import WorkloadHeader
from engine.service.messages import PlayState
from tests.replay.doubles import MS, S, Stage, make_stage, note, setting, start, update


def intended_s(stage: Stage, began_ns: int) -> list[float]:
    return [(sent.intended_ns - began_ns) / S for sent in stage.engine.sent]


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("speed", [1.0, 4.0, 0.5])
async def test_starts_are_intended_at_their_times(speed: float) -> None:
    stage = make_stage(start(0, 1), start(1.5, 2), start(10, 3), speed=speed)
    began = stage.wall.ns
    await stage.player.run()
    assert intended_s(stage, began) == [0, 1.5 / speed, 10 / speed]
    assert [sent.virtual_s for sent in stage.engine.sent] == [0, 1.5, 10]
    view = stage.player.view()
    assert view.state is PlayState.FINISHED
    assert (view.starts, view.total_starts, view.worst_behind_ms) == (3, 3, 0)
    assert view.position_s == view.duration_s == 10 / speed


async def test_a_slow_engine_does_not_hold_up_the_starts_that_follow() -> None:
    stage = make_stage(start(0, 1), start(1, 2), start(2, 3))
    stage.engine.hold[1] = asyncio.Event()
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert stage.log == ["start 1", "start 2", "answer 2", "start 3", "answer 3"]
    assert not playing.done()
    stage.engine.hold[1].set()
    await playing
    assert stage.player.tally.starts == 3


async def test_starts_of_one_instant_are_concurrent_and_a_write_waits_for_them() -> None:
    stage = make_stage(start(1, 1), start(1, 2), update(1, 9), start(1, 3))
    stage.engine.hold = {1: asyncio.Event(), 2: asyncio.Event()}
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert stage.log == ["start 1", "start 2"]
    stage.engine.hold[2].set()
    await turns()
    assert stage.log[2:] == ["answer 2"]
    stage.engine.hold[1].set()
    await playing
    assert stage.log[3:] == ["answer 1", "write 9", "written 9", "start 3", "answer 3"]


async def test_a_write_does_not_wait_for_starts_of_an_earlier_instant() -> None:
    stage = make_stage(start(1, 1), update(2, 9))
    stage.engine.hold[1] = asyncio.Event()
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert stage.log == ["start 1", "write 9", "written 9"]
    stage.engine.hold[1].set()
    await playing


async def test_as_fast_as_possible_ends_an_instant_before_the_next() -> None:
    stage = make_stage(start(1, 1), start(1, 2), start(50_000, 3), update(90_000, 3), speed=0)
    stage.engine.hold[1] = asyncio.Event()
    began = stage.wall.ns
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert stage.log == ["start 1", "start 2", "answer 2"]
    stage.engine.hold[1].set()
    await playing
    assert stage.wall.ns == began
    assert [sent.virtual_s for sent in stage.engine.sent] == [1, 1, 50_000]
    assert stage.clock.monotonic() == 90_000
    assert stage.player.view().skipped_s == stage.player.schedule.skipped_s > 0


async def test_background_work_gets_the_gaps_but_nothing_within_an_instant() -> None:
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    stage = make_stage(
        start(0, 1), start(0.25, 2), update(0.25, 2), start(90, 3), speed=0, rest=rest
    )
    await stage.player.run()
    # At each gap's beginning, and what is left of it at its end.
    assert rests == pytest.approx([0.25, 0.25, 1.0, 1.0], abs=0.05)


async def test_idle_time_is_skipped_for_the_wall_only() -> None:
    header = WorkloadHeader(idle_gap_s=2.0)
    stage = make_stage(start(0, 1), start(5_000, 2), start(5_001, 3), header=header)
    began = stage.wall.ns
    await stage.player.run()
    assert intended_s(stage, began) == [0, 2, 3]
    assert [sent.virtual_s for sent in stage.engine.sent] == [0, 5_000, 5_001]
    view = stage.player.view()
    assert (view.skipped_s, view.virtual_s, view.virtual_duration_s) == (4_998, 5_001, 5_001)


async def test_falling_behind_is_told_and_counted_from_the_intended_moment() -> None:
    stage = make_stage(update(1, 9), start(1.010, 1), start(2, 2))
    stage.writer.during = lambda event: stage.wall.spend(50 * MS)
    began = stage.wall.ns
    await stage.player.run()
    assert intended_s(stage, began) == [1.010, 2.0]
    view = stage.player.view()
    assert view.worst_behind_ms == pytest.approx(40)
    assert view.behind_ms == 0


async def test_a_start_after_a_write_of_its_instant_is_intended_when_the_write_is_done() -> None:
    stage = make_stage(start(1, 1), update(1, 9), start(1, 2), start(1.010, 3))
    stage.writer.during = lambda event: stage.wall.spend(50 * MS)
    began = stage.wall.ns
    await stage.player.run()
    # The next instant keeps to the schedule, so it is behind.
    assert intended_s(stage, began) == [1, 1.050, 1.010]
    assert stage.player.view().worst_behind_ms == pytest.approx(40)


async def test_a_pause_sends_nothing_and_shifts_what_follows() -> None:
    stage: Stage = make_stage(
        start(0, 1),
        start(1, 2),
        start(2, 3),
        on_event=lambda event: stage.player.pause() if event.task_id == 2 else None,
    )
    began = stage.wall.ns
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert stage.player.state is PlayState.PAUSED
    stage.wall.spend(60 * S)
    await turns()
    assert [sent.task_id for sent in stage.engine.sent] == [1, 2]
    assert stage.player.view().position_s == pytest.approx(1)
    stage.player.resume()
    await playing
    assert intended_s(stage, began) == [0, 1, 62]
    assert stage.player.played_s == pytest.approx(2)
    assert stage.player.view().worst_behind_ms == 0


async def test_a_new_speed_acts_from_here() -> None:
    stage: Stage = make_stage(
        start(0, 1),
        start(10, 2),
        start(20, 3),
        on_event=lambda event: stage.player.set_speed(5) if event.task_id == 2 else None,
    )
    began = stage.wall.ns
    await stage.player.run()
    assert intended_s(stage, began) == [0, 10, 12]


async def test_speeds_up_to_as_fast_as_possible_and_back() -> None:
    def turn(event: WorkloadEvent) -> None:
        stage.player.set_speed({2: 0.0, 3: 1.0}.get(event.task_id or 0, stage.player.view().speed))

    events = [start(0, 1), start(10, 2), start(500, 3), start(501, 4)]
    stage = make_stage(*events, on_event=turn, idle_gap_s=1e9)
    began = stage.wall.ns
    await stage.player.run()
    assert intended_s(stage, began) == [0, 10, 10, 11]


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
async def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    stage = make_stage(start(0, 1))
    with pytest.raises(ValueError, match="no speed"):
        stage.player.set_speed(speed)
    with pytest.raises(ValueError, match="no speed"):
        make_stage(start(0, 1), speed=speed)


@pytest.mark.parametrize("speed", [0.0, 1.0])
async def test_stop_gives_up_what_is_under_way(speed: float) -> None:
    stage = make_stage(start(0, 1), start(0, 2), update(0, 3), start(9, 4), speed=speed)
    stage.engine.hold[1] = asyncio.Event()
    playing = asyncio.create_task(stage.player.run())
    await turns()
    stage.player.stop()
    await asyncio.wait_for(playing, 5)
    view = stage.player.view()
    assert (view.state, view.starts, view.writes) == (PlayState.STOPPED, 1, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stop_ends_a_pause() -> None:
    stage: Stage = make_stage(start(0, 1), start(5, 2), on_event=lambda event: stage.player.pause())
    playing = asyncio.create_task(stage.player.run())
    await turns()
    stage.player.stop()
    await asyncio.wait_for(playing, 5)
    assert stage.player.state is PlayState.STOPPED


async def test_stop_before_it_began_plays_nothing() -> None:
    stage = make_stage(start(0, 1))
    stage.player.stop()
    await stage.player.run()
    assert stage.player.state is PlayState.STOPPED
    assert stage.log == []


async def test_pause_and_stop_after_the_end_change_nothing() -> None:
    stage = make_stage(start(0, 1))
    await stage.player.run()
    stage.player.pause()
    stage.player.resume()
    stage.player.stop()
    assert stage.player.state is PlayState.FINISHED


async def test_a_cancelled_replay_leaves_no_task_behind() -> None:
    stage = make_stage(start(0, 1), start(1, 2))
    stage.engine.hold = {1: asyncio.Event(), 2: asyncio.Event()}
    playing = asyncio.create_task(stage.player.run())
    await turns()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert stage.player.state is PlayState.STOPPED


async def test_a_start_that_fails_is_counted_and_the_replay_goes_on() -> None:
    stage = make_stage(start(0, 1), start(1, 2), start(2, 1), start(3, 4))
    stage.engine.fail = lambda task_id: NotFoundError("no task 1") if task_id == 1 else None
    await stage.player.run()
    tally = stage.player.tally
    assert (tally.starts, tally.answers, tally.errors) == (4, 2, 2)
    assert tally.failures == {"not_found: no task 1": 2}
    assert stage.player.view().result.endswith("2 failed")


async def test_a_fault_of_the_engine_ends_the_replay_and_is_not_hidden() -> None:
    stage = make_stage(start(0, 1), start(0, 2), start(5, 3))
    stage.engine.hold[1] = asyncio.Event()
    stage.engine.fail = lambda task_id: ZeroDivisionError("bug") if task_id == 2 else None
    with pytest.raises(ZeroDivisionError):
        await stage.player.run()
    view = stage.player.view()
    assert view.state is PlayState.FAILED
    assert "bug" in view.error
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_refused_write_is_counted_with_its_line() -> None:
    def refuse(event: WorkloadEvent) -> None:
        raise WorkloadError("CHECK constraint failed")

    stage = make_stage(update(0, 1), start(1, 2))
    stage.writer.during = refuse
    await stage.player.run()
    tally = stage.player.tally
    assert (tally.writes, tally.writes_refused) == (1, 1)
    assert tally.refusals == ["test, line 0: CHECK constraint failed"]
    assert stage.player.state is PlayState.FINISHED


async def test_settings_split_the_measurement_and_are_announced() -> None:
    events = [setting(0, "all off"), note(0, "watch"), start(1, 1), setting(4, "all on", a=1)]
    stage = make_stage(*events, start(9, 2), header=WorkloadHeader(result="warm", then="next"))
    seen = []

    def look() -> None:
        view = stage.player.view()
        seen.append((view.caption, view.next_label, view.next_in_s, view.virtual_s))

    stage.engine.fail = lambda task_id: look()
    await stage.player.run()
    assert seen == [("watch", "all on", 3, 1), ("watch", "", None, 9)]
    assert stage.settings == [({}, "all off", False), ({"a": 1}, "all on", False)]
    assert [part.label for part in stage.player.tally.segments] == ["", "all off", "all on"]
    assert stage.player.view().result == "warm 0 → 100 %"
    assert stage.player.view().then == "next"


async def test_a_setting_that_is_not_accepted_ends_the_replay_with_its_line() -> None:
    async def refuse(changes: object, label: str, clear: bool) -> None:
        raise SettingError("no profile 'x'")

    stage = make_stage(setting(0, "x", profile="x"), start(1, 1), change_settings=refuse)
    with pytest.raises(WorkloadError, match="line 0: no profile 'x'"):
        await stage.player.run()
    assert stage.player.state is PlayState.FAILED
    assert "no profile" in stage.player.view().error


async def test_no_more_starts_are_under_way_than_the_memory_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.replay.player.MOST_IN_FLIGHT", 3)
    stage = make_stage(*(start(0, number) for number in range(5)))
    stage.engine.hold = {number: asyncio.Event() for number in range(5)}
    playing = asyncio.create_task(stage.player.run())
    await turns()
    assert [sent.task_id for sent in stage.engine.sent] == [0, 1, 2]
    for event in stage.engine.hold.values():
        event.set()
    await playing
    assert stage.player.tally.starts == 5


async def test_kinds_of_starts_are_told_apart() -> None:
    stage = make_stage(
        *(start(0, 1), start(5, 1), update(9, 1), note(9, "x"), start(9, 1), start(9, 2)), speed=0
    )
    await stage.player.run()
    counts = {kind.value: group.starts for kind, group in stage.player.tally.kinds.items()}
    assert counts == {"first": 2, "same_instant": 1, "other": 1}
