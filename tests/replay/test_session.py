"""Whole replays: a real engine on a scratch copy of a real project."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.errors import SettingError, TaskStartError, WorkloadError
from engine.replay.events import Op, WorkloadEvent
from engine.replay.report import ReplayReport
from engine.replay.session import open_replay, run_replay
from engine.replay.workload import Workload, WorkloadHeader
from engine.service.messages import PlayState
from engine.settings import Settings, with_setting
from tests.replay.doubles import note, setting, start, update
from tests.waiting import until


def workload(*events: WorkloadEvent, **header: Any) -> Workload:
    return Workload(list(events), WorkloadHeader(**header), "test")


def rename(t: float, task_id: int, name: str) -> WorkloadEvent:
    return WorkloadEvent(t=t, op=Op.TASK_UPDATE, task_id=task_id, changes={"name": name})


def files(root: Path) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


MIXED = workload(
    note(0, "a day"),
    start(0, 1),
    start(0, 2),
    rename(0, 1, "Seen by the next start"),
    start(0, 1),
    update(7_200, 3),
    start(7_200, 99_999),
    WorkloadEvent(t=7_300, op=Op.TASK_UPDATE, task_id=3, changes={"status": "nonsense"}, line=9),
    WorkloadEvent(t=7_300, op=Op.TASK_UPDATE, task_id=77_777, changes={"status": "done"}),
    start(90_000, 2),
)


async def test_a_report_tells_what_came_of_it(project: Path) -> None:
    before = files(project)
    report = await run_replay(project, MIXED, speed=0)
    assert (report.state, report.starts, report.errors) == ("finished", 5, 1)
    assert [reason.split(":")[0] for reason in report.failures] == ["not_found"]
    assert (report.writes, report.writes_without_row, report.writes_refused) == (4, 1, 1)
    assert report.refusals[0].startswith("test, line 9: ")
    assert report.latency.n == 4
    assert (report.latency.p95_ms, report.latency.p99_ms) == (None, None)
    assert sum(report.phases_ms.values()) == pytest.approx(report.latency.mean_ms, rel=0.01)
    assert report.virtual_s == 90_000
    assert report.skipped_s > 89_000
    assert not report.modeled
    assert files(project) == before
    assert msgspec.json.decode(msgspec.json.encode(report), type=ReplayReport) == report


@pytest.mark.parametrize("optimizations", ["none", "all"])
async def test_a_start_sees_the_writes_before_it_and_none_after(
    project: Path, optimizations: str
) -> None:
    day = workload(
        rename(0, 1, "first"), start(0, 1), rename(0, 1, "second"), start(0, 1), rename(1, 1, "x")
    )
    names = []
    fixed = {"optimizations": optimizations}
    async with open_replay(project, day, speed=0, fixed=fixed) as replay:
        asked = replay.engine.task_start

        async def listen(*arguments: Any, **options: Any) -> Any:
            answer = await asked(*arguments, **options)
            names.append(answer.payload["task"]["name"])
            return answer

        replay.engine.task_start = listen  # type: ignore[method-assign]
        await replay.player.run()
    assert names == ["first", "second"]


async def test_ages_and_times_follow_the_virtual_clock(project: Path) -> None:
    day = workload(rename(3_600, 1, "x"), start(3_600, 1), start="2031-01-01T00:00:00Z")
    day = msgspec.convert(msgspec.to_builtins(day), Workload)
    async with open_replay(project, day, speed=0) as replay:
        await replay.player.run()
        answer = await replay.engine.task_start(1)
    assert answer.payload["task"]["updated_at"] == "2031-01-01T01:00:00"


async def test_a_workload_starts_with_its_settings_and_the_callers_choice_wins(
    project: Path,
) -> None:
    day = workload(
        start(0, 1),
        setting(1, "other", freshness="strict", **{"optimizations.1": False, "pool_size": 2}),
        start(2, 1),
        settings={"freshness": "ttl", "optimizations": "none", "pool_size": 3},
    )
    base = with_setting(Settings(), "warming", False)
    fixed = {"optimizations": "all"}
    async with open_replay(project, day, settings=base, fixed=fixed, speed=0) as replay:
        before = replay.engine.settings
        await replay.player.run()
        after = replay.engine.settings
        report = replay.report()
    assert (before.freshness, before.pool_size, before.warming) == ("ttl", 3, False)
    assert (after.freshness, after.pool_size) == ("strict", 2)
    assert before.optimizations == after.optimizations == Settings().optimizations
    assert [part.label for part in report.segments] == ["", "other"]


async def test_stale_answers_are_counted_where_they_can_occur(project: Path) -> None:
    story = [start(0, 1), rename(1, 1, "Nobody hears of it"), start(2, 1), start(3, 1)]
    again = [msgspec.structs.replace(event, t=event.t + 100) for event in story]
    day = workload(
        *story, setting(50, "strict", freshness="strict"), *again, settings={"freshness": "ttl"}
    )
    report = await run_replay(project, day, speed=0, rest=True, fixed={"warming": False})
    ttl, strict = report.segments
    assert ttl.stale is not None
    assert (ttl.stale.checked, ttl.stale.stale) == (2, 2)
    assert strict.stale is None
    assert report.stale == ttl.stale


async def test_clearing_the_caches_makes_the_next_start_cold(project: Path) -> None:
    clear = WorkloadEvent(t=5, op=Op.SETTING, clear_caches=True, label="restart")
    day = workload(start(0, 1), start(1, 1), clear, start(6, 1), start(7, 1))
    report = await run_replay(project, day, speed=0, rest=True, fixed={"warming": False})
    assert [(part.starts, part.warm) for part in report.segments] == [(2, 1), (2, 1)]


async def test_warming_in_the_gaps_makes_starts_warm(project: Path) -> None:
    day = workload(*(start(10 * number, number) for number in range(1, 13)))
    cold = await run_replay(project, day, speed=0, rest=True, fixed={"warming": False})
    warm = await run_replay(project, day, speed=0, rest=True)
    assert cold.warm == 0
    assert warm.warm == 12


async def test_stopping_and_cancelling_leave_nothing_behind(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    await asyncio.to_thread(folder.mkdir)
    long = workload(start(0, 1), start(3_600, 2), idle_gap_s=3_600.0)
    async with open_replay(project, long, scratch_parent=folder) as replay:
        playing = asyncio.create_task(replay.player.run())
        await until(lambda: replay.player.tally.starts > 0)
        replay.player.stop()
        await playing
        assert replay.player.state is PlayState.STOPPED
        assert entries(folder)
    assert not entries(folder)

    async def play() -> None:
        async with open_replay(project, long, scratch_parent=folder) as replay:
            begun.set()
            await replay.player.run()

    begun = asyncio.Event()
    playing = asyncio.create_task(play())
    await begun.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert not entries(folder)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_cannot_be_played_is_said_in_one_line(project: Path, tmp_path: Path) -> None:
    bad = workload(start(0, 1), settings={"pool_size": "many"})
    with pytest.raises(WorkloadError, match="test: pool_size wants a number"):
        await run_replay(project, bad)
    missing = workload(start(0, 1), setting(0, "x", profile="no-such-profile"))
    with pytest.raises(WorkloadError, match=r"line 0: .*no-such-profile"):
        await run_replay(project, missing, speed=0)
    with pytest.raises(SettingError):
        await run_replay(project, workload(start(0, 1)), fixed={"profile": "no-such-profile"})
    with pytest.raises(TaskStartError):
        await run_replay(tmp_path / "nowhere", workload(start(0, 1)))


PLAY = """
    import asyncio, sys
    from pathlib import Path
    from engine.replay.session import run_replay
    from engine.replay.workload import read_workload

    async def main():
        report = await run_replay(Path(sys.argv[1]), read_workload(Path(sys.argv[2])), speed=0)
        print(report.starts, "textual" in sys.modules, "numpy" in sys.modules)

    asyncio.run(main())
"""


def test_a_headless_replay_loads_neither_screen_nor_numpy(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"t":0,"op":"taskstart","task_id":1}\n')
    command = [sys.executable, "-c", textwrap.dedent(PLAY), str(project), str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "1 False False\n"
