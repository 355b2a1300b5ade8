"""Recording live starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.clock import VirtualClock
from engine.errors import WorkloadError
from engine.replay import recorder as module
from engine.replay.events import Op
from engine.replay.recorder import Recorder, recording_path
from engine.replay.workload import read_workload

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_a_recording_is_a_workload_of_the_same_requests(tmp_path: Path) -> None:
    path, clock = tmp_path / "new" / "monday.jsonl", VirtualClock(START)
    clock.advance(1000)
    async with Recorder(path, clock=clock) as recorder:
        recorder.record(1, "python-implementer")
        clock.advance(2.5)
        recorder.record(2, None)
        recorder.record(1, 'quo"te\n')
        assert recorder.recorded == 3
    workload = read_workload(path)
    assert workload.header.start is not None
    assert (workload.header.start - START).total_seconds() == 1000
    assert [(event.t, event.op, event.task_id, event.agent_role) for event in workload.events] == [
        (0, Op.TASKSTART, 1, "python-implementer"),
        (2.5, Op.TASKSTART, 2, None),
        (2.5, Op.TASKSTART, 1, 'quo"te\n'),
    ]


async def test_a_recording_can_be_continued_even_after_half_a_line(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock) as recorder:
        clock.advance(5)
        recorder.record(1, None)
    with path.open("ab") as file:
        file.write(b'{"t":6.0,"op":"tasks')
    clock.advance(95)
    async with Recorder(path, clock=clock) as recorder:
        recorder.record(2, None)
    # A wall clock that was set back does not turn the recording back.
    async with Recorder(path, clock=VirtualClock(START)) as recorder:
        recorder.record(3, None)
    events = read_workload(path).events
    assert [(event.t, event.task_id) for event in events] == [(5, 1), (100, 2), (100, 3)]


async def test_a_file_whose_header_was_cut_off_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"workload":1,"sta')
    async with Recorder(path, clock=VirtualClock(START)) as recorder:
        recorder.record(1, None)
    assert len(read_workload(path).events) == 1


async def test_two_recorders_never_share_a_file(tmp_path: Path) -> None:
    async with Recorder(tmp_path / "w.jsonl"):
        with pytest.raises(WorkloadError, match="another process is recording"):
            async with Recorder(tmp_path / "w.jsonl"):
                pass


@pytest.mark.parametrize(
    "content", ["hello\n", "{}\n", '{"t":0,"op":"taskstart","task_id":1}\n', "hello", "[1]\n"]
)
async def test_another_file_is_not_touched(tmp_path: Path, content: str) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text(content)
    with pytest.raises(WorkloadError, match="is no recording"):
        async with Recorder(path):
            pass
    assert path.read_text() == content


async def test_what_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "w.jsonl", tmp_path / "w.txt", tmp_path / "w.jsonl.gz"):
        with pytest.raises(WorkloadError):
            async with Recorder(path):
                pass
    device = tmp_path / "full.jsonl"
    device.symlink_to("/dev/full")
    with pytest.raises(WorkloadError, match="not a regular file"):
        async with Recorder(device):
            pass


def sizes_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.iterdir()}


async def test_each_file_is_limited_and_the_latest_are_kept(tmp_path: Path) -> None:
    path, clock = tmp_path / "w.jsonl", VirtualClock(START)
    async with Recorder(path, clock=clock, most_bytes=4096) as recorder:
        for number in range(600):
            clock.advance(1)
            recorder.record(number, "some-role")
    order = [tmp_path / name for name in ("w.3.jsonl", "w.2.jsonl", "w.1.jsonl", "w.jsonl")]
    sizes = sizes_in(tmp_path)
    assert sizes.keys() == {file.name for file in order}
    assert max(sizes.values()) <= 4096
    kept = [event.task_id for file in order for event in read_workload(file).events]
    assert kept == list(range(600 - len(kept), 600))
    starts = {read_workload(file).header.start for file in order}
    assert starts == {START}


async def test_texts_are_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    async with Recorder(path) as recorder:
        recorder.record(1, "please fix the login page " * 50)
        recorder.record(2, "\ud800")
        assert recorder.lost == 1
    assert [event.agent_role for event in read_workload(path).events] == [None]


async def test_the_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    async with Recorder(tmp_path / "w.jsonl") as recorder:
        for number in range(5):
            recorder.record(number, None)
        assert (recorder.recorded, recorder.lost) == (3, 2)


LIMITED = """
    import asyncio, resource, sys
    from pathlib import Path
    from engine.replay.recorder import Recorder

    async def main():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        async with Recorder(Path(sys.argv[1])) as recorder:
            for number in range(100):
                recorder.record(number, None)
            while not recorder.error:
                await asyncio.sleep(0.05)
            recorder.record(1, None)
            assert recorder.lost == 101, recorder.lost
            assert "too large" in recorder.error, recorder.error

    asyncio.run(main())
"""


def test_a_disk_that_fills_up_ends_the_recording_and_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    code = textwrap.dedent(LIMITED)
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=30)
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"}\n") for line in lines)


RECORDING = """
    import asyncio, sys
    from pathlib import Path
    from engine.replay.recorder import Recorder

    async def main():
        async with Recorder(Path(sys.argv[1])) as recorder:
            number = 0
            while True:
                number += 1
                recorder.record(number, "some-role")
                print(number, flush=True)
                await asyncio.sleep(0.005)

    asyncio.run(main())
"""


def test_a_killed_process_loses_at_most_its_last_second(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    command = [sys.executable, "-c", textwrap.dedent(RECORDING), str(path)]
    seen: list[tuple[float, int]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen.append((time.monotonic(), int(line)))
            if seen[-1][0] - seen[0][0] > 2.6:
                break
        killed_at = time.monotonic()
        os.kill(process.pid, signal.SIGKILL)
    recorded = {event.task_id for event in read_workload(path).events}
    # A busy machine wakes the flushing late; a second and a half allows for that.
    old = {number for at, number in seen if at < killed_at - 1.5}
    assert len(old) > 20
    assert old <= recorded
    assert recorded == set(range(1, len(recorded) + 1))


def test_a_recording_has_a_name_that_any_file_system_takes() -> None:
    path = recording_path("../Wéb shop/", START)
    assert path.name == "W-b-shop-20260302-090000.jsonl"
    assert recording_path("..", START).name == "project-20260302-090000.jsonl"
